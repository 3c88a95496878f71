"""The arrays that travel through this library: mono, float64, time on the last axis."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.errors import NotFinite, NotMono

Samples: TypeAlias = NDArray[np.float64]
"""Real samples; the last axis is time."""

Spectrum: TypeAlias = NDArray[np.complex128]
"""Complex bins of a Fourier transform; the last axis is frequency."""


def checked(samples: Samples, what: str) -> Samples:
    """Return one channel as contiguous float64, or refuse what no analysis can read."""
    mono = np.ascontiguousarray(samples, dtype=np.float64)
    if mono.ndim != 1:
        raise NotMono(what, mono.ndim)
    if not np.isfinite(mono).all():
        raise NotFinite(what, int(mono.size - np.isfinite(mono).sum()))
    return mono
