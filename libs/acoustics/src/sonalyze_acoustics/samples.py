"""The arrays that travel through this library: mono, float64, time on the last axis."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.errors import (
    BeyondFullScale,
    NotFinite,
    NotMono,
    SilentRecording,
    UnsupportedRate,
)

Samples: TypeAlias = NDArray[np.float64]
"""Real samples; the last axis is time."""

Spectrum: TypeAlias = NDArray[np.complex128]
"""Complex bins of a Fourier transform; the last axis is frequency."""

Single: TypeAlias = NDArray[np.float32]
"""Real samples in single precision, on the way from a recording to its response."""

SingleSpectrum: TypeAlias = NDArray[np.complex64]
"""Bins in single precision: 24 bits keep a transform's own noise 130 dB below its bins' mean."""

SILENT_PEAK: Final = 2.0 / 32_768
"""Two steps of a 16 bit recorder: dither, not sound."""

LOUDEST: Final = 1e9
"""Full scale is 1; even integers read as floats stay below. Far beyond, squares overflow."""

RATES_HZ: Final = (8_000, 192_000)


def checked(samples: Samples, sample_rate_hz: float, what: str) -> Samples:
    """Return one channel as contiguous float64, or refuse what no analysis can read."""
    if not RATES_HZ[0] <= sample_rate_hz <= RATES_HZ[1]:
        raise UnsupportedRate(sample_rate_hz)
    mono = np.ascontiguousarray(samples, dtype=np.float64)
    if np.ndim(samples) != 1:
        raise NotMono(what, np.ndim(samples))
    finite = np.isfinite(mono)
    if not finite.all():
        raise NotFinite(what, int(mono.size - finite.sum()))
    return mono


def peak_of(samples: Samples) -> float:
    """Return the largest magnitude, 0 for no samples, without a copy of all magnitudes."""
    return max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))


def audible_peak(samples: Samples) -> float:
    """Return the peak; refuse silence, and what no recorder writes."""
    peak = peak_of(samples)
    if peak <= SILENT_PEAK:
        raise SilentRecording(peak)
    if peak > LOUDEST:
        raise BeyondFullScale(peak)
    return peak
