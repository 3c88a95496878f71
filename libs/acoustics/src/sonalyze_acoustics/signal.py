"""The measurement signal: two chirps for the clock, between them one logarithmic sweep.

Timeline in seconds: chirp 0 to 0.5, silence to 2.5, sweep to 12.5, silence to 14.5, the same chirp
to 15. Both are logarithmic (exponential) sweeps after Farina (AES 108, 2000, preprint 5093).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from sonalyze_acoustics.errors import InvalidSignal
from sonalyze_acoustics.samples import RATES_HZ, Samples

PEAK: Final = 0.9
FADE_S: Final = 0.010
CHIRP_S: Final = 0.5
CHIRP_BAND_HZ: Final = (2_000.0, 10_000.0)
SWEEP_START_S: Final = 2.5
SWEEP_S: Final = 10.0
SWEEP_END_S: Final = SWEEP_START_S + SWEEP_S
END_CHIRP_START_S: Final = 14.5
DURATION_S: Final = 15.0
CHIRP_DISTANCE_S: Final = END_CHIRP_START_S

CARRIED_FRACTION: Final = 0.45
"""A sample rate carries content up to this fraction: converters' filters roll off from there on."""


@dataclass(frozen=True, slots=True)
class SignalSpec:
    """What was asked for: the played sample rate and the range of the sweep."""

    sample_rate_hz: int = 48_000
    sweep_start_hz: float = 20.0
    sweep_end_hz: float = 20_000.0

    def __post_init__(self) -> None:
        if not RATES_HZ[0] <= self.sample_rate_hz <= RATES_HZ[1]:
            raise InvalidSignal(
                f"A sample rate of {self.sample_rate_hz} Hz is outside 8000 to 192000 Hz."
            )
        for edge_hz in (self.sweep_start_hz, self.sweep_end_hz):
            if not 20.0 <= edge_hz <= 20_000.0:  # noqa: PLR2004 - the documented range
                raise InvalidSignal(f"A sweep edge of {edge_hz} Hz is outside 20 to 20000 Hz.")
        if self.sweep_start_hz >= self.sweep_band_hz[1]:
            raise InvalidSignal(
                f"The sweep starts at {self.sweep_start_hz} Hz, not below its end at "
                f"{self.sweep_band_hz[1]} Hz (of which {self.sample_rate_hz} Hz carry "
                f"{carried_hz(self.sample_rate_hz)} Hz)."
            )

    @property
    def sweep_band_hz(self) -> tuple[float, float]:
        """The band that is really swept: what the sample rate does not carry is left out."""
        return self.sweep_start_hz, min(self.sweep_end_hz, carried_hz(self.sample_rate_hz))

    @property
    def chirp_band_hz(self) -> tuple[float, float]:
        """The band of the chirps within what the sample rate carries."""
        return CHIRP_BAND_HZ[0], min(CHIRP_BAND_HZ[1], carried_hz(self.sample_rate_hz))


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of the timeline."""

    name: str
    kind: Literal["chirp", "silence", "sweep"]
    start_s: float
    end_s: float
    start_hz: float | None = None
    end_hz: float | None = None


def carried_hz(sample_rate_hz: float) -> float:
    """Return the highest frequency that a sample rate carries without aliasing."""
    return CARRIED_FRACTION * sample_rate_hz


def segments(spec: SignalSpec) -> tuple[Segment, ...]:
    """Return the five stretches of the signal in order."""
    chirp_band, sweep_band = spec.chirp_band_hz, spec.sweep_band_hz
    return (
        Segment("sync_chirp_start", "chirp", 0.0, CHIRP_S, *chirp_band),
        Segment("post_sync_silence", "silence", CHIRP_S, SWEEP_START_S),
        Segment("measurement_sweep", "sweep", SWEEP_START_S, SWEEP_END_S, *sweep_band),
        Segment("reverb_tail", "silence", SWEEP_END_S, END_CHIRP_START_S),
        Segment("sync_chirp_end", "chirp", END_CHIRP_START_S, DURATION_S, *chirp_band),
    )


def growth_s(band_hz: tuple[float, float], duration_s: float) -> float:
    """Return the time in which a logarithmic sweep's frequency grows by the factor e."""
    return duration_s / float(np.log(band_hz[1] / band_hz[0]))


def logarithmic_sweep(
    band_hz: tuple[float, float], duration_s: float, sample_rate_hz: int
) -> Samples:
    """Synthesise an exponential sweep with raised-cosine fades.

    Parameters
    ----------
    band_hz : tuple of float
        First and last frequency in Hz.
    duration_s : float
        Duration in seconds.
    sample_rate_hz : int
        Rate to synthesise at. Where it does not carry the whole band, the sweep fades out on its
        way, as a recorder of that rate would have heard it.

    Returns
    -------
    ndarray, shape (n,), float64
        The sweep, peak `PEAK`.
    """
    length_s = growth_s(band_hz, duration_s)
    time_s = np.arange(round(duration_s * sample_rate_hz)) / sample_rate_hz
    sweep = np.sin(2 * np.pi * band_hz[0] * length_s * np.expm1(time_s / length_s))
    audible_s = min(duration_s, length_s * np.log(carried_hz(sample_rate_hz) / band_hz[0]))
    rise = np.clip(time_s / FADE_S, 0.0, 1.0)
    fall = np.clip((audible_s - time_s) / FADE_S, 0.0, 1.0)
    return np.asarray(PEAK * sweep * np.sin(0.5 * np.pi * np.minimum(rise, fall)) ** 2)


@lru_cache(maxsize=8)
def chirp(spec: SignalSpec, sample_rate_hz: int | None = None) -> Samples:
    """Return the synchronisation chirp, at the played rate or as another rate would record it."""
    return _frozen(
        logarithmic_sweep(spec.chirp_band_hz, CHIRP_S, sample_rate_hz or spec.sample_rate_hz)
    )


@lru_cache(maxsize=8)
def sweep(spec: SignalSpec, sample_rate_hz: int | None = None) -> Samples:
    """Return the sweep, at the played rate or as another rate would record it."""
    return _frozen(
        logarithmic_sweep(spec.sweep_band_hz, SWEEP_S, sample_rate_hz or spec.sample_rate_hz)
    )


def measurement_signal(spec: SignalSpec) -> Samples:
    """Return the whole signal of 15 s, the same samples for the same parameters."""
    rate_hz = spec.sample_rate_hz
    signal = np.zeros(round(DURATION_S * rate_hz))
    for start_s, part in (
        (0.0, chirp(spec)),
        (SWEEP_START_S, sweep(spec)),
        (END_CHIRP_START_S, chirp(spec)),
    ):
        start = round(start_s * rate_hz)
        stop = min(signal.size, start + part.size)
        signal[start:stop] = part[: stop - start]
    return signal


def _frozen(samples: Samples) -> Samples:
    """Make cached samples read-only, because everybody gets the same array."""
    samples.flags.writeable = False
    return samples
