"""Rooms and phones that exist in numbers only; everything seeded."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, oaconvolve, sosfilt

from sonalyze_acoustics import (
    Band,
    BandResponse,
    SignalSpec,
    late_decay,
    measurement_signal,
)

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


BAND: Band = Band(1000.0, 700.0, 1400.0)
LEAD = 20


def _amplitudes(
    slopes: Sequence[tuple[float, float]], direct: float, duration_s: float, seed: int
) -> NDArray[np.complex128]:
    random = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * BAND.bandwidth_hz)) / BAND.bandwidth_hz
    power = sum(10 ** (level_db / 10 - 6 * time_s / seconds) for seconds, level_db in slopes)
    white = random.standard_normal((2, time_s.size))
    values = np.sqrt(power) * (white[0] + 1j * white[1])
    values *= np.sqrt((1 - direct) / np.sum(np.abs(values) ** 2))
    values[0] += np.sqrt(direct)
    return np.concatenate((np.zeros(LEAD), values))


def _band_draw(  # noqa: PLR0913 - a decay has that many properties; tests name one or two
    reverberation_s: float = 0.8,
    *,
    second: tuple[float, float] | None = None,
    direct: float = 0.2,
    inr_db: float | None = None,
    duration_s: float = 2.5,
    seed: int = 1,
) -> BandResponse:
    rate_hz = BAND.bandwidth_hz
    slopes = [(reverberation_s, 0.0), *([second] if second else [])]
    values = _amplitudes(slopes, direct, duration_s, seed)
    if inr_db is not None:
        white = np.random.default_rng(seed + 10_000).standard_normal((2, values.size))
        start = (1 - direct) * 13.8155 / reverberation_s / rate_hz
        values = values + np.sqrt(0.5 * start * 10 ** (-inr_db / 10)) * (white[0] + 1j * white[1])
    energy = 0.5 * np.abs(values) ** 2
    decay = late_decay(energy[LEAD:], rate_hz, rate_hz)
    net = energy[LEAD : LEAD + max(1, round(decay.end_s * rate_hz))] - decay.noise
    limits = [round(limit_s * rate_hz) for limit_s in (0.050, 0.080, 0.0025)]
    late = [net[limit:].sum() / rate_hz + decay.tail_energy() for limit in limits]
    smooth = np.convolve(energy, np.full(7, 1 / 7), mode="same")
    return BandResponse(
        BAND,
        rate_hz,
        energy,
        float(LEAD),
        decay,
        early_energy=np.array([net[:limit].sum() / rate_hz for limit in limits]),
        late_energy=np.array(late),
        late_error=np.zeros(3),
        peak_power=float(smooth.max()),
    )


@pytest.fixture(scope="session")
def band_draw() -> Callable[..., BandResponse]:
    """One band of a noise-like decay, with the same seed the same decay, whatever the noise."""
    return _band_draw
