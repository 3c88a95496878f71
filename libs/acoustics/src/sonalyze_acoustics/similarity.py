"""How alike two responses of one room are, and how they lie to each other in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.bands import OCTAVES, Band
from sonalyze_acoustics.deconvolution import Deconvolution
from sonalyze_acoustics.samples import SingleSpectrum, Spectrum

SILENT_S: Final = (-0.28, -0.05)
"""Ahead of the direct sound and behind the harmonics: nothing but noise."""

EARLY_S: Final = (-0.02, 0.05)
LATE_S: Final = (0.05, 0.35)
"""What is compared: where somebody who moved shows, and where nothing else does."""

ALIGNED_S: Final = (-0.25, 0.35)
OVERSAMPLING: Final = 8

AUDIBLE: Final = 3.0
"""Energy over noise from which a stretch tells whether two responses are alike."""

SURE: Final = 30.0
"""Bandwidth times duration from which chance moves a correlation by less than 2 %."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A response's stretches, transformed, and the noise in them."""

    early: Spectrum
    late: Spectrum
    silent: Spectrum
    rate_hz: int


def excerpt_of(deconvolution: Deconvolution) -> Excerpt:
    """Cut the stretches out of a response that are compared."""
    early, late, silent = (
        _spectrum(deconvolution, part_s) for part_s in (EARLY_S, LATE_S, SILENT_S)
    )
    return Excerpt(early, late, silent, deconvolution.sample_rate_hz)


def _spectrum(deconvolution: Deconvolution, part_s: tuple[float, float]) -> Spectrum:
    rate_hz = deconvolution.sample_rate_hz
    first, stop = (deconvolution.zero + round(edge_s * rate_hz) for edge_s in part_s)
    spectrum: Spectrum = fft.rfft(deconvolution.circular[first:stop].astype(np.float64))
    return spectrum


def noise_density(excerpt: Excerpt, band: Band) -> float:
    """Return the energy of a band's noise per second."""
    duration_s = SILENT_S[1] - SILENT_S[0]
    return _product(excerpt.silent, excerpt.silent, duration_s, band) / duration_s


def correlations(one: Excerpt, other: Excerpt, bands: tuple[Band, ...] = OCTAVES) -> list[float]:
    """Correlate two responses, early and late and octave by octave, wherever noise lets them.

    What noise adds to the energies is taken off first, so that noise does not make two responses
    different.
    """
    found = []
    for name, (start_s, end_s) in (("early", EARLY_S), ("late", LATE_S)):
        duration_s = end_s - start_s
        first, second = getattr(one, name), getattr(other, name)
        for band in bands:
            if band.bandwidth_hz * duration_s < SURE or band.upper_hz > 0.5 * one.rate_hz:
                continue
            energies = [_product(part, part, duration_s, band) for part in (first, second)]
            noises = [duration_s * noise_density(each, band) for each in (one, other)]
            net = [energy - noise for energy, noise in zip(energies, noises, strict=True)]
            if all(left > AUDIBLE * noise for left, noise in zip(net, noises, strict=True)):
                shared = _product(first, second, duration_s, band)
                found.append(shared / float(np.sqrt(net[0] * net[1])))
    return found


def gain(one: Excerpt, reference: Excerpt, band: Band) -> float:
    """Return how much louder one response is than another, by their early parts."""
    duration_s = EARLY_S[1] - EARLY_S[0]
    shared = _product(one.early, reference.early, duration_s, band)
    return shared / _product(reference.early, reference.early, duration_s, band)


def _product(one: Spectrum, other: Spectrum, duration_s: float, band: Band) -> float:
    """Return the inner product of two stretches within a band."""
    inside = slice(round(band.lower_hz * duration_s), round(band.upper_hz * duration_s) + 1)
    return float(np.vdot(one[inside], other[inside]).real) / (one.size - 1)


def around(deconvolution: Deconvolution) -> SingleSpectrum:
    """Transform a response around its direct sound, with room for any delay."""
    rate_hz = deconvolution.sample_rate_hz
    first, stop = (deconvolution.zero + round(edge_s * rate_hz) for edge_s in ALIGNED_S)
    size = 2 * int(fft.next_fast_len(stop - first, real=True))
    spectrum: SingleSpectrum = fft.rfft(deconvolution.circular[first:stop], size)
    return spectrum


def likeness(one: SingleSpectrum, other: SingleSpectrum) -> float:
    """Return the peak of two responses' correlation at any delay, 1 for the same."""
    peak = fft.irfft(one * np.conj(other)).max()
    energies = [fft.irfft(each * np.conj(each))[0] for each in (one, other)]
    return float(peak / np.sqrt(energies[0] * energies[1]))


def delay_between(one: SingleSpectrum, other: SingleSpectrum) -> float:
    """Return by how many samples one response lies behind another, to a hundredth."""
    size = OVERSAMPLING * 2 * (one.size - 1)
    correlation = fft.irfft(one * np.conj(other), size)
    peak = int(np.argmax(correlation))
    left, centre, right = (float(correlation[(peak + step) % size]) for step in (-1, 0, 1))
    bend = left - 2 * centre + right
    lag = peak + (0.5 * (left - right) / bend if bend < 0 else 0.0)
    return (lag if lag < 0.5 * size else lag - size) / OVERSAMPLING
