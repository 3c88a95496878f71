"""What the air does to sound: its speed, and how much of it is lost on the way (ISO 9613-1)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.samples import Samples

REFERENCE_K: Final = 293.15
TRIPLE_POINT_K: Final = 273.16
ZERO_CELSIUS_K: Final = 273.15
DECIBEL_PER_NEPER: Final = float(10 * np.log10(np.e))
"""Of energy: an energy that falls as exp(-m r) falls by 4.343 m decibel per metre."""


@dataclass(frozen=True, slots=True)
class Air:
    """Air at one atmosphere."""

    temperature_c: float = 20.0
    humidity_percent: float = 50.0

    @property
    def speed_of_sound_m_s(self) -> float:
        """343.2 m/s at 20 degrees, with the root of the absolute temperature (ISO 9613-1, A.1)."""
        return 343.2 * float(np.sqrt((self.temperature_c + ZERO_CELSIUS_K) / REFERENCE_K))

    def absorption_per_m(self, frequency_hz: Samples) -> Samples:
        """Give the rate at which energy is lost.

        Parameters
        ----------
        frequency_hz : ndarray, shape (n,)
            Pure tones, here the exact centres of octaves.

        Returns
        -------
        ndarray, shape (n,), float64
            Energy falls as exp(-m r); m in 1/m.

        Notes
        -----
        ISO 9613-1:1993, equations 3 to 5 and B.3, at 101.325 kPa.
        """
        kelvin = self.temperature_c + ZERO_CELSIUS_K
        warmth = kelvin / REFERENCE_K
        saturation = 10 ** (4.6151 - 6.8346 * (TRIPLE_POINT_K / kelvin) ** 1.261)
        vapour = self.humidity_percent * saturation
        oxygen_hz = 24 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour)
        nitrogen_hz = warmth**-0.5 * (9 + 280 * vapour * np.exp(-4.170 * (warmth ** (-1 / 3) - 1)))
        squared = np.asarray(frequency_hz, dtype=np.float64) ** 2
        classical = 1.84e-11 * warmth**0.5
        oxygen = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen_hz + squared / oxygen_hz)
        nitrogen = 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen_hz + squared / nitrogen_hz)
        loss_db_per_m = 8.686 * squared * (classical + warmth**-2.5 * (oxygen + nitrogen))
        return np.asarray(loss_db_per_m / DECIBEL_PER_NEPER)
