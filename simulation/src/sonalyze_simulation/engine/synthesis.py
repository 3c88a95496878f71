"""An impulse response to listen to and to look at, from arrivals that are energies.

Images become impulses at their exact times, rays become noise under their envelope, both coloured
octave by octave. Time 0 is when the source sounds; the amplitude of the direct sound is 1 / r, the
distance in metres. No delay is added: nothing has to be taken away.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray
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
    margin = math.ceil(MARGIN_S * sample_rate_hz)
    noise = rng.standard_normal(count)
    response = _coloured(
        count + margin,
        sample_rate_hz,
        lambda band, padded: fft.rfft(noise * _envelope(pair, band, count, sample_rate_hz), padded),
    )[:count]
    # Images end long before most responses do: they are coloured in a block of their own.
    last_s = float(pair.time_s[pair.batch < 0].max(initial=0.0))
    early = min(count, math.ceil(last_s * sample_rate_hz) + 1)
    block = _coloured(
        early + margin,
        sample_rate_hz,
        # The fine grid's lowest bins are those of the coarse one: nothing above is wanted.
        lambda band, padded: fft.rfft(_impulses(pair, band, padded, sample_rate_hz))[
            : padded // 2 + 1
        ],
    )[: min(count, early + margin // 2)]
    response[: block.size] += block
    return np.asarray(response)


def _coloured(
    count: int, sample_rate_hz: int, spectrum_of: Callable[[int, int], NDArray[np.complex128]]
) -> Samples:
    """Add up what sounds in each octave, its spectrum weighted by the octave's share of it."""
    padded = fft.next_fast_len(count, real=True)
    frequency_hz = np.arange(padded // 2 + 1) * (sample_rate_hz / padded)
    place = np.log2(np.maximum(frequency_hz, CENTERS_HZ[0]) / CENTERS_HZ[0])
    place = np.minimum(place, CENTERS_HZ.size - 1.0)
    spectrum = np.zeros(frequency_hz.size, dtype=np.complex128)
    for band in range(CENTERS_HZ.size):
        spectrum += _share(np.abs(place - band)) * spectrum_of(band, padded)
    return np.asarray(fft.irfft(spectrum, padded))


def _share(away: Samples) -> Samples:
    """Share of an octave so many octaves from its centre; those of neighbours add up to one."""
    return np.asarray(np.where(away < 1, np.cos(0.5 * np.pi * away) ** 2, 0.0))


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
