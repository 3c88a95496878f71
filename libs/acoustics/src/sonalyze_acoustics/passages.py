"""One room heard three times: by the first chirp, by the sweep, and by the last chirp.

Between 2 and 10 kHz all three excite the same room, so that their responses differ by nothing but
the time and the gain that passed between them. Correlated with each other the room cancels, and
what remains tells to a few hundredths of a millisecond and a tenth of a decibel whether samples
were lost or the gain moved.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.alignment import Chirps
from sonalyze_acoustics.deconvolution import Deconvolution
from sonalyze_acoustics.samples import Samples, Spectrum
from sonalyze_acoustics.signal import (
    CHIRP_S,
    END_CHIRP_START_S,
    SWEEP_S,
    SWEEP_START_S,
    SignalSpec,
    carried_hz,
    chirp,
    growth_s,
)

BEFORE_S: Final = 0.100
AFTER_S: Final = 0.200
"""What is cut out ahead of and behind each passage: a chirp may be as far from its place."""

COMPARED_S: Final = (0.010, 0.060)
"""How much of the responses ahead of and behind the expected direct sound is compared."""

COHERENT: Final = 0.6
"""From this correlation on it is the same response; real phones' are 0.8 and more."""

AGREED_S: Final = 0.001
"""What two chirps of one clock may differ by: real phones do by 0.2 ms."""

BANDS_PER_OCTAVE: Final = 3
FEWEST_BANDS: Final = 2

EDGE: Final = 0.06
"""Share of either end that fades leave weak."""

REGULARISATION: Final = 1e-2
"""Share of the median energy of the chirp; its fades reach down to it."""

NOTHING: Final = 1e-60
"""Energy of what was not recorded, so that it can be divided by."""

OVERSAMPLING: Final = 4
"""Interpolation of correlations ahead of the parabola: right to a hundredth of their width."""


@dataclass(frozen=True, slots=True)
class Passages:
    """How the sweep compares with the chirps, shape (2, bands): first chirp, last chirp.

    A chirp that is not where it belongs is searched up to `BEFORE_S` before and `AFTER_S` after.
    """

    instants_s: Samples
    """When the sweep passes each band, in seconds after the signal's start."""
    delays_s: Samples
    """How much later than the chirp says the sweep arrived."""
    gains_db: Samples
    """How much louder than in the chirp the band is in the sweep."""
    coherence: Samples
    """Correlation of the two responses, 1 where they differ by time and gain only."""
    is_paired: bool
    """Whether both chirps stand where one clock puts them."""

    def clearest(self) -> tuple[Samples, Samples] | None:
        """Return instants and delays of the bands that hear the room of the clearer chirp.

        None where fewer than half of them do.
        """
        row = int(np.argmax(self.coherence.mean(axis=-1)))
        coherent = self.coherence[row] >= COHERENT
        if 2 * coherent.sum() < coherent.size:
            return None
        return self.instants_s[coherent], self.delays_s[row][coherent]


def passages_of(
    recording: Samples, spec: SignalSpec, chirps: Chirps, deconvolution: Deconvolution
) -> Passages | None:
    """Compare the three passages; None where chirps and sweep have too little in common.

    Parameters
    ----------
    recording : ndarray, shape (n,)
        The whole recording.
    spec : SignalSpec
        What was played.
    chirps : Chirps
        Where its chirps were found.
    deconvolution : Deconvolution
        Of the sweep, from where they say.

    Returns
    -------
    Passages or None
        In bands of equal ratio.
    """
    low_hz, high_hz = _common_band_hz(spec, deconvolution.sample_rate_hz)
    count = int(BANDS_PER_OCTAVE * np.log2(max(high_hz / low_hz, 1.0)))
    if count < FEWEST_BANDS:
        return None
    edges_hz = np.geomspace(low_hz, high_hz, count + 1)
    spectra, offsets_s, step_hz = _spectra(recording, spec, chirps, deconvolution)
    limits = np.round((edges_hz - low_hz) / step_hz).astype(int)
    bands = [spectra[:, low:high] for low, high in itertools.pairwise(limits)]
    delays_s, gains_db, coherence = _compared(bands, step_hz, COMPARED_S)
    is_paired = chirps.start_chirp is not None and chirps.end_chirp is not None
    is_paired = is_paired and _is_one_clock(delays_s, coherence)
    if not is_paired:
        delays_s, gains_db, coherence = _compared(bands, step_hz, (BEFORE_S, AFTER_S))
    middles_hz = np.sqrt(edges_hz[1:] * edges_hz[:-1])
    grown_s = growth_s(spec.sweep_band_hz, SWEEP_S) * np.log(middles_hz / spec.sweep_start_hz)
    return Passages(SWEEP_START_S + grown_s, delays_s + offsets_s, gains_db, coherence, is_paired)


def _common_band_hz(spec: SignalSpec, sample_rate_hz: int) -> tuple[float, float]:
    (chirp_low_hz, chirp_high_hz), (low_hz, high_hz) = spec.chirp_band_hz, spec.sweep_band_hz
    top_hz = min(chirp_high_hz, high_hz, carried_hz(sample_rate_hz))
    return (1 + EDGE) * max(chirp_low_hz, low_hz), (1 - EDGE) * top_hz


