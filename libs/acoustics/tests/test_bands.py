import itertools

import numpy as np
import pytest

from sonalyze_acoustics.bands import OCTAVES, THIRDS, Band, mask
from sonalyze_acoustics.decay import LateDecay
from sonalyze_acoustics.early_parts import EARLY_S, early_parts
from sonalyze_acoustics.filterbank import band_energies
from sonalyze_acoustics.loudspeaker import (
    corner_hz,
    delay_undone,
    high_pass_power,
    levelling,
)
from sonalyze_acoustics.power_spectrum import PowerSpectrum
from sonalyze_acoustics.response_bands import late_error

RATE_HZ = 48_000
BY_CENTER = [pytest.param(band, id=f"{band.center_hz:g}") for band in OCTAVES]
THIRDS_BY_CENTER = [pytest.param(band, id=f"{band.center_hz:g}") for band in THIRDS]
SILENCE = PowerSpectrum.of(np.zeros(0), RATE_HZ)


def _attenuation_db(frequency_hz: np.ndarray, band: Band) -> np.ndarray:
    return -20 * np.log10(np.maximum(mask(frequency_hz, band), 1e-9))


def _mapped(octaves: np.ndarray, fraction: int) -> np.ndarray:
    """IEC 61260-1:2014, 5.10: where an octave's limits lie in a narrower band, over its centre."""
    over_centre = 10 ** (0.3 * np.abs(octaves))
    edge, octave_edge = 10 ** (0.15 / fraction), 10**0.15
    narrow = 1 + (edge - 1) / (octave_edge - 1) * (over_centre - 1)
    return np.asarray(narrow ** np.sign(octaves))


@pytest.mark.parametrize("band", BY_CENTER)
def test_octaves_keep_within_class_one_of_iec_61260(band: Band) -> None:
    _assert_class_one(band, 1)


@pytest.mark.parametrize("band", THIRDS_BY_CENTER)
def test_thirds_keep_within_class_one_of_iec_61260(band: Band) -> None:
    _assert_class_one(band, 3)


def _assert_class_one(band: Band, fraction: int) -> None:
    inner = np.array([-0.375, -0.25, -0.125, 0.0, 0.125, 0.25, 0.375])
    outer = np.array([-4.0, -3.0, -2.0, -1.0, 1.0, 2.0, 3.0, 4.0])

    passed = _attenuation_db(band.middle_hz * _mapped(inner, fraction), band)
    edges = _attenuation_db(np.array([band.lower_hz, band.upper_hz]), band)
    stopped = _attenuation_db(band.middle_hz * _mapped(outer, fraction), band)

    assert (np.abs(passed) < [1.4, 0.7, 0.5, 0.4, 0.5, 0.7, 1.4]).all()
    np.testing.assert_allclose(edges, 3.01, atol=0.01)
    assert (stopped > [70.0, 60.9, 40.5, 16.6, 16.6, 40.5, 60.9, 70.0]).all()


def test_thirds_fill_the_range_without_gaps_and_octaves_hold_three_of_them() -> None:
    for below, above in itertools.pairwise(THIRDS):
        assert below.upper_hz == pytest.approx(above.lower_hz)
    for number, octave in enumerate(OCTAVES):
        lowest, _, highest = THIRDS[3 * number : 3 * number + 3]
        assert lowest.lower_hz == pytest.approx(octave.lower_hz)
        assert highest.upper_hz == pytest.approx(octave.upper_hz)


@pytest.mark.parametrize("band", [*BY_CENTER, *THIRDS_BY_CENTER])
def test_a_band_holds_the_energy_of_its_share_of_an_impulse(band: Band) -> None:
    impulse = np.zeros(24_000)
    impulse[0] = 1.0

    found = band_energies(impulse, RATE_HZ, 0, [(band, None)])

    expected = np.mean(mask(np.linspace(0.0, RATE_HZ / 2, 400_000), band) ** 2)
    assert found.density.sum() / found.rate_hz * RATE_HZ == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("band", BY_CENTER[1:])
