"""The magnitude response in 64 logarithmic steps."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.evaluation import FrequencyResponse
from sonalyze_acoustics.samples import Samples

POINTS: Final = 64
RANGE_HZ: Final = (20.0, 20_000.0)
NOISE_MARGIN: Final = 2.0
"""A point counts where the response holds twice (3 dB) the energy of the noise alone."""


def frequency_response(
    response: Samples, noise: Samples, sample_rate_hz: float, band_hz: tuple[float, float]
) -> FrequencyResponse:
    """Average the energy spectrum around 64 logarithmically spaced frequencies.

    Parameters
    ----------
    response : ndarray, shape (n,), float64
        The part of the response that stands above the noise.
    noise : ndarray, shape (m,), float64
        Noise of the same recording; may be empty.
    sample_rate_hz : float
        Rate in Hz.
    band_hz : tuple of float
        What was played; nothing is said outside.

    Returns
    -------
    FrequencyResponse
        Relative to the largest value.
    """
    centers_hz = np.geomspace(*RANGE_HZ, POINTS)
    step = np.sqrt(centers_hz[1] / centers_hz[0])
    size = fft.next_fast_len(max(response.size, noise.size, round(0.5 * sample_rate_hz)), real=True)
    edges_hz = np.append(centers_hz / step, centers_hz[-1] * step)
    at = np.searchsorted(fft.rfftfreq(size, 1 / sample_rate_hz), edges_hz)
    energy = _per_step(response, size, at)
    floor = _per_step(noise, size, at) * (response.size / max(noise.size, 1))
    known = (energy > NOISE_MARGIN * floor) & (at[1:] > at[:-1])
    known &= (centers_hz >= band_hz[0] * 0.999) & (centers_hz <= band_hz[1] * 1.001)
    known &= centers_hz < 0.5 * sample_rate_hz
    top = float(energy[known].max()) if known.any() else 1.0
    magnitudes = tuple(
        float(10 * np.log10(value / top)) if has else None
        for value, has in zip(energy, known, strict=True)
    )
    return FrequencyResponse(tuple(float(hz) for hz in centers_hz), magnitudes)


def _per_step(
    samples: Samples, size: int, at: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Samples:
    """Return the mean energy of the bins in each step; steps narrower than a bin take the next."""
    spectrum = fft.rfft(samples, size) if samples.size else np.zeros(size // 2 + 1)
    energy = np.cumsum(np.append(0.0, np.abs(spectrum) ** 2))
    last = energy.size - 1
    low = np.minimum(at[:-1], last - 1)
    high = np.minimum(np.maximum(at[1:], low + 1), last)
    return np.asarray((energy[high] - energy[low]) / (high - low))
