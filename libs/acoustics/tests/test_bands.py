import numpy as np
import pytest

from sonalyze_acoustics.bands import (
    OCTAVES,
    Band,
    band_signal,
    energy_density,
    levelling,
    mask,
    padded_spectrum,
)
from sonalyze_acoustics.loudspeaker import corner_hz, high_pass_power

RATE_HZ = 48_000
BY_CENTER = [pytest.param(band, id=f"{band.center_hz:g}") for band in OCTAVES]


def _attenuation_db(band: Band, steps: np.ndarray) -> np.ndarray:
    return -20 * np.log10(mask(band.middle_hz * 10 ** (0.3 * steps), band))


@pytest.mark.parametrize("band", BY_CENTER)
def test_octaves_keep_within_class_one_of_iec_61260(band: Band) -> None:
    passed = _attenuation_db(band, np.array([-0.375, -0.25, -0.125, 0.0, 0.125, 0.25, 0.375]))
    edges = _attenuation_db(band, np.array([-0.5, 0.5]))
    stopped = _attenuation_db(band, np.array([-4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 2.4]))

    assert (np.abs(passed) < [1.4, 0.7, 0.5, 0.4, 0.5, 0.7, 1.4]).all()
    np.testing.assert_allclose(edges, 3.01, atol=0.01)
    assert (stopped > [70.0, 60.9, 40.5, 16.6, 16.6, 40.5, 45.0]).all()


@pytest.mark.parametrize("band", BY_CENTER)
def test_a_band_holds_the_energy_of_its_share_of_an_impulse(band: Band) -> None:
    impulse = np.zeros(24_000)
    impulse[2_400] = 1.0

    values, rate_hz, _ = band_signal(padded_spectrum(impulse, RATE_HZ), band)

    frequency_hz = np.linspace(0.0, RATE_HZ / 2, 200_000)
    expected = 2 * np.mean(mask(frequency_hz, band) ** 2) * 0.5 / 1.0
    assert energy_density(values).sum() / rate_hz * RATE_HZ == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("band", BY_CENTER[1:])
def test_bands_ring_symmetrically_around_an_impulse(band: Band) -> None:
    impulse = np.zeros(24_000)
    impulse[2_400] = 1.0

    values, rate_hz, start_s = band_signal(padded_spectrum(impulse, RATE_HZ), band)

    energy = energy_density(values)
    time_s = np.arange(energy.size) / rate_hz - start_s
    assert energy @ time_s / energy.sum() == pytest.approx(0.05, abs=1e-5)


@pytest.mark.parametrize("true_corner_hz", [200.0, 300.0, 500.0])
def test_a_loudspeakers_corner_is_found_in_reverberation(true_corner_hz: float) -> None:
    random = np.random.default_rng(4)
    spectrum = np.fft.rfft(random.standard_normal(36_000) * np.exp(-np.arange(36_000) / 5_000))
    frequency_hz = np.fft.rfftfreq(36_000, 1 / RATE_HZ) + 1e-9
    response = np.fft.irfft(spectrum * np.sqrt(high_pass_power(frequency_hz, true_corner_hz)))

    found = corner_hz(response, np.zeros(0), RATE_HZ, (20.0, 20_000.0))

    assert found == pytest.approx(true_corner_hz, rel=0.25)


def test_a_full_range_response_needs_no_levelling() -> None:
    random = np.random.default_rng(5)
    response = random.standard_normal(36_000) * np.exp(-np.arange(36_000) / 5_000)

    assert corner_hz(response, np.zeros(0), RATE_HZ, (20.0, 20_000.0)) is None


def test_levelling_undoes_the_fall_inside_the_band() -> None:
    band = OCTAVES[2]
    frequency_hz = np.geomspace(0.8 * band.lower_hz, band.upper_hz, 20)

    fall = np.sqrt(high_pass_power(frequency_hz, 280.0)) * levelling(frequency_hz, band, 280.0)

    np.testing.assert_allclose(fall, fall[0])
