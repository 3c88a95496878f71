"""Rooms and phones that exist in numbers only; everything seeded."""

from collections.abc import Callable

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, oaconvolve, sosfilt

from sonalyze_acoustics import SignalSpec, measurement_signal

Samples = NDArray[np.float64]
RATE_HZ = 48_000


def _room(
    reverberation_s: float = 0.5,
    *,
    direct: float = 0.0,
    inr_db: float | None = None,
    seed: int = 1,
    duration_s: float | None = None,
) -> Samples:
    random = np.random.default_rng(seed)
    count = round((duration_s or max(1.0, 2 * reverberation_s)) * RATE_HZ)
    decay_per_s = 13.8155 / reverberation_s
    envelope = np.exp(-0.5 * decay_per_s * np.arange(count) / RATE_HZ)
    tail = random.standard_normal(count) * envelope
    tail *= np.sqrt((1 - direct) / np.sum(tail**2))
    tail[0] += np.sqrt(direct)
    response = np.concatenate([np.zeros(1_000), tail])
    if inr_db is not None:
        power = (1 - direct) * decay_per_s / RATE_HZ * 10 ** (-inr_db / 10)
        response += np.sqrt(power) * random.standard_normal(response.size)
    return response


def _recorded(  # noqa: PLR0913 - a phone has that many properties; tests name one or two
    response: Samples,
    *,
    spec: SignalSpec | None = None,
    latency_s: float = 0.5,
    skew_ppm: float = 0.0,
    noise: float = 1e-4,
    rate_hz: int = RATE_HZ,
    corner_hz: float | None = None,
    drive: float = 0.0,
    seed: int = 1,
) -> Samples:
    played = measurement_signal(spec or SignalSpec())
    if drive:
        played = np.tanh(drive * played) / drive
    if corner_hz is not None:
        played = sosfilt(butter(2, corner_hz, "highpass", fs=RATE_HZ, output="sos"), played)
    heard = np.concatenate([np.zeros(round(latency_s * RATE_HZ)), oaconvolve(played, response)])
    heard = heard[: round((latency_s + 15.5) * RATE_HZ)]
    clock_hz = rate_hz * (1 + 1e-6 * skew_ppm)
    if clock_hz != RATE_HZ:
        heard = soxr.resample(heard, RATE_HZ, clock_hz, quality="VHQ")
    heard *= 0.5 / np.abs(heard).max()
    heard += noise * np.random.default_rng(seed).standard_normal(heard.size)
    return np.asarray(np.round(heard * 32_768) / 32_768)


@pytest.fixture(scope="session")
def room() -> Callable[..., Samples]:
    """Exponentially decaying noise, unit energy, with a direct share and a noise floor."""
    return _room


@pytest.fixture(scope="session")
def recorded() -> Callable[..., Samples]:
    """What a phone's file holds: loudspeaker, room, clock, noise, 16 bits."""
    return _recorded


@pytest.fixture(scope="session")
def phone_recording() -> Samples:
    """A good recording of a dead living room, for tests that spoil or transform it."""
    return _recorded(_room(0.4, direct=0.2))
