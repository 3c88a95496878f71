"""The low end of a small loudspeaker, and how to take its tilt out of the octaves it falls in.

A loudspeaker in a closed box is a high-pass of second order (Small, JAES 20(10) 798, 1972). A
phone's corner lies at some hundred hertz: inside the octave of 250 Hz its response then rises by
up to 12 dB, and the octave's figures are those of its upper third. The corner is a single number
in a known shape, so many bands together determine it; the room's own colour stays untouched.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sonalyze_acoustics.samples import Samples

CORNERS_HZ: Final = np.geomspace(30.0, 800.0, 100)
THIRDS_HZ: Final = 1000.0 * 10 ** (0.1 * np.arange(-14, 3))
"""Exact third-octave centres, 40 Hz to 1.6 kHz: well below and well above the corner."""

THIRD_EDGE: Final = 10**0.05

RESPONSE_S: Final = 0.5
ROOM_COLOUR_DB: Final = 1.5
"""How far rooms' own third-octave levels scatter beyond chance."""

REFERENCE_TIME_S: Final = 0.5
"""Reverberation time assumed for the chance part: power averages over 2 B T / 13.8 samples."""

EVIDENCE: Final = 9.0
"""Chi-squared by which a corner must beat none: three standard deviations of one parameter."""


def corner_hz(
    response: Samples, noise: Samples, sample_rate_hz: float, band_hz: tuple[float, float]
) -> float | None:
    """Find the corner of the loudspeaker's high-pass in a room response.

    Parameters
    ----------
    response : ndarray, shape (n,), float64
        Impulse response from its onset on.
    noise : ndarray, shape (m,), float64
        Noise of the same measurement.
    sample_rate_hz : float
        Rate in Hz.
    band_hz : tuple of float
        What was played; thirds that it does not hold are left out.

    Returns
    -------
    float or None
        Corner in Hz, or None where the low end needs no such explanation.
    """
    kept = response[: round(RESPONSE_S * sample_rate_hz)]
    power = third_octave_power(kept, sample_rate_hz)
    floor = third_octave_power(noise, sample_rate_hz) * (kept.size / max(noise.size, 1))
    known = (power > 2 * floor) & (band_hz[0] < THIRD_EDGE**-2 * THIRDS_HZ)
    known &= band_hz[1] > THIRD_EDGE * THIRDS_HZ
    if known.sum() < 4:  # noqa: PLR2004 - two parameters and two points to contradict them
        return None
    level_db = 10 * np.log10(power[known] - floor[known])
    bandwidth_hz = THIRDS_HZ[known] * (THIRD_EDGE - 1 / THIRD_EDGE)
    chance_db = 4.34 * np.sqrt(13.8 / (2 * bandwidth_hz * REFERENCE_TIME_S))
    weight = 1 / (chance_db**2 + ROOM_COLOUR_DB**2)
    corners_hz = np.append(0.0, CORNERS_HZ).astype(np.float64)
    rest_db = level_db + 10 * np.log10(1 / high_pass_power(THIRDS_HZ[known], corners_hz[:, None]))
    rest_db -= (rest_db @ weight / weight.sum())[:, None]
    misfit = rest_db**2 @ weight
    best = int(np.argmin(misfit))
    return float(corners_hz[best]) if misfit[0] - misfit[best] > EVIDENCE else None


def high_pass_power(
    frequency_hz: Samples | NDArray[np.floating], corner_hz: float | Samples
) -> Samples:
    """Return the power response of a Butterworth high-pass of second order."""
    return np.asarray(1 / (1 + (corner_hz / frequency_hz) ** 4))


def without_delay(response: Samples, sample_rate_hz: float, corner_hz: float) -> Samples:
    """Undo the phase of the high-pass, which delays low notes into later windows.

    The last samples may hold what the circular transform moved there from the beginning.
    """
    size = fft.next_fast_len(response.size, real=True)
    ratio = 1j * fft.rfftfreq(size, 1 / sample_rate_hz) / corner_hz
    denominator = ratio**2 + np.sqrt(2) * ratio + 1
    phase = -np.abs(denominator) / denominator
    return np.asarray(fft.irfft(fft.rfft(response, size) * np.conj(phase), size)[: response.size])


def third_octave_power(samples: Samples, sample_rate_hz: float) -> Samples:
    """Return the mean power density of samples in the third octaves of `THIRDS_HZ`."""
    if not samples.size:
        return np.zeros(THIRDS_HZ.size)
    size = fft.next_fast_len(max(samples.size, round(RESPONSE_S * sample_rate_hz)), real=True)
    spectrum = fft.rfft(samples, size)
    energy = np.cumsum(np.append(0.0, spectrum.real**2 + spectrum.imag**2))
    low = np.round(THIRDS_HZ / THIRD_EDGE * size / sample_rate_hz).astype(np.int64)
    high = np.round(THIRDS_HZ * THIRD_EDGE * size / sample_rate_hz).astype(np.int64)
    high = np.minimum(np.maximum(high, low + 1), energy.size - 1)
    return np.asarray((energy[high] - energy[low]) / (high - low))
