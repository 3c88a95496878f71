"""Where the direct sound arrives."""

from __future__ import annotations

from typing import Final

import numpy as np

from sonalyze_acoustics.errors import NotAMeasurement
from sonalyze_acoustics.samples import Samples

ONSET_DB: Final = -20.0
"""ISO 3382-1:2009 A.3.4: the response starts where it first comes within 20 dB of its maximum."""

ABOVE_NOISE_DB: Final = 14.0
"""In noise the 20 dB rule alone finds the noise; a Gaussian one exceeds this once in 2e6."""

RINGING_S: Final = 0.000_25
FEWEST_RINGING: Final = 4
RINGING_DB: Final = -12.0
"""Ahead of a sound its upper band limit rings, for four samples where there are no more, 13 dB and
more below it. Three samples of it at the start of the decay curve shorten EDT by 0.3 just
noticeable differences where the direct sound is strong."""

SEARCH_S: Final = 0.25
"""How far ahead of the maximum the direct sound may lie: reflections arrive within 85 m."""


def onset_of(response: Samples, sample_rate_hz: float, noise_rms: float) -> int:
    """Return the index of the first sample that belongs to the direct sound.

    Parameters
    ----------
    response : ndarray, shape (n,), float64
        Broadband impulse response. Its maximum need not be the direct sound.
    sample_rate_hz : float
        Its rate in Hz.
    noise_rms : float
        RMS of the noise in it.

    Returns
    -------
    int
        Index of the onset.

    Raises
    ------
    NotAMeasurement
        If nothing stands out of the noise.
    """
    magnitude = np.abs(response)
    peak = int(np.argmax(magnitude))
    threshold = max(
        float(magnitude[peak]) * 10 ** (ONSET_DB / 20), noise_rms * 10 ** (ABOVE_NOISE_DB / 20)
    )
    if magnitude[peak] <= threshold:
        raise NotAMeasurement("its peak does not rise above its own noise.")
    first = max(0, peak - round(SEARCH_S * sample_rate_hz))
    begins = first + int(np.argmax(magnitude[first : peak + 1] >= threshold))
    ringing = max(FEWEST_RINGING, round(RINGING_S * sample_rate_hz))
    sound = magnitude[begins : begins + ringing]
    return begins + int(np.argmax(sound >= sound.max() * 10 ** (RINGING_DB / 20)))
