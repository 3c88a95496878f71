"""How energy is spread over frequency, averaged between any two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from sonalyze_acoustics.samples import Samples

SHORTEST_S: Final = 0.5
"""Steps of 2 Hz: a third of an octave has at least four of them from 40 Hz on."""


@dataclass(frozen=True, slots=True)
class PowerSpectrum:
    """Energy of some samples up to each bin of their transform, and how many samples they were."""

    energy: Samples
    step_hz: float
    length: int

    @classmethod
    def of(cls, samples: Samples, sample_rate_hz: float) -> PowerSpectrum:
        """Transform samples, in single precision: its rounding lies 140 dB down.

        Of all lengths those of a power of two are few enough for their plans to be kept.
        """
        size = 1 << (max(samples.size, round(SHORTEST_S * sample_rate_hz)) - 1).bit_length()
        bins = fft.rfft(samples.astype(np.float32), size)
        energy = np.zeros(bins.size + 1)
        np.cumsum(bins.real**2 + bins.imag**2, dtype=np.float64, out=energy[1:])
        return cls(energy, sample_rate_hz / size, samples.size)

    def between(self, low_hz: Samples, high_hz: Samples) -> Samples:
        """Return the mean energy per bin from low up to, but not with, high frequencies.

        What is narrower than a bin takes the next one.
        """
        low = np.minimum(self._bin_from(low_hz), self.energy.size - 2)
        high = np.minimum(np.maximum(self._bin_from(high_hz), low + 1), self.energy.size - 1)
        return np.asarray((self.energy[high] - self.energy[low]) / (high - low))

    def holds(self, low_hz: Samples, high_hz: Samples) -> NDArray[np.bool_]:
        """Say whether there is a bin between two frequencies."""
        return np.asarray(self._bin_from(high_hz) > self._bin_from(low_hz))

    def expected_in(self, other: PowerSpectrum, low_hz: Samples, high_hz: Samples) -> Samples:
        """Return what this, being steady noise, adds to another spectrum's mean energy per bin."""
        return self.between(low_hz, high_hz) * (other.length / max(self.length, 1))

    def _bin_from(self, frequency_hz: Samples) -> NDArray[np.intp]:
        return np.ceil(frequency_hz / self.step_hz).astype(np.intp)
