"""What air takes from sound on its way."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

SPEED_OF_SOUND_M_S: Final = 343.0
"""At 20 degrees Celsius; pyroomacoustics' default as well."""

TEMPERATURE_K: Final = 293.15
RELATIVE_HUMIDITY_PERCENT: Final = 50.0

_TRIPLE_POINT_K: Final = 273.16
_NEPER_TO_DB: Final = 20 * np.log10(np.e)


def air_attenuation_db_per_m(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Give the attenuation of pure tones in air of 20 degrees, 50 % humidity and 101.325 kPa.

    Parameters
    ----------
    frequency_hz : array_like
        Frequencies in Hz.

    Returns
    -------
    ndarray, float64
        Attenuation in dB per metre.

    Notes
    -----
    ISO 9613-1:1993, equations (3) to (5) and (B.3), at the reference pressure.
    """
    squared = np.asarray(frequency_hz, dtype=np.float64) ** 2
    saturation = 10 ** (-6.8346 * (_TRIPLE_POINT_K / TEMPERATURE_K) ** 1.261 + 4.6151)
    vapour_percent = RELATIVE_HUMIDITY_PERCENT * saturation
    # The factors (T/T0) of the standard are one: its reference temperature is 20 degrees.
    oxygen_hz = 24 + 4.04e4 * vapour_percent * (0.02 + vapour_percent) / (0.391 + vapour_percent)
    nitrogen_hz = 9 + 280 * vapour_percent
    oxygen = 0.01275 * np.exp(-2239.1 / TEMPERATURE_K) * oxygen_hz / (oxygen_hz**2 + squared)
    nitrogen = 0.1068 * np.exp(-3352.0 / TEMPERATURE_K) * nitrogen_hz / (nitrogen_hz**2 + squared)
    return np.asarray(_NEPER_TO_DB * squared * (1.84e-11 + oxygen + nitrogen))


def energy_decay_in_air_per_m(frequency_hz: ArrayLike) -> NDArray[np.float64]:
    """Give the rate m at which energy falls along a path, exp(-m d), per metre."""
    return np.asarray(air_attenuation_db_per_m(frequency_hz) * np.log(10) / 10)
