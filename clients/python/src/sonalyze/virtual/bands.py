"""Octave bands of a virtual room, and the weights that put a response together from them.

Inside a band everything is constant, between two bands a narrow crossover blends them. So an
octave has one decay, which is what makes its reverberation time a well-defined truth.
"""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

BAND_CENTERS_HZ: Final = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
"""Nominal octaves. The lowest also carries what lies below it, the highest what lies above."""

TABULATED_BANDS: Final = 7
"""Tables of absorption end at 8 kHz; the highest octave repeats their last figure."""

CROSSOVER_OCTAVES: Final = 1 / 3
"""Width of a crossover. Narrower rings longer, wider blends the decays of neighbouring octaves."""


@lru_cache(maxsize=8)
def band_weights(samples: int, sample_rate_hz: float) -> NDArray[np.float64]:
    """Give the weight of each band at each bin of a real Fourier transform.

    Parameters
    ----------
    samples : int
        Length of the transformed signal.
    sample_rate_hz : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray, shape (bands, samples // 2 + 1), float64
        Zero-phase amplitude weights; they add up to one at every frequency. Read-only.
    """
    frequency_hz = np.fft.rfftfreq(samples, 1 / sample_rate_hz)
    octave = np.log2(np.maximum(frequency_hz, 1.0) / BAND_CENTERS_HZ[0])
    edges = np.arange(len(BAND_CENTERS_HZ) - 1)[:, np.newaxis] + 0.5
    progress = np.clip((octave - edges) / CROSSOVER_OCTAVES + 0.5, 0.0, 1.0)
    above_edge = np.sin(0.5 * np.pi * progress) ** 2
    reached = np.vstack([np.ones_like(octave), above_edge])
    left = np.vstack([above_edge, np.zeros_like(octave)])
    weights: NDArray[np.float64] = reached - left
    weights.setflags(write=False)
    return weights