def _spectra(
    recording: Samples, spec: SignalSpec, chirps: Chirps, deconvolution: Deconvolution
) -> tuple[Spectrum, Samples, float]:
    """Return the responses' spectra in the common band, the sweep's last, and their bins' distance.

    Time zero is the sample of the expected direct sound; what lies ahead of it wraps to the end.
    The offsets are what rounding to that sample moved the chirps by.
    """
    sample_rate_hz = deconvolution.sample_rate_hz
    size = fft.next_fast_len(round((BEFORE_S + CHIRP_S + AFTER_S) * sample_rate_hz), real=True)
    before = round(BEFORE_S * sample_rate_hz)
    pieces = np.zeros((3, size), dtype=np.float32)
    instants = [chirps.instant_s(at_s) * sample_rate_hz for at_s in (0.0, END_CHIRP_START_S)]
    for piece, instant in zip(pieces, instants, strict=False):
        start = round(instant)
        piece[: size - before] = _stretch(recording, start, size - before)
        piece[-before:] = _stretch(recording, start - before, before)
    circular, zero = deconvolution.circular, deconvolution.zero
    after = round(AFTER_S * sample_rate_hz)
    pieces[2, :after] = circular.take(np.arange(zero, zero + after), mode="wrap")
    pieces[2, -before:] = circular.take(np.arange(zero - before, zero), mode="wrap")
    low_hz, high_hz = _common_band_hz(spec, sample_rate_hz)
    first, stop = (round(edge_hz * size / sample_rate_hz) for edge_hz in (low_hz, high_hz))
    spectra = fft.rfft(pieces)[:, first:stop]
    spectra[:2] *= _inverse_chirp(spec, sample_rate_hz, size, first, stop - first)
    offsets_s = (np.array(instants) - np.round(instants)) / sample_rate_hz
    return spectra, offsets_s[:, np.newaxis], sample_rate_hz / size


def _stretch(recording: Samples, start: int, count: int) -> Samples:
    """Return samples of a recording, zeros where it holds none."""
    there = recording[max(start, 0) : max(start + count, 0)]
    ahead = min(max(-start, 0), count)
    return np.concatenate((np.zeros(ahead), there, np.zeros(max(count - ahead - there.size, 0))))


@lru_cache(maxsize=4)
def _inverse_chirp(
    spec: SignalSpec, sample_rate_hz: int, size: int, first: int, count: int
) -> Spectrum:
    played = fft.rfft(chirp(spec, sample_rate_hz), size)[first : first + count]
    energy = played.real**2 + played.imag**2
    inverse = np.conj(played) / (energy + REGULARISATION * np.median(energy))
    return np.asarray(inverse, dtype=np.complex64)


def _compared(
    bands: Sequence[Spectrum], step_hz: float, window_s: tuple[float, float]
) -> tuple[Samples, Samples, Samples]:
    """Return delay, gain and coherence of the sweep against both chirps, shape (2, bands)."""
    compared = [_band_compared(spectra, step_hz, window_s) for spectra in bands]
    delays_s, gains_db, coherence = (
        np.stack(each, axis=-1) for each in zip(*compared, strict=True)
    )
    return delays_s, gains_db, coherence


def _band_compared(
    spectra: Spectrum, step_hz: float, window_s: tuple[float, float]
) -> tuple[Samples, Samples, Samples]:
    count = spectra.shape[-1]
    rate_hz = count * step_hz
    responses = fft.ifft(spectra * np.hanning(count).astype(np.float32))
    ahead, behind = (round(part_s * rate_hz) for part_s in window_s)
    cut = np.concatenate((responses[:, -ahead:], responses[:, :behind]), axis=-1)
    energy = np.maximum(np.sum(cut.real**2 + cut.imag**2, axis=-1, dtype=np.float64), NOTHING)
    size = fft.next_fast_len(2 * cut.shape[-1])
    parts = fft.fft(cut, size)
    cross = fft.ifft(parts[2] * np.conj(parts[:2]), OVERSAMPLING * size)
    correlation = OVERSAMPLING * np.abs(cross)
    lags = np.array([_vertex(row, int(np.argmax(row))) for row in correlation]) / OVERSAMPLING
    lags -= np.where(lags > size / 2, size, 0)
    return (
        lags / rate_hz,
        10 * np.log10(energy[2] / energy[:2]),
        correlation.max(axis=-1) / np.sqrt(energy[2] * energy[:2]),
    )


def _is_one_clock(delays_s: Samples, coherence: Samples) -> bool:
    """Say whether both chirps put the sweep at the same place."""
    clear = coherence.min(axis=0) >= COHERENT
    apart_s = delays_s[0][clear] - delays_s[1][clear]
    return clear.any() and bool(np.abs(np.median(apart_s)) < AGREED_S)


def _vertex(values: Samples, peak: int) -> float:
    """Return where the parabola through a peak and its neighbours has its vertex."""
    left, top, right = (float(values[(peak + step) % values.size]) for step in (-1, 0, 1))
    bend = left - 2 * top + right
    return peak + (0.5 * (left - right) / bend if bend < 0 else 0.0)
