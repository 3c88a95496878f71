"""The recording, compressed by its chirp.

A matched filter gathers the chirp's half second into a peak of 0.1 ms, 36 dB above what it was,
so that its envelope stands far above its own median wherever the signal was audible. (Normalising
by the local energy instead fails in rooms: reverberation alone lowers that value below any useful
threshold.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

from sonalyze_acoustics.samples import Samples, Single, SingleSpectrum
from sonalyze_acoustics.signal import CHIRP_S, SignalSpec, carried_hz, chirp

PARTS: Final = 5
"""A frame is so many parts long, and the next begins one less later: what they share holds the
chirp."""

FRAMES_AT_ONCE: Final = 4
"""As many as the transforms take at once; more would only take memory."""

OVERSAMPLING: Final = 1.5
"""Envelope samples per hertz of the chirp: a parabola then finds its peak to a few microseconds."""

MEDIAN_OF: Final = 10_000
"""So many samples tell the median of an envelope to 2 %."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Matched-filter output, complex, at its own low rate."""

    values: SingleSpectrum
    magnitude: Single
    rate_hz: float
    median: float

    def ratio(self, index: int) -> float:
        """Return how far this sample stands above the median."""
        return float(self.magnitude[index] / self.median)


@dataclass(frozen=True, slots=True)
class MatchedFilter:
    """The conjugate chirp spectrum inside its band, scaled to 1 for a perfect channel."""

    bins: SingleSpectrum
    first: int
    part: int
    """Samples in a part of a frame."""
    decimated: int
    """Envelope samples in a part of a frame."""


def matched_envelope(recording: Samples, sample_rate_hz: int, spec: SignalSpec) -> Envelope:
    """Correlate with the chirp and return the complex envelope at the chirp's own bandwidth.

    In overlapping frames, some at a time, so that a long recording takes little more memory than
    a short one, and all recordings of a rate share one filter.

    Parameters
    ----------
    recording : ndarray, shape (n,), float64
        The whole recording.
    sample_rate_hz : int
        Its rate in Hz.
    spec : SignalSpec
        What was played.

    Returns
    -------
    Envelope
        A chirp stands in it where it began in the recording.
    """
    matched = _matched_filter(spec, sample_rate_hz)
    hop = (PARTS - 1) * matched.part
    frames = max(1, -(-recording.size // hop))
    values = np.empty((frames, (PARTS - 1) * matched.decimated), dtype=np.complex64)
    for first in range(0, frames, FRAMES_AT_ONCE):
        count = min(FRAMES_AT_ONCE, frames - first)
        spectra = fft.rfft(_frames(recording, first * hop, count, matched.part), axis=1)
        inside = spectra[:, matched.first : matched.first + matched.bins.size] * matched.bins
        compressed = fft.ifft(inside, PARTS * matched.decimated, axis=1, overwrite_x=True)
        values[first : first + count] = compressed[:, : values.shape[1]]
    rate_hz = sample_rate_hz * matched.decimated / matched.part
    found = values.ravel()[: max(1, int(recording.size / sample_rate_hz * rate_hz))]
    magnitude = np.abs(found)
    usual = median_of(magnitude)
    return Envelope(found, magnitude, rate_hz, max(usual, 1e-7 * float(magnitude.max()), 1e-30))


def median_of(envelope: Single) -> float:
    """Return the median of an envelope from samples spread over all of it."""
    return float(np.median(envelope[:: max(1, envelope.size // MEDIAN_OF)]))


def _frames(recording: Samples, start: int, count: int, part: int) -> Single:
    """Return overlapping frames from a place on, shape (count, samples), zeros beyond the end."""
    piece = np.zeros((count * (PARTS - 1) + 1) * part, dtype=np.float32)
    heard = recording[start : start + piece.size]
    piece[: heard.size] = heard
    return sliding_window_view(piece, PARTS * part)[:: (PARTS - 1) * part]


@lru_cache(maxsize=4)
def _matched_filter(spec: SignalSpec, sample_rate_hz: int) -> MatchedFilter:
    low_hz, high_hz = spec.chirp_band_hz
    high_hz = min(high_hz, carried_hz(sample_rate_hz))
    played = chirp(spec, sample_rate_hz)
    part = fft.next_fast_len(round(CHIRP_S * sample_rate_hz), real=True)
    step_hz = sample_rate_hz / (PARTS * part)
    # In whole parts of a frame the carrier turns by whole turns: frames join without a seam.
    first = PARTS * int(0.97 * low_hz / step_hz / PARTS)
    last = int(1.03 * high_hz / step_hz)
    decimated = fft.next_fast_len(int(OVERSAMPLING * (last - first) / PARTS), real=True)
    bins = np.conj(fft.rfft(played, PARTS * part)[first:last])
    scale = 2.0 * decimated / part / float(np.sum(played**2))
    return MatchedFilter((bins * scale).astype(np.complex64), first, part, decimated)
