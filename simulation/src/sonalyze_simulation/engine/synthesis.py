"""An impulse response to listen to and to look at, from arrivals that are energies.

Images become impulses at their exact times, rays become noise under their envelope, both coloured
octave by octave. Time 0 is when the source sounds; the amplitude of the direct sound is 1 / r, the
distance in metres. No delay is added: nothing has to be taken away.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.bands import OCTAVES
from sonalyze_acoustics.samples import Samples
from sonalyze_simulation.engine.pairs import RATE_HZ, Heard

OVERSAMPLING: Final = 8
"""Impulses are placed on a grid this much finer than the samples: 1/16 sample off at most."""

MARGIN_S: Final = 0.1
"""Silence after the response, into which the octaves' colouring may ring and wrap around."""

CENTERS_HZ: Final = np.array([band.middle_hz for band in OCTAVES])


def impulse_response(
    pair: Heard, sample_rate_hz: int, duration_s: float, rng: np.random.Generator
) -> Samples:
    """Synthesise a pair's impulse response.

    Parameters
    ----------
    pair : Heard
        Arrivals of images and rays.
    sample_rate_hz : int
        Rate of the response.
    duration_s : float
        Its length, from the moment in which the source sounds.
    rng : numpy.random.Generator
        Where the noise comes from.

    Returns
    -------
    ndarray, shape (n,), float64
        Pressure relative to that of the direct sound in a distance of one metre.
    """
    count = max(1, round(duration_s * sample_rate_hz))
    padded = fft.next_fast_len(count + math.ceil(MARGIN_S * sample_rate_hz), real=True)
    frequency_hz = np.arange(padded // 2 + 1) * (sample_rate_hz / padded)
    spectrum = np.zeros(frequency_hz.size, dtype=np.complex128)
    noise = rng.standard_normal(count)
    for band, weight in enumerate(_weights(frequency_hz)):
        fine = _impulses(pair, band, padded, sample_rate_hz)
        # The fine grid's lowest bins are those of the coarse one: nothing above is wanted.
        trains = fft.rfft(fine)[: frequency_hz.size]
        trains += fft.rfft(noise * _envelope(pair, band, count, sample_rate_hz), padded)
        spectrum += weight * trains
    return np.asarray(fft.irfft(spectrum, padded)[:count])


def _weights(frequency_hz: Samples) -> Samples:
    """Share of each octave at each frequency, shape (bands, n); they add up to one everywhere."""
    place = np.log2(np.maximum(frequency_hz, CENTERS_HZ[0]) / CENTERS_HZ[0])
    place = np.minimum(place, CENTERS_HZ.size - 1.0)
    away = np.abs(place - np.arange(CENTERS_HZ.size)[:, np.newaxis])
    shares = np.where(away < 1, np.cos(0.5 * np.pi * away) ** 2, 0.0)
    return np.asarray(shares / shares.sum(axis=0))


def _impulses(pair: Heard, band: int, count: int, sample_rate_hz: int) -> Samples:
    mirrored = pair.batch < 0
    index = np.rint(pair.time_s[mirrored] * sample_rate_hz * OVERSAMPLING).astype(np.intp)
    inside = index < count * OVERSAMPLING
    amplitude = np.sqrt(pair.energy[band, mirrored][inside])
    return np.asarray(
        np.bincount(index[inside], weights=amplitude, minlength=count * OVERSAMPLING),
        dtype=np.float64,
    )


def _envelope(pair: Heard, band: int, count: int, sample_rate_hz: int) -> Samples:
    """Give each sample's standard deviation: its slot's energy of rays, spread over the slot."""
    traced = pair.batch >= 0
    slots = int(np.ceil(count / sample_rate_hz * RATE_HZ)) + 1
    slot = (pair.time_s[traced] * RATE_HZ).astype(np.intp)
    inside = slot < slots
    power = np.bincount(slot[inside], weights=pair.energy[band, traced][inside], minlength=slots)
    place = (np.arange(count) / sample_rate_hz * RATE_HZ).astype(np.intp)
    return np.asarray(np.sqrt(power[place] * RATE_HZ / sample_rate_hz))
