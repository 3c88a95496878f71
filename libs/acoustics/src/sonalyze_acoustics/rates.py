"""From one sample rate to another."""

from __future__ import annotations

from typing import Final

import numpy as np
import soxr

from sonalyze_acoustics.samples import Samples

NEEDED_RATE_HZ: Final = 48_000
"""The highest octave ends at 11.3 kHz; two free signals of 180 s at 192 kHz would take 4.6 GiB."""


def at_rate(rate_hz: int, samples: Samples, sample_rate_hz: int) -> Samples:
    """Resample without audible loss; samples that have the rate already are given back.

    Parameters
    ----------
    rate_hz : int
        The rate wanted, in Hz.
    samples : ndarray, shape (n,), float64
        One channel.
    sample_rate_hz : int
        The rate that the samples have, in Hz.

    Returns
    -------
    ndarray, shape (m,), float64
        The same sound at the other rate.
    """
    if sample_rate_hz == rate_hz:
        return samples
    return np.asarray(soxr.resample(samples, sample_rate_hz, rate_hz, quality="VHQ"))
