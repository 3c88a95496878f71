"""Frequency bands: octaves and thirds of an octave, and the shape of the masks that cut them out.

A steep filter has a decay of its own that lengthens short reverberation; a causal one delays the
onset. A mask of Butterworth magnitude with six poles (class 1 of IEC 61260-1:2014) and no phase
does neither visibly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.samples import Samples, Spectrum

FADES_FROM: Final = 1.5
FADED_AT: Final = 4.0
"""Detuning, in units of the edges', from which a mask is faded out and at which nothing passes any
more; the poles alone leave 36 dB there. An octave reaches from 0.32 to 3.1 times its centre, so
that a band can have a low rate of its own."""


@dataclass(frozen=True, slots=True)
class Band:
    """A frequency band with its nominal centre and its exact edges."""

    center_hz: float
    lower_hz: float
    upper_hz: float

    @property
    def bandwidth_hz(self) -> float:
        """Return the distance of the edges."""
        return self.upper_hz - self.lower_hz

    @property
    def middle_hz(self) -> float:
        """Return the geometric mean of the edges, the exact centre."""
        return float(np.sqrt(self.lower_hz * self.upper_hz))

    @property
    def reach_hz(self) -> tuple[float, float]:
        """Return the frequencies outside of which its mask is zero."""
        half = 0.5 * FADED_AT * self.bandwidth_hz / self.middle_hz
        ratio = half + float(np.hypot(half, 1.0))
        return self.middle_hz / ratio, self.middle_hz * ratio

    def inside(self, band_hz: tuple[float, float]) -> bool:
        """Say whether a played band holds this band completely."""
        return band_hz[0] <= self.lower_hz and self.upper_hz <= band_hz[1]


def _fractional(nominal_hz: float, number: int, fraction: int) -> Band:
    """Return a band with the exact centre 1000 x G^(number / fraction), G = 10^0.3.

    IEC 61260-1:2014, 5.2 to 5.5; without an offset of half a band, as for odd fractions.
    """
    exact_hz = 1000.0 * 10 ** (0.3 * number / fraction)
    half = 10 ** (0.15 / fraction)
    return Band(nominal_hz, exact_hz / half, exact_hz * half)


OCTAVES: Final = tuple(
    _fractional(nominal_hz, number, 1)
    for number, nominal_hz in enumerate(
        (63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0), start=-4
    )
)

THIRDS: Final = tuple(
    _fractional(nominal_hz, number, 3)
    for number, nominal_hz in enumerate(
        (
            50.0, 63.0, 80.0, 100.0, 125.0, 160.0, 200.0, 250.0, 315.0, 400.0, 500.0, 630.0,
            800.0, 1000.0, 1250.0, 1600.0, 2000.0, 2500.0, 3150.0, 4000.0, 5000.0, 6300.0,
            8000.0, 10_000.0,
        ),
        start=-13,
    )
)  # fmt: skip

BROADBAND: Final = Band(1000.0, OCTAVES[0].lower_hz, OCTAVES[-1].upper_hz)
"""All octaves together."""


def mask(frequency_hz: Samples, band: Band) -> Samples:
    """Return the magnitude of a six-pole Butterworth band-pass, faded out at its far ends."""
    detuning = _detuning(frequency_hz, band)
    return np.asarray(_fading(detuning) / np.sqrt(1.0 + detuning**6))


def backward_mask(frequency_hz: Samples, band: Band) -> Spectrum:
    """Return the same band-pass with its phase, run backwards: it rings ahead of each sound.

    Faded out at its upper end only: what is strong far below it would ring behind it, too.
    """
    detuning = _detuning(frequency_hz, band)
    # Conjugate of 1 / (s^3 + 2 s^2 + 2 s + 1) at s = j times the detuning.
    poles = (1.0 - 2.0 * detuning**2) - 1j * (2.0 * detuning - detuning**3)
    return np.asarray(_fading(np.maximum(detuning, 0.0)) / poles)


def _detuning(frequency_hz: Samples, band: Band) -> Samples:
    """Return the distance from the centre, -1 and 1 at the edges."""
    middle_hz = band.middle_hz
    ratio = np.maximum(frequency_hz, 1e-3 * middle_hz) / middle_hz
    return np.asarray((ratio - 1 / ratio) * (middle_hz / band.bandwidth_hz))


def _fading(detuning: Samples) -> Samples:
    """Return a step down to nothing with three continuous derivatives.

    With fewer, its ringing outlasts the poles' own from 70 dB on.
    """
    left = np.clip((FADED_AT - np.abs(detuning)) / (FADED_AT - FADES_FROM), 0.0, 1.0)
    return np.asarray(left**4 * (35.0 - 84.0 * left + 70.0 * left**2 - 20.0 * left**3))
