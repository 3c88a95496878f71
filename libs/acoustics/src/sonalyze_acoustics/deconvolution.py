"""What a deconvolution is, and how it divides by a reference without dividing by nothing.

h = IFFT(Y X* / (|X|^2 + eps)). The regularisation eps is relative to the reference's own in-band
energy: a constant one would raise whatever was recorded outside the sweep by more than 100 dB. A
soft band limit keeps the response to what was played. (ISO 18233:2006 Annex B; Mueller and
Massarani, JAES 49(6) 443, 2001; Farina, AES 122, 2007.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from sonalyze_acoustics.long_transform import inverse
from sonalyze_acoustics.samples import Samples, Single, SingleSpectrum, Spectrum

SHORTEST_S: Final = 0.05
"""Even a recording that ends with the sweep has heard this much of most bands."""

REGULARISATION: Final = 1e-3
"""Share of the median in-band energy; costs 0.02 dB at the top of a 20 kHz sweep."""

RUMBLE_HZ: Final = 40.0
"""Below this no phone plays, and rooms rumble."""

LEAD_S: Final = 0.3
"""How much of the response is kept ahead of the expected direct sound."""

TAIL_S: Final = 3.0
"""Causal part of a response; longer only where it has not died away by then."""


NEGLIGIBLE_S: Final = 0.3
"""What disturbs a response only up to here lies in the part of it that is louder."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A sound that was none of the sweep's, and what it spoils."""

    after_s: float
    """How long after the sweep had passed the end of the played band; negative if before."""
    band_hz: tuple[float, float]


@dataclass(frozen=True, slots=True)
class ImpulseResponse:
    """A response and what bounds it."""

    samples: Samples
    sample_rate_hz: int
    played_band_hz: tuple[float, float]
    expected: int = 0
    """Index at which time zero lies: nothing is heard before it but what misalignment moves."""
    remaining_s: float = float("inf")
    """How long nothing but its response was recorded after the reference; negative if cut."""
    growth_s: float = 0.0
    """Time in which the sweep grew by e; lower frequencies had been over that much earlier."""

    foreign: tuple[Foreign, ...] = ()

    def valid(self, upper_hz: float) -> int:
        """Return how many samples were really recorded, in a band that ends at a frequency."""
        earlier_s = self.growth_s * max(0.0, float(np.log(self.played_band_hz[1] / upper_hz)))
        heard_s = max(self.remaining_s + earlier_s, SHORTEST_S)
        if heard_s * self.sample_rate_hz >= self.samples.size:
            return self.samples.size
        return min(self.samples.size, self.expected + round(heard_s * self.sample_rate_hz))

    def undisturbed(self, lower_hz: float, upper_hz: float) -> int:
        """Return how many samples of a band hold nothing foreign but steady noise.

        A short sound becomes a sweep backwards in the response. A band that the sweep had left
        ends where that reaches its upper edge. In a band that the sweep was passing it is as
        steady as noise, up to where it leaves the lower edge.
        """
        samples = self.valid(upper_hz)
        for each in self.foreign:
            if upper_hz <= each.band_hz[0] or lower_hz >= each.band_hz[1]:
                continue
            top_hz = self.played_band_hz[1]
            begins_s = each.after_s + self.growth_s * float(np.log(top_hz / upper_hz))
            ends_s = each.after_s + self.growth_s * float(np.log(top_hz / lower_hz))
            heard_s = begins_s if begins_s >= NEGLIGIBLE_S else ends_s
            if heard_s >= NEGLIGIBLE_S:
                samples = min(samples, self.expected + round(heard_s * self.sample_rate_hz))
        return samples


@dataclass(frozen=True)
class Deconvolution:
    """A response before it is cut: the whole circular transform."""

    spectrum: SingleSpectrum
    size: int
    sample_rate_hz: int
    band_hz: tuple[float, float]
    zero: int
    """Index of the expected direct sound in the circular response."""

    @cached_property
    def circular(self) -> Single:
        """The whole circular response, shape (size,); harmonics lie before `zero`."""
        samples = inverse(self.spectrum, self.size)
        samples.flags.writeable = False
        return samples


def inverse_of(spectrum: Spectrum, frequency_hz: Samples, band_hz: tuple[float, float]) -> Spectrum:
    """Return the regularised, band-limited inverse of a reference's spectrum.

    Parameters
    ----------
    spectrum : ndarray, shape (n,), complex128
        One-sided spectrum of the reference.
    frequency_hz : ndarray, shape (n,)
        Frequency of each bin.
    band_hz : tuple of float
        What the reference excites.

    Returns
    -------
    ndarray, shape (n,), complex128
        Multiply a recording's spectrum by it to get the response's.
    """
    energy = spectrum.real**2 + spectrum.imag**2
    first = int(np.searchsorted(frequency_hz, band_hz[0]))
    stop = int(np.searchsorted(frequency_hz, band_hz[1], side="right"))
    # The narrowest of sweeps lie between two bins.
    floor = REGULARISATION * float(np.median(energy[first : max(stop, first + 1)]))
    return np.asarray(np.conj(spectrum) * (band_limit(frequency_hz, band_hz) / (energy + floor)))


def band_limit(frequency_hz: Samples, band_hz: tuple[float, float]) -> Samples:
    """Return a zero-phase band limit: steep, but not so steep that it rings ahead of the sound."""
    lower_hz, upper_hz = max(band_hz[0], RUMBLE_HZ), 0.97 * band_hz[1]
    safe_hz = np.maximum(frequency_hz, 1e-3 * lower_hz)
    high_pass = 1.0 + (lower_hz / safe_hz) ** 16
    low_pass = 1.0 + (safe_hz / upper_hz) ** 32
    return np.asarray(1.0 / np.sqrt(high_pass * low_pass))
