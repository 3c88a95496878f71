"""Whether a deconvolution shows a measurement at all.

A response arrives everywhere in the spectrum at once. Deconvolving anything else, or a sweep of
another range, spreads the bands over seconds: what stands out in one band is elsewhere in the
next. So the played range is cut into a few bands, and their peaks must agree.

A sweep whose end is off by a few per cent still stands out everywhere, but later from band to
band: a dispersion that no room has.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.deconvolution import Deconvolution
from sonalyze_acoustics.matched_filter import median_of
from sonalyze_acoustics.samples import Samples, Single

CHECKED_HZ: Final = (200.0, 10_000.0)
"""Below, phones play too little; above, microphones differ."""

CHECKED_BANDS: Final = 5

STANDS_OUT: Final = 6.0
"""Peak over median of a band's envelope; the longest Gaussian envelope here reaches 4.5."""

DISPERSION_FROM_HZ: Final = 400.0
"""Below, bands are too narrow to tell a few milliseconds."""

BANDS_PER_OCTAVE: Final = 1.75
FEWEST_ONSETS: Final = 5
ONSET: Final = 0.25
"""A band begins where its envelope comes within 12 dB of its peak."""

CLEAR: Final = 12.0
"""Peak over median from which that onset is not in the noise."""

RISE: Final = 0.7
"""The Hann window's envelope comes within 12 dB this many reciprocals of its width ahead."""

MOST_DISPERSION_S: Final = 0.004
"""Delay per factor e. Simulated rooms and real phones stay within 0.0017; a sweep that
ends at 19.5 instead of 20 kHz has 0.006."""

NEAR_S: Final = (0.020, 0.100)
"""A band's peak lies at most this far before or after the expected direct sound."""


def is_measurement(deconvolution: Deconvolution) -> bool:
    """Say whether bands that stand out agree on where the response is.

    At least two have to, and more than disagree; with one band, that one. And they must not lie on
    the slope of another sweep.
    """
    if abs(_dispersion_s(deconvolution)) > MOST_DISPERSION_S:
        return False
    edges_hz = _edges_hz(deconvolution.band_hz)
    verdicts = [
        _verdict(deconvolution, low_hz, high_hz) for low_hz, high_hz in itertools.pairwise(edges_hz)
    ]
    agreeing, standing = verdicts.count(True), len(verdicts) - verdicts.count(None)
    return agreeing >= min(2, len(verdicts)) and 2 * agreeing > standing


def is_near(delay_s: float) -> bool:
    """Say whether something arrives about when the direct sound is expected."""
    return -NEAR_S[0] <= delay_s <= NEAR_S[1]


def _edges_hz(band_hz: tuple[float, float]) -> Samples:
    """Cut the checked range into bands of about an octave, at least one."""
    low_hz, high_hz = max(band_hz[0], CHECKED_HZ[0]), min(band_hz[1], CHECKED_HZ[1])
    if low_hz >= high_hz:
        low_hz, high_hz = band_hz
    count = int(np.clip(np.log2(high_hz / low_hz), 1, CHECKED_BANDS))
    return np.geomspace(low_hz, high_hz, count + 1).astype(np.float64)


def _verdict(deconvolution: Deconvolution, low_hz: float, high_hz: float) -> bool | None:
    """Say whether a band peaks where expected; None if nothing in it stands out."""
    envelope, rate_hz = _envelope(deconvolution, low_hz, high_hz)
    if not _stands_out(envelope, STANDS_OUT):
        return None
    offset_s = (
        int(np.argmax(envelope)) / rate_hz - deconvolution.zero / deconvolution.sample_rate_hz
    )
    return is_near(offset_s)


def _dispersion_s(deconvolution: Deconvolution) -> float:
    """Return how much later bands begin per factor e of frequency; 0 where too few are clear.

    The median of the slopes between all pairs (Theil and Sen): single bands may be shadowed.
    """
    low_hz = max(deconvolution.band_hz[0], DISPERSION_FROM_HZ)
    high_hz = min(deconvolution.band_hz[1], CHECKED_HZ[1])
    count = int(BANDS_PER_OCTAVE * np.log2(high_hz / low_hz))
    if count < FEWEST_ONSETS:
        return 0.0
    edges_hz = np.geomspace(low_hz, high_hz, count + 1)
    onsets = [
        (np.log(lower_hz), onset_s)
        for lower_hz, upper_hz in itertools.pairwise(edges_hz)
        if (onset_s := _band_onset_s(deconvolution, lower_hz, upper_hz)) is not None
    ]
    slopes = [
        (later_s - sooner_s) / (above - below)
        for (below, sooner_s), (above, later_s) in itertools.combinations(onsets, 2)
    ]
    return float(np.median(slopes)) if len(onsets) >= FEWEST_ONSETS else 0.0


def _band_onset_s(deconvolution: Deconvolution, low_hz: float, high_hz: float) -> float | None:
    """Return when a band begins, or None if that is not clear."""
    envelope, rate_hz = _envelope(deconvolution, low_hz, high_hz, oversampling=4)
    if not _stands_out(envelope, CLEAR):
        return None
    return float(np.argmax(envelope >= ONSET * envelope.max())) / rate_hz + RISE / (
        high_hz - low_hz
    )


def _stands_out(envelope: Single, ratio: float) -> bool:
    return envelope.size > 0 and bool(envelope.max() >= ratio * median_of(envelope))


def _envelope(
    deconvolution: Deconvolution, low_hz: float, high_hz: float, oversampling: int = 1
) -> tuple[Single, float]:
    """Return a band's envelope and its rate.

    A Hann window over the bins: side lobes of the band's edges would hide weak responses.
    """
    step_hz = deconvolution.sample_rate_hz / deconvolution.size
    first, stop = round(low_hz / step_hz), round(high_hz / step_hz)
    if first >= stop:
        return np.zeros(0, dtype=np.float32), 0.0
    bins = deconvolution.spectrum[first:stop] * _window(stop - first)
    count = int(fft.next_fast_len(oversampling * bins.size))
    return np.abs(fft.ifft(bins, count, overwrite_x=True)), step_hz * count


@lru_cache(maxsize=32)
def _window(count: int) -> Single:
    return np.hanning(count).astype(np.float32)
