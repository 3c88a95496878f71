"""From the recorded sweep to its response: what rounds, what wraps, how long it is good for."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import butter, sosfilt

from sonalyze_acoustics import SignalSpec, locate, measurement_signal
from sonalyze_acoustics.deconvolution import ImpulseResponse, inverse_of
from sonalyze_acoustics.signal import growth_s, sweep
from sonalyze_acoustics.sweep_response import AFTER_S, sweep_deconvolution, transform_size

Make = Callable[..., NDArray[np.float64]]
Samples = NDArray[np.float64]
RATE_HZ = 48_000
SPEC = SignalSpec()


def _octave_db(samples: Samples, center_hz: float) -> float:
    edges_hz = (center_hz / np.sqrt(2), min(center_hz * np.sqrt(2), 23_000.0))
    band = butter(3, edges_hz, "bandpass", fs=RATE_HZ, output="sos")
    return float(10 * np.log10(np.mean(sosfilt(band, samples) ** 2)))


def _in_double_precision(recording: Samples, start: int, skew: float, like: int) -> Samples:
    """Deconvolve the whole recording in 64 bits, each step as the textbook has it."""
    size = 2**21
    frequency_hz = fft.rfftfreq(size, 1 / RATE_HZ)
    inverse = inverse_of(fft.rfft(sweep(SPEC), size), frequency_hz, SPEC.sweep_band_hz)
    inside_hz = np.clip(frequency_hz, *SPEC.sweep_band_hz)
    instant_s = growth_s(SPEC.sweep_band_hz, 10.0) * np.log(inside_hz / SPEC.sweep_start_hz)
    stretched = np.exp(2j * np.pi * skew * frequency_hz * instant_s)
    response = fft.irfft(fft.rfft(recording, size) * inverse * stretched, size)
    return np.asarray(np.roll(response, like - start))


@pytest.mark.parametrize("offset", [0.0, 0.4])
def test_single_precision_is_below_any_noise(room: Make, recorded: Make, offset: float) -> None:
    recording = recorded(room(0.5, direct=0.1), noise=0.0, skew_ppm=40.0) + offset
    located = locate(recording, RATE_HZ, SPEC)
    zero = located.deconvolution.zero
    start = round(located.chirps.instant_s(2.5) * RATE_HZ)
    recording[start + round((10 + AFTER_S) * RATE_HZ) :] = offset

    double = _in_double_precision(recording - offset, start, located.chirps.skew or 0.0, zero)

    heard = slice(zero, zero + RATE_HZ)
    error = located.deconvolution.circular[heard] - double[heard]
    for center_hz in (125.0, 500.0, 2_000.0, 8_000.0):
        inr_db = _octave_db(double[heard], center_hz) - _octave_db(error, center_hz)
        assert inr_db > 95.0


def test_what_was_played_before_and_after_the_sweep_stays_out_of_the_response(
    room: Make, recorded: Make
) -> None:
    recording = recorded(room(0.3, direct=0.3), noise=0.0)
    start_s = locate(recording, RATE_HZ, SPEC).chirps.instant_s(2.5)
    silenced = recording.copy()
    silenced[: round((start_s - 0.2) * RATE_HZ)] = 0.0
    silenced[round((start_s + 10 + AFTER_S + 0.05) * RATE_HZ) :] = 0.0

    ours, alone = (
        sweep_deconvolution(each, RATE_HZ, SPEC, sweep_start_s=start_s).circular
        for each in (recording, silenced)
    )

    np.testing.assert_array_equal(ours, alone)


def test_harmonics_lie_ahead_of_the_response(room: Make, recorded: Make) -> None:
    recording = recorded(room(0.2, direct=0.5), noise=1e-5, drive=1.0)
    located = locate(recording, RATE_HZ, SPEC)
    deconvolution = located.deconvolution

    third_s = -growth_s(SPEC.sweep_band_hz, 10.0) * np.log(3)
    at_third, behind = (
        deconvolution.circular.take(
            deconvolution.zero
            + np.arange(round((at_s - 0.01) * RATE_HZ), round((at_s + 0.01) * RATE_HZ)),
            mode="wrap",
        )
        for at_s in (third_s, -third_s)
    )
    assert np.sum(at_third**2) > 100 * np.sum(behind**2)


def test_a_band_is_valid_until_its_recording_ends(room: Make, recorded: Make) -> None:
    response = locate(recorded(room(6.0, direct=0.1)), RATE_HZ, SPEC).response

    seconds = [
        (response.valid(upper_hz) - response.expected) / RATE_HZ
        for upper_hz in (177.0, 1_413.0, 5_623.0, 20_000.0)
    ]

    growing_s = growth_s(SPEC.sweep_band_hz, 10.0)
    expected = [
        AFTER_S - 0.01 + growing_s * np.log(20_000.0 / hz)
        for hz in (177.0, 1_413.0, 5_623.0, 20_000.0)
    ]
    assert seconds == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("center_hz", [250.0, 1_000.0, 4_000.0])
def test_nothing_wraps_into_what_is_valid(recorded: Make, center_hz: float) -> None:
    impulse = np.zeros(100)
    impulse[10] = 1.0
    recording = recorded(impulse, noise=0.0)
    noisy = recording + 0.1 * np.random.default_rng(1).standard_normal(recording.size)
    located = locate(noisy, RATE_HZ, SPEC)
    long = ImpulseResponse(
        located.deconvolution.circular.astype(np.float64), RATE_HZ, SPEC.sweep_band_hz,
        located.response.expected, located.response.remaining_s, located.response.growth_s,
    )  # fmt: skip

    valid = long.valid(center_hz * np.sqrt(2))
    at_start, at_end = (
        _octave_db(long.samples[stop - RATE_HZ // 2 : stop], center_hz)
        for stop in (long.expected + RATE_HZ, valid)
    )

    assert at_end == pytest.approx(at_start, abs=2.0)


@pytest.mark.parametrize(
    ("reverberation_s", "length_s"), [(0.4, 3.3), (1.5, 3.3), (4.0, 9.3), (8.0, 9.3)]
)
def test_a_response_is_longer_where_the_room_has_not_died_away(
    room: Make, recorded: Make, reverberation_s: float, length_s: float
) -> None:
    recording = recorded(room(reverberation_s, direct=0.1, seed=3), noise=1e-3)

    response = locate(recording, RATE_HZ, SPEC).response

    assert response.samples.size / RATE_HZ == pytest.approx(length_s, abs=0.01)


def test_a_quiet_rooms_rumble_is_no_reverberation(room: Make, recorded: Make) -> None:
    recording = recorded(room(0.3, direct=0.3), noise=1e-4)
    random = np.random.default_rng(5)
    swell = np.interp(np.arange(recording.size), np.arange(0, recording.size, 9_600),
                      random.uniform(0, 1, -(-recording.size // 9_600)))  # fmt: skip
    low = butter(2, 300.0, fs=RATE_HZ, output="sos")
    rumble = 0.02 * swell * sosfilt(low, random.standard_normal(recording.size))

    response = locate(recording + rumble, RATE_HZ, SPEC).response

    assert response.samples.size / RATE_HZ == pytest.approx(3.3, abs=0.01)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 192_000])
def test_every_recording_of_a_rate_is_transformed_at_one_length(rate_hz: int) -> None:
    size = transform_size(rate_hz)

    assert size % 2 == 0 or rate_hz != RATE_HZ
    assert 0 <= size - 12 * rate_hz < 0.02 * size


def test_the_spectrum_is_that_of_the_circular_response() -> None:
    recording = np.concatenate([np.zeros(RATE_HZ), measurement_signal(SPEC)])

    found = sweep_deconvolution(recording, RATE_HZ, SPEC, sweep_start_s=3.5)

    assert found.circular.shape == (found.size,)
    assert int(np.argmax(np.abs(found.circular))) == found.zero
    np.testing.assert_allclose(
        fft.rfft(found.circular), found.spectrum, atol=1e-4 * np.abs(found.spectrum).max()
    )
