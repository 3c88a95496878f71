"""Whether a deconvolution shows a measurement at all.

A response arrives everywhere in the spectrum at once. Deconvolving anything else, or a sweep of
another range, spreads the bands over seconds: what stands out in one band is elsewhere in the
next. So the played range is cut into a few bands, and their peaks must agree.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.deconvolution import LEAD_S, Deconvolution
from sonalyze_acoustics.samples import Samples

CHECKED_HZ: Final = (200.0, 10_000.0)
"""Below, phones play too little; above, microphones differ."""

CHECKED_BANDS: Final = 5

STANDS_OUT: Final = 6.0
"""Peak over median of a band's envelope; the longest Gaussian envelope here reaches 4.5."""

NEAR_S: Final = (0.020, 0.100)
"""A band's peak lies at most this far before or after the expected direct sound."""


def is_measurement(deconvolution: Deconvolution) -> bool:
    """Say whether bands that stand out agree on where the response is.

    At least two have to, and more than disagree; with one band, that one.
    """
    edges_hz = _edges_hz(deconvolution.band_hz)
    verdicts = [
        _verdict(deconvolution, low_hz, high_hz) for low_hz, high_hz in itertools.pairwise(edges_hz)
    ]
    agreeing, standing = verdicts.count(True), len(verdicts) - verdicts.count(None)
    return agreeing >= min(2, len(verdicts)) and 2 * agreeing > standing


def _edges_hz(band_hz: tuple[float, float]) -> Samples:
    """Cut the checked range into bands of about an octave, at least one."""
    low_hz, high_hz = max(band_hz[0], CHECKED_HZ[0]), min(band_hz[1], CHECKED_HZ[1])
    if low_hz >= high_hz:
        low_hz, high_hz = band_hz
    count = int(np.clip(np.log2(high_hz / low_hz), 1, CHECKED_BANDS))
    return np.geomspace(low_hz, high_hz, count + 1).astype(np.float64)


def _verdict(deconvolution: Deconvolution, low_hz: float, high_hz: float) -> bool | None:
    """Say whether a band peaks where expected; None if nothing in it stands out."""
    step_hz = deconvolution.sample_rate_hz / deconvolution.size
    bins = deconvolution.spectrum[round(low_hz / step_hz) : round(high_hz / step_hz)]
    # A Hann window over the bins: side lobes of the band's edges would hide weak responses.
    envelope = np.abs(fft.ifft(bins * np.hanning(bins.size)))
    rate_hz = step_hz * bins.size
    peak = int(np.argmax(envelope))
    if envelope[peak] < STANDS_OUT * float(np.median(envelope)):
        return None
    offset_s = peak / rate_hz - LEAD_S
    return -NEAR_S[0] <= offset_s <= NEAR_S[1]
