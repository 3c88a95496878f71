"""Where the direct sound arrives, and that nothing else decides about it."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import fft

from sonalyze_acoustics import NotAMeasurement, evaluate_impulse_response, onset_of

Samples = NDArray[np.float64]
Make = Callable[..., Samples]
RATE_HZ = 48_000
ARRIVES = 1_000


def _limited(response: Samples, top_hz: float = 19_400.0) -> Samples:
    """Take away what lies above a sweep, steeply and without phase, as a deconvolution does."""
    frequency_hz = fft.rfftfreq(response.size, 1 / RATE_HZ)
    gain = 1 / np.sqrt(1 + (frequency_hz / top_hz) ** 32)
    return np.asarray(fft.irfft(fft.rfft(response) * gain, response.size))


def test_the_onset_is_the_first_sample_within_twenty_decibels(room: Make) -> None:
    response = 1e-3 * room(0.5)
    response[ARRIVES], response[ARRIVES + 240] = 0.11, 1.0

    assert onset_of(response, RATE_HZ, 0.0) == ARRIVES


def test_a_direct_sound_that_is_not_the_maximum_is_the_onset_all_the_same(room: Make) -> None:
    response = room(1.5, direct=0.02, seed=4)

    assert onset_of(response, RATE_HZ, 0.0) == ARRIVES


@pytest.mark.parametrize("seed", range(4))
def test_the_ringing_of_the_band_limit_is_not_the_onset(room: Make, seed: int) -> None:
    response = _limited(room(0.5, direct=0.6, seed=seed))

    assert onset_of(response, RATE_HZ, 0.0) == ARRIVES


@pytest.mark.parametrize("seed", range(4))
def test_noise_ahead_of_the_sound_is_not_the_onset(room: Make, seed: int) -> None:
    random = np.random.default_rng(seed)
    noise = 0.04 * random.standard_normal(4 * RATE_HZ)
    response = room(0.5, direct=0.5, duration_s=2.0)
    noise[RATE_HZ : RATE_HZ + response.size] += response

    assert onset_of(noise, RATE_HZ, 0.04) == RATE_HZ + ARRIVES


def test_nothing_above_the_noise_has_no_onset() -> None:
    noise = np.random.default_rng(1).standard_normal(RATE_HZ)

    with pytest.raises(NotAMeasurement):
        onset_of(noise, RATE_HZ, 1.0)


def test_a_band_limit_does_not_shorten_the_early_decay(room: Make) -> None:
    response = room(0.3, direct=0.6)

    whole = evaluate_impulse_response(response, RATE_HZ)
    limited = evaluate_impulse_response(_limited(response), RATE_HZ)

    for found, expected in zip(limited.bands[2:7], whole.bands[2:7], strict=True):
        assert found.edt_s == pytest.approx(expected.edt_s, rel=1e-3)
