"""Whether the sweep was the one that is expected: its response against the chirp's.

A sweep whose end or start differs by a per cent still collapses into a response, but one in which
high notes come milliseconds later than low ones, and the energy before and after a limit is no
longer the room's. Rooms delay notes, too. But the chirp met the same room: in the product of the
sweep's spectrum and the conjugate of the chirp's the room cancels, and what is left is how much
later the sweep's notes came, to some microseconds.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.alignment import Chirps
from sonalyze_acoustics.deconvolution import Deconvolution
from sonalyze_acoustics.samples import Samples, SingleSpectrum
from sonalyze_acoustics.signal import (
    CHIRP_S,
    END_CHIRP_START_S,
    SignalSpec,
    carried_hz,
    chirp,
)

BANDS_PER_OCTAVE: Final = 3
FEWEST_BANDS: Final = 3

AROUND_S: Final = (0.10, 0.15)
"""How much of both responses before and after the strongest arrival is compared."""

OVERSAMPLING: Final = 4

STANDS_OUT: Final = 6.0
"""Peak over median of a band's correlation; the highest of 300 of noise reaches 5.1."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the sweep's response lies to the chirp's."""

    delay_s: float
    """By how much it comes later: the median over bands."""
    slopes_s: tuple[float, ...]
    """From band to band, by how much more that is per factor e of frequency."""

    def is_steady(self, most_s: float) -> bool:
        """Say whether more slopes stay within a limit than not.

        A lost buffer spoils one of them, another sweep all, and what is no sweep nearly all.
        """
        return 2 * sum(abs(slope_s) <= most_s for slope_s in self.slopes_s) > len(self.slopes_s)


def compared_to_chirp(
    recording: Samples, spec: SignalSpec, chirps: Chirps, deconvolution: Deconvolution
) -> Comparison | None:
    """Compare the sweep's response with the chirp's.

    Parameters
    ----------
    recording : ndarray, shape (n,), float64
        The whole recording.
    spec : SignalSpec
        What was played.
    chirps : Chirps
        Where its chirps were found.
    deconvolution : Deconvolution
        Of the sweep, from where they say.

    Returns
    -------
    Comparison or None
        None where sweep and chirp share too few bands, or too few of them stand out.
    """
    rate_hz = deconvolution.sample_rate_hz
    size = _size(rate_hz)
    edges_hz = _edges_hz(spec, deconvolution.band_hz, rate_hz)
    if edges_hz.size <= FEWEST_BANDS:
        return None
    cross = _sweep_spectrum(deconvolution, size) * np.conj(
        _chirp_spectrum(recording, spec, chirps, rate_hz, size)
    )
    delays = [
        (0.5 * np.log(lower_hz * upper_hz), delay_s)
        for lower_hz, upper_hz in itertools.pairwise(edges_hz)
        if (delay_s := _delay_s(cross, rate_hz / size, lower_hz, upper_hz)) is not None
    ]
    if len(delays) < FEWEST_BANDS:
        return None
    slopes_s = tuple(
        (later_s - sooner_s) / (above - below)
        for (below, sooner_s), (above, later_s) in itertools.pairwise(delays)
    )
    return Comparison(float(np.median([delay_s for _, delay_s in delays])), slopes_s)


def _edges_hz(spec: SignalSpec, played_hz: tuple[float, float], rate_hz: int) -> Samples:
    """Cut what sweep and chirp share into bands; the ends, where either fades, are left out."""
    low_hz = 1.05 * max(played_hz[0], spec.chirp_band_hz[0])
    high_hz = 0.95 * min(played_hz[1], spec.chirp_band_hz[1], carried_hz(rate_hz))
    count = int(BANDS_PER_OCTAVE * np.log2(max(high_hz / low_hz, 1.0)))
    return np.geomspace(low_hz, high_hz, count + 1).astype(np.float64)


def _size(rate_hz: int) -> int:
    length_s = CHIRP_S + sum(AROUND_S)
    return int(fft.next_fast_len(round(length_s * rate_hz), real=True))


def _sweep_spectrum(deconvolution: Deconvolution, size: int) -> SingleSpectrum:
    """Transform the sweep's response around its expected place."""
    before, after = (round(s * deconvolution.sample_rate_hz) for s in AROUND_S)
    around = slice(deconvolution.zero - before, deconvolution.zero + after)
    spectrum: SingleSpectrum = fft.rfft(deconvolution.circular[around], size)
    return spectrum


def _chirp_spectrum(
    recording: Samples, spec: SignalSpec, chirps: Chirps, rate_hz: int, size: int
) -> SingleSpectrum:
    """Transform what was recorded of a chirp, its own phase taken out."""
    at_s = chirps.instant_s(END_CHIRP_START_S if chirps.start_chirp is None else 0.0)
    start = round(at_s * rate_hz) - round(AROUND_S[0] * rate_hz)
    heard = recording[max(start, 0) : max(start + size, 0)].astype(np.float32)
    piece = np.zeros(size, dtype=np.float32)
    piece[max(-start, 0) :][: heard.size] = heard
    spectrum: SingleSpectrum = fft.rfft(piece) * _inverse_chirp(spec, rate_hz, size)
    return spectrum


@lru_cache(maxsize=4)
def _inverse_chirp(spec: SignalSpec, rate_hz: int, size: int) -> SingleSpectrum:
    """Return the chirp's conjugate phase; its level falls little within a band."""
    spectrum = np.conj(fft.rfft(chirp(spec, rate_hz), size))
    return np.asarray(spectrum / np.abs(spectrum).max(), dtype=np.complex64)


def _delay_s(
    cross: SingleSpectrum, step_hz: float, lower_hz: float, upper_hz: float
) -> float | None:
    """Return where a band's correlation peaks, or None if nothing stands out of it."""
    bins = cross[round(lower_hz / step_hz) : round(upper_hz / step_hz)]
    count = int(fft.next_fast_len(OVERSAMPLING * bins.size))
    magnitude = np.abs(fft.ifft(bins * np.hanning(bins.size).astype(np.float32), count))
    peak = int(np.argmax(magnitude))
    if magnitude[peak] < STANDS_OUT * np.median(magnitude):
        return None
    left, centre, right = (float(magnitude[(peak + step) % count]) for step in (-1, 0, 1))
    bend = left - 2 * centre + right
    place = peak + (0.5 * (left - right) / bend if bend < 0 else 0.0)
    return float(place if place < 0.5 * count else place - count) / (count * step_hz)
