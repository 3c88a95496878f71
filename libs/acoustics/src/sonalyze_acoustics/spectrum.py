"""The magnitude response in 64 logarithmic steps."""

from __future__ import annotations

from typing import Final

import numpy as np

from sonalyze_acoustics.evaluation import FrequencyResponse
from sonalyze_acoustics.power_spectrum import PowerSpectrum

POINTS: Final = 64
RANGE_HZ: Final = (20.0, 20_000.0)
CENTERS_HZ: Final = np.geomspace(*RANGE_HZ, POINTS)
STEP: Final = float(np.sqrt(CENTERS_HZ[1] / CENTERS_HZ[0]))

NOISE_MARGIN: Final = 2.0
"""A point counts where the response holds twice (3 dB) the energy of the noise alone."""


def frequency_response(
    heard: PowerSpectrum, noise: PowerSpectrum, sample_rate_hz: float, band_hz: tuple[float, float]
) -> FrequencyResponse:
    """Average the energy spectrum around 64 logarithmically spaced frequencies.

    Parameters
    ----------
    heard : PowerSpectrum
        Of the part of the response that stands above the noise.
    noise : PowerSpectrum
        Of noise of the same recording.
    sample_rate_hz : float
        Rate of both in Hz.
    band_hz : tuple of float
        What was played; nothing is said outside.

    Returns
    -------
    FrequencyResponse
        Relative to the largest value.
    """
    low_hz, high_hz = CENTERS_HZ / STEP, CENTERS_HZ * STEP
    energy = heard.between(low_hz, high_hz)
    known = energy > NOISE_MARGIN * noise.expected_in(heard, low_hz, high_hz)
    highest_hz = min(band_hz[1] * 1.001, 0.5 * sample_rate_hz)
    at = np.searchsorted(CENTERS_HZ, (band_hz[0] * 0.999, highest_hz))
    known &= heard.holds(low_hz, high_hz)
    known[: at[0]] = known[at[1] :] = False
    top = float(energy[known].max()) if known.any() else 1.0
    levels_db = 10 * np.log10(np.where(known, energy, top) / top)
    return FrequencyResponse(
        tuple(CENTERS_HZ.tolist()),
        tuple(
            level_db if has else None
            for level_db, has in zip(levels_db.tolist(), known.tolist(), strict=True)
        ),
    )
