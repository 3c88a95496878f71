"""Several recordings of one pair of speaker and microphone, averaged.

The room repeats itself and the noise does not: n equal recordings have 10 lg(n) dB less of it
(ISO 18233:2006). That holds as long as nothing moves, so every response is aligned with the one
that resembles the others most, weighted by its noise in each octave, and left out if its sound is
not the same: what does not correlate would only be averaged away.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.bands import BROADBAND, OCTAVES
from sonalyze_acoustics.deconvolution import Deconvolution
from sonalyze_acoustics.location import Located
from sonalyze_acoustics.samples import SingleSpectrum
from sonalyze_acoustics.signal import SignalSpec
from sonalyze_acoustics.similarity import (
    Excerpt,
    around,
    correlations,
    delay_between,
    excerpt_of,
    gain,
    likeness,
    noise_density,
)
from sonalyze_acoustics.sweep_response import impulse_response_of, turned

SAME_ROOM: Final = 0.9
"""Least correlation in any octave, early or late. The mean of two loses 5 % of their energy
there, 0.2 dB, a fifth of a just noticeable difference of C50."""

LEAST_NOISE: Final = 1e-30
"""Of recordings that exist in numbers only."""

OCTAVE: Final = float(np.log2(10**0.3))
"""Distance of exact octaves (IEC 61260-1) in factors of two."""


@dataclass(frozen=True, slots=True)
class Averaged:
    """The mean of several recordings, located as one of them is."""

    located: Located
    reference: int
    """The one that resembles the others most."""
    used: tuple[int, ...]
    left_out: tuple[int, ...]
    """Those in which somebody or something was elsewhere."""


def averaged(located: Sequence[Located], spec: SignalSpec) -> Averaged:
    """Average the responses of several recordings of the same rate, positions and signal.

    Parameters
    ----------
    located : sequence of Located
        One or more, in any order.
    spec : SignalSpec
        What was played in all of them.

    Returns
    -------
    Averaged
        With responses aligned to a hundredth of a sample.
    """
    places = [around(each.deconvolution) for each in located]
    reference = _most_typical(places)
    aligned = [
        _moved(each.deconvolution, delay_between(place, places[reference]))
        for each, place in zip(located, places, strict=True)
    ]
    excerpts = [excerpt_of(each) for each in aligned]
    used = tuple(
        index
        for index, excerpt in enumerate(excerpts)
        if index == reference or _alike(excerpt, excerpts[reference])
    )
    mean = _mean([aligned[index] for index in used], [excerpts[index] for index in used])
    response = replace(
        impulse_response_of(mean, spec, remaining_s=np.inf),
        remaining_s=min(located[index].response.remaining_s for index in used),
    )
    return Averaged(
        Located(located[reference].chirps, response, mean),
        reference,
        used,
        tuple(index for index in range(len(located)) if index not in used),
    )


def _most_typical(places: Sequence[SingleSpectrum]) -> int:
    """Return which response resembles the others most; the first where all do alike."""
    alike = np.eye(len(places))
    for one, other in itertools.combinations(range(len(places)), 2):
        alike[one, other] = alike[other, one] = likeness(places[one], places[other])
    return int(np.argmax(np.median(alike, axis=1)))


def _moved(deconvolution: Deconvolution, delay: float) -> Deconvolution:
    """Move a response ahead by a delay in samples."""
    if not delay:
        return deconvolution
    angle = (2 * np.pi * delay / deconvolution.size) * np.arange(deconvolution.spectrum.size)
    return replace(
        deconvolution,
        spectrum=deconvolution.spectrum * turned(angle.astype(np.float32)),
    )


def _alike(one: Excerpt, reference: Excerpt) -> bool:
    """Say whether two recordings heard the same; where noise hides everything, they did not."""
    return min(correlations(one, reference), default=0.0) >= SAME_ROOM


def _mean(aligned: Sequence[Deconvolution], excerpts: Sequence[Excerpt]) -> Deconvolution:
    """Average with the weights gain over noise power, octave by octave, at unit gain."""
    first = aligned[0]
    gains = [gain(excerpt, excerpts[0], BROADBAND) for excerpt in excerpts]
    rates = np.array(
        [
            [level / max(noise_density(excerpt, band), LEAST_NOISE) for band in OCTAVES]
            for level, excerpt in zip(gains, excerpts, strict=True)
        ]
    )
    weights = rates / (np.array(gains) @ rates)
    frequency_hz = fft.rfftfreq(first.size, 1 / first.sample_rate_hz)
    octave = np.log2(np.maximum(frequency_hz, 1.0) / OCTAVES[0].middle_hz)
    spectrum: SingleSpectrum = np.zeros_like(first.spectrum)
    for each, weight in zip(aligned, weights, strict=True):
        by_hz = np.interp(octave, np.arange(len(OCTAVES)) * OCTAVE, weight)
        spectrum += each.spectrum * by_hz.astype(np.float32)
    band_hz = (max(each.band_hz[0] for each in aligned), first.band_hz[1])
    return replace(first, spectrum=spectrum, band_hz=band_hz)
