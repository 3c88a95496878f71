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

from sonalyze_acoustics.bands import Band
from sonalyze_acoustics.power_spectrum import PowerSpectrum
from sonalyze_acoustics.samples import Samples

CORNERS_HZ: Final = np.geomspace(30.0, 800.0, 100)
THIRDS_HZ: Final[Samples] = np.logspace(1.6, 3.2, 17)
"""Exact third-octave centres, 40 Hz to 1.6 kHz: well below and well above the corner."""

THIRD_EDGE: Final = 10**0.05

UNTOUCHED: Final = 0.2
"""A corner below this share of a band's lower edge tilts it by less than 0.01 dB."""

LEVELLED_TO: Final = 0.75
"""Below this share of a band's lower edge a loudspeaker's fall is no longer made up for."""

RESPONSE_S: Final = 0.5
ROOM_COLOUR_DB: Final = 1.5
"""How far rooms' own third-octave levels scatter beyond chance."""

REFERENCE_TIME_S: Final = 0.5
"""Reverberation time assumed for the chance part: power averages over 2 B T / 13.8 samples."""

EVIDENCE: Final = 9.0
"""Chi-squared by which a corner must beat none: three standard deviations of one parameter."""


def corner_hz(
    response: Samples, noise: PowerSpectrum, sample_rate_hz: float, band_hz: tuple[float, float]
) -> float | None:
    """Find the corner of the loudspeaker's high-pass in a room response.

    Parameters
    ----------
    response : ndarray, shape (n,)
        Impulse response from its onset on.
    noise : PowerSpectrum
        Of noise of the same measurement.
    sample_rate_hz : float
        Rate in Hz.
    band_hz : tuple of float
        What was played; thirds that it does not hold are left out.

    Returns
    -------
    float or None
        Corner in Hz, or None where the low end needs no such explanation.
    """
    heard = PowerSpectrum.of(response[: round(RESPONSE_S * sample_rate_hz)], sample_rate_hz)
    limits_hz: tuple[Samples, Samples] = (THIRDS_HZ / THIRD_EDGE, THIRDS_HZ * THIRD_EDGE)
    power, floor = heard.between(*limits_hz), noise.expected_in(heard, *limits_hz)
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


def delay_undone(
    frequency_hz: NDArray[np.floating], corner_hz: float
) -> NDArray[np.complexfloating]:
    """Return the all-pass that undoes the phase of the high-pass.

    That phase delays low notes into later windows.
    """
    ratio = frequency_hz / np.asarray(corner_hz, dtype=frequency_hz.dtype)
    square = ratio**2
    undone = np.empty(ratio.shape, dtype=np.result_type(ratio.dtype, np.complex64))
    modulus = np.sqrt(1 + square**2)
    undone.real = (square - 1) / modulus
    undone.imag = -np.sqrt(2).astype(ratio.dtype) * ratio / modulus
    return undone


def tilting_corner_hz(band: Band, corner_hz: float | None) -> float | None:
    """Return a loudspeaker's corner if it tilts a band enough to be undone."""
    return None if corner_hz is None or corner_hz <= UNTOUCHED * band.lower_hz else corner_hz


def levelling(frequency_hz: NDArray[np.floating], band: Band, corner_hz: float) -> Samples:
    """Return the gain in power that undoes a loudspeaker's fall inside a band.

    The band's middle keeps its level; below `LEVELLED_TO` of the lower edge no more is made up.
    """
    levelled_hz = np.maximum(frequency_hz, LEVELLED_TO * band.lower_hz)
    middle = float(high_pass_power(np.array(band.middle_hz), corner_hz))
    return np.asarray(middle / high_pass_power(levelled_hz, corner_hz))
