"""Whether a response has died away by an instant."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.bands import OCTAVES
from sonalyze_acoustics.deconvolution import ImpulseResponse
from sonalyze_acoustics.samples import Samples, Single

COMPARED_S: Final = 0.55
APART_S: Final = 0.2
"""Between the stretches compared: together they end where the 4 kHz octave was still recorded."""

MARGIN_S: Final = COMPARED_S + 0.5 * APART_S
"""How much after the instant the response has to hold."""

CERTAINTY: Final = 4.0
"""Standard deviations by which chance does not differ."""


def still_decays(response: ImpulseResponse, at_s: float) -> bool:
    """Say whether an octave falls from just before an instant to just after it.

    Steady noise has the same energy on either side, to one over the root of bandwidth times
    duration; a decay that goes on has not. Octaves that were not recorded that long say nothing.
    """
    rate_hz = response.sample_rate_hz
    length = round(COMPARED_S * rate_hz)
    after = response.expected + round((at_s + 0.5 * APART_S) * rate_hz)
    before = after - length - round(APART_S * rate_hz)
    power = _power(response.samples[before : before + length])
    later = _power(response.samples[after : after + length])
    step_hz = rate_hz / (2 * (power.size - 1))
    for band in OCTAVES:
        recorded = response.valid(band.upper_hz) >= after + length
        if not (recorded and band.inside(response.played_band_hz)):
            continue
        inside = slice(round(band.lower_hz / step_hz), round(band.upper_hz / step_hz))
        chance = np.sqrt(2 / (band.bandwidth_hz * COMPARED_S))
        if power[inside].sum() > (1 + CERTAINTY * chance) * later[inside].sum():
            return True
    return False


def _power(samples: Samples | Single) -> Samples:
    """Return the energy in each bin of a stretch."""
    spectrum = fft.rfft(samples)
    return np.asarray(spectrum.real**2 + spectrum.imag**2)
