"""Whether a response has died away where it is usually cut."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.bands import OCTAVES
from sonalyze_acoustics.deconvolution import ImpulseResponse
from sonalyze_acoustics.samples import Samples

COMPARED_S: Final = 0.7
"""Length of a stretch of the response, and how much is looked at behind the cut."""

STRETCHES: Final = 5
"""The last of them lies behind the cut, and where the 4 kHz octave was still recorded."""

CERTAINTY: Final = 3.0
"""Standard deviations by which each stretch exceeds the next; that happens to all four pairs
neither by chance nor where a quiet room's rumble comes and goes."""

NEEDED: Final = 1e-5
"""Where the stretch before the cut is 50 dB below the first, T30 needs no more."""


def still_decays(response: ImpulseResponse, at_s: float) -> bool:
    """Say whether an octave falls steadily to an instant and beyond, and has further to fall.

    Steady noise has the same energy everywhere, to one over the root of bandwidth times duration.
    Octaves that were not recorded that long say nothing.
    """
    rate_hz = response.sample_rate_hz
    length = round(COMPARED_S * rate_hz)
    start = response.expected + round(at_s * rate_hz) - (STRETCHES - 1) * length
    stop = start + STRETCHES * length
    power = _power(response.samples[start:stop].reshape(STRETCHES, length))
    for band in OCTAVES:
        if response.valid(band.upper_hz) < stop or not band.inside(response.played_band_hz):
            continue
        inside = slice(round(band.lower_hz * COMPARED_S), round(band.upper_hz * COMPARED_S))
        energy = power[:, inside].sum(axis=1)
        chance = np.sqrt(2 / (band.bandwidth_hz * COMPARED_S))
        falls = energy[:-1] > (1 + CERTAINTY * chance) * energy[1:]
        if falls.all() and energy[-2] > NEEDED * energy[0]:
            return True
    return False


def _power(stretches: Samples) -> Samples:
    """Return the energy in each bin of some stretches."""
    spectra = fft.rfft(stretches, axis=1)
    return np.asarray(spectra.real**2 + spectra.imag**2)
