"""How loud a recording is, where it clips, and where it was interrupted by digital silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.samples import Samples, peak_of

CLIPPED_LEVEL: Final = 0.5
"""Flat tops below half scale are the speaker's limiter, not the recorder's."""

TOP: Final = 0.9999
"""A step of 16 bits below the maximum still belongs to the flat top."""

CLIPPED_RUN: Final = 3
"""A 20 kHz sine at 48 kHz has at most two samples near its crest."""

SHORTEST_GAP_S: Final = 0.003
"""The shortest buffer that sound cards lose; a 20 Hz sweep crosses zero faster."""

LOOKS_PER_GAP: Final = 8
"""A gap is looked for in every so-many-th part of the shortest: few others pass all of them."""

BESIDE_GAP_S: Final = 0.025
AUDIBLE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of the raw samples in dB relative to full scale."""

    peak_db: float | None
    noise_floor_db: float | None
    snr_db: float | None
    clipped_samples: int
    dropped_s: float = 0.0


def decibel(amplitude: float) -> float | None:
    """Return an amplitude's level, or None for nothing."""
    return float(20 * np.log10(amplitude)) if amplitude > 0 else None


def rms(samples: Samples) -> float:
    """Return the root mean square, 0 for no samples, without a copy of all squares."""
    return float(np.sqrt(np.dot(samples, samples) / samples.size)) if samples.size else 0.0


def recording_levels(
    recording: Samples, sample_rate_hz: int, peak: float, sweep: slice, silence: slice
) -> Levels:
    """Return the levels of a recording from its sweep and from a silent stretch.

    Parameters
    ----------
    recording : ndarray, shape (n,)
        Full scale is 1.
    sample_rate_hz : int
        Its rate in Hz.
    peak : float
        Its largest magnitude.
    sweep, silence : slice
        Where sound and where nothing but noise was recorded; `silence` may be empty.
    """
    noise, sound = rms(recording[silence]), rms(recording[sweep])
    snr = float(10 * np.log10(max(sound**2 / noise**2 - 1, 1e-30))) if noise > 0 else None
    return Levels(
        peak_db=decibel(peak),
        noise_floor_db=decibel(noise),
        snr_db=snr,
        clipped_samples=clipped_samples(recording, peak) if peak >= CLIPPED_LEVEL else 0,
        dropped_s=dropped_s(recording[sweep], sample_rate_hz, peak),
    )


def clipped_samples(recording: Samples, peak: float) -> int:
    """Count samples in flat tops: runs of three at the maximum."""
    top = TOP * peak
    at_top = np.flatnonzero((recording >= top) | (recording <= -top))
    lengths = np.diff(np.flatnonzero(np.diff(at_top, prepend=-2, append=at_top[-1:] + 2) > 1))
    return int(lengths[lengths >= CLIPPED_RUN].sum())


def dropped_s(sweep: Samples, sample_rate_hz: int, peak: float) -> float:
    """Return how long a recorded sweep is interrupted by digital silence.

    Sound that fades below the last bit is silent too: a gap has something audible beside it.
    """
    shortest = round(SHORTEST_GAP_S * sample_rate_hz)
    step = max(1, shortest // LOOKS_PER_GAP)
    beside = max(1, round(BESIDE_GAP_S * sample_rate_hz))
    lost = 0
    for first, stop in _runs(sweep[::step] == 0.0, LOOKS_PER_GAP - 1):
        begin = max(0, (first - 1) * step)
        for start, end in _runs(sweep[begin : stop * step] == 0.0, shortest) + begin:
            around = np.append(sweep[max(0, start - beside) : start], sweep[end:][:beside])
            lost += int(end - start) if peak_of(around) > AUDIBLE * peak else 0
    return lost / sample_rate_hz


def _runs(flags: np.ndarray, shortest: int) -> np.ndarray:
    """Return where runs of true flags begin and end, shape (runs, 2), if they are long enough."""
    edges = np.flatnonzero(np.diff(flags.view(np.int8), prepend=0, append=0)).reshape(-1, 2)
    return edges[edges[:, 1] - edges[:, 0] >= shortest]