def test_bands_ring_symmetrically_around_an_impulse(band: Band) -> None:
    response = np.zeros(24_000)
    response[2_400] = 1.0

    found = band_energies(response, RATE_HZ, 0, [(band, None)])

    time_s = (np.arange(found.density.shape[-1]) - found.onset[0]) / found.rate_hz
    energy = found.density[0]
    quarter_of_a_slot_s = 0.25 / found.rate_hz
    assert energy @ time_s / energy.sum() == pytest.approx(0.05, abs=quarter_of_a_slot_s)


@pytest.mark.parametrize("corner_hz", [None, 300.0])
@pytest.mark.parametrize(
    ("bands", "share"),
    [
        # The narrowest ring for longer than the silence around the parts.
        pytest.param(OCTAVES[:1], 2e-2, id="63"),
        pytest.param(OCTAVES[1:], 5e-4, id="octaves"),
        pytest.param(THIRDS[:3], 2e-2, id="low thirds"),
        pytest.param(THIRDS[3:], 5e-3, id="thirds"),
    ],
)
def test_early_and_late_energies_are_those_of_parts_that_were_filtered_apart(
    bands: tuple[Band, ...], share: float, corner_hz: float | None
) -> None:
    random = np.random.default_rng(3)
    response = random.standard_normal(24_000) * np.exp(-np.arange(24_000) / 2_000)
    tilted = [(band, corner_hz) for band in bands]

    parts = early_parts(response, RATE_HZ, 0, tilted)
    whole = band_energies(response, RATE_HZ, 0, tilted)

    late = whole.density.sum(axis=-1)[:, np.newaxis] / whole.rate_hz - parts.taken
    for column, early_s in enumerate(EARLY_S):
        limit = round(early_s * RATE_HZ)
        before, after = response.copy(), response.copy()
        before[limit:], after[:limit] = 0.0, 0.0
        for part, found in ((before, parts.early), (after, late)):
            alone = band_energies(part, RATE_HZ, 0, tilted)
            expected = alone.density.sum(axis=-1) / alone.rate_hz
            np.testing.assert_allclose(found[:, column], expected, rtol=share)


def test_what_was_delayed_by_a_loudspeaker_is_brought_back() -> None:
    frequency_hz = np.fft.rfftfreq(24_000, 1 / RATE_HZ)
    ratio = 1j * frequency_hz / 300.0
    high_pass = ratio**2 / (ratio**2 + np.sqrt(2) * ratio + 1)

    undone = high_pass * delay_undone(frequency_hz, 300.0)

    np.testing.assert_allclose(undone, np.abs(high_pass), atol=1e-12)


@pytest.mark.parametrize("true_corner_hz", [200.0, 300.0, 500.0])
def test_a_loudspeakers_corner_is_found_in_reverberation(true_corner_hz: float) -> None:
    random = np.random.default_rng(4)
    spectrum = np.fft.rfft(random.standard_normal(36_000) * np.exp(-np.arange(36_000) / 5_000))
    frequency_hz = np.fft.rfftfreq(36_000, 1 / RATE_HZ) + 1e-9
    response = np.fft.irfft(spectrum * np.sqrt(high_pass_power(frequency_hz, true_corner_hz)))

    found = corner_hz(response, SILENCE, RATE_HZ, (20.0, 20_000.0))

    assert found == pytest.approx(true_corner_hz, rel=0.25)


def test_a_full_range_response_needs_no_levelling() -> None:
    random = np.random.default_rng(5)
    response = random.standard_normal(36_000) * np.exp(-np.arange(36_000) / 5_000)

    assert corner_hz(response, SILENCE, RATE_HZ, (20.0, 20_000.0)) is None


def test_levelling_undoes_the_fall_inside_the_band() -> None:
    band = OCTAVES[2]
    frequency_hz = np.geomspace(0.8 * band.lower_hz, band.upper_hz, 20)

    fall = high_pass_power(frequency_hz, 280.0) * levelling(frequency_hz, band, 280.0)

    np.testing.assert_allclose(fall, fall[0])


def test_a_tail_beyond_all_bounds_makes_late_energy_uncertain() -> None:
    decay = LateDecay(1e-6, 1e200, 0.1, 0.5)

    error = late_error(decay, np.array([1.0]), np.array([0.05]), 700.0)

    assert error[0] == np.inf
