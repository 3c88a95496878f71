"""Early, late and direct energy in bands: parted before the filter, integrated completely.

ISO 3382-1 A.2 and A.3: a filter that has seen the whole response smears energy across the limit.
The energies of a part follow from its spectrum (Parseval), and the part after a limit from the
energy of both together, less that of the early one and twice what they have in common: all of
this lies near the limits, so a third of a second is enough to transform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sonalyze_acoustics.bands import Band, mask
from sonalyze_acoustics.filterbank import RINGING_S
from sonalyze_acoustics.loudspeaker import (
    LEVELLED_TO,
    delay_undone,
    high_pass_power,
    tilting_corner_hz,
)
from sonalyze_acoustics.samples import Samples

AHEAD_S: Final = 0.010
"""Kept ahead of the onset: band limits and regularisation spread the direct sound that far."""

EARLY_S: Final = (0.050, 0.080)
DIRECT_S: Final = 0.0025
"""Half width of the direct sound's window around its peak."""

RINGING_PERIODS: Final = 3.0
"""A mask's ringing falls by 50 dB in that many reciprocals of its bandwidth."""


@dataclass(frozen=True, slots=True)
class EarlyParts:
    """Energies of the parts that end at `EARLY_S` and with the direct sound, shape (bands, 3)."""

    limits_s: Samples
    """When the parts end, after the onset."""
    early: Samples
    taken: Samples
    """What to take from the energy of the whole to get that of the late part."""


def early_parts(
    samples: Samples,
    sample_rate_hz: float,
    onset: int,
    bands: Sequence[tuple[Band, float | None]],
    delayed_corner_hz: float | None = None,
) -> EarlyParts:
    """Part a response at its limits.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        The response; all that lies before the onset belongs to the early parts.
    sample_rate_hz : float
        Its rate in Hz.
    onset : int
        Where its direct sound is.
    bands : sequence of tuple
        Each band, and the corner of the loudspeaker whose tilt is taken out of it, if any.
    delayed_corner_hz : float, optional
        Corner of the loudspeaker whose delay is taken out of all of them.

    Returns
    -------
    EarlyParts
        With noise and all.
    """
    lead = round(AHEAD_S * sample_rate_hz)
    ringing_s = max(RINGING_S, RINGING_PERIODS / min(band.bandwidth_hz for band, _ in bands))
    kept = lead + round((EARLY_S[-1] + ringing_s) * sample_rate_hz)
    size = fft.next_fast_len(kept + round(ringing_s * sample_rate_hz), real=True)
    start = max(0, onset - lead)
    near = samples[start : onset - lead + kept]
    parts = np.zeros((1 + len(EARLY_S) + 1, size))
    whole = parts[0]
    whole[lead - (onset - start) :][: near.size] = near
    if delayed_corner_hz is not None:
        undone = delay_undone(fft.rfftfreq(size, 1 / sample_rate_hz), delayed_corner_hz)
        whole[:] = fft.irfft(fft.rfft(whole) * undone, size)
    limits = [round(early_s * sample_rate_hz) for early_s in EARLY_S]
    limits.append(direct_end(whole[lead:], sample_rate_hz))
    for part, limit in zip(parts[1:], limits, strict=True):
        part[: lead + limit] = whole[: lead + limit]
    early, common = _in_bands(fft.rfft(parts), size, sample_rate_hz, bands)
    return EarlyParts(np.array(limits) / sample_rate_hz, early, 2 * common - early)


def direct_end(from_onset: Samples, sample_rate_hz: float) -> int:
    """Return where the direct sound's window ends: 2.5 ms after its peak."""
    width = max(1, round(DIRECT_S * sample_rate_hz))
    return int(np.argmax(np.abs(from_onset[:width]))) + width


def _in_bands(
    spectra: NDArray[np.complex128],
    size: int,
    sample_rate_hz: float,
    bands: Sequence[tuple[Band, float | None]],
) -> tuple[Samples, Samples]:
    """Return the energies of parts in bands, and what each has in common with the whole."""
    whole, parts = spectra[0], spectra[1:]
    energy = parts.real**2 + parts.imag**2
    common = parts.real * whole.real + parts.imag * whole.imag
    both = np.concatenate((energy, common)).T
    flat, tilted = _powers(size, sample_rate_hz, tuple(band for band, _ in bands))
    found = flat @ both
    corners_hz = np.array([tilting_corner_hz(band, corner_hz) or 0.0 for band, corner_hz in bands])
    if corners_hz.any():
        middles_hz = np.array([band.middle_hz for band, _ in bands])
        found += corners_hz[:, np.newaxis] ** 4 * (tilted @ both)
        found *= high_pass_power(middles_hz, corners_hz)[:, np.newaxis]
    found *= 2.0 / (size * sample_rate_hz)
    return found[:, : len(parts)], found[:, len(parts) :]


@lru_cache(maxsize=4)
def _powers(size: int, sample_rate_hz: float, bands: tuple[Band, ...]) -> tuple[Samples, Samples]:
    """Return the bands' power responses, and the same over the fourth power of frequency.

    Levelling a high-pass adds so much of the second as its corner to the fourth power says.
    """
    frequency_hz = fft.rfftfreq(size, 1 / sample_rate_hz)
    flat = np.array([mask(frequency_hz, band) ** 2 for band in bands])
    levelled_hz = np.array(
        [np.maximum(frequency_hz, LEVELLED_TO * band.lower_hz) for band in bands]
    )
    return flat, flat / levelled_hz**4
