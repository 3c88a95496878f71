"""Octave bands and what of a response falls into them.

Bands are cut by zero-phase masks of moderate order in one spectrum of the response. A steep filter
has a decay of its own that lengthens short reverberation; a causal one delays the onset. A mask of
Butterworth magnitude with six poles (class 1 of IEC 61260-1:2014) does neither visibly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.loudspeaker import high_pass_power
from sonalyze_acoustics.samples import Samples, Spectrum

PADDING_S: Final = 0.25
"""Silence around a response, half on either side: the 63 Hz octave's ringing falls 90 dB in it."""

SPREAD: Final = 5.66
"""The mask of an octave ends at this multiple of its upper edge, eight times its centre and 63 dB
down; that gives each band its own rate."""

UNTOUCHED: Final = 0.2
"""A corner below this share of a band's lower edge tilts it by less than 0.01 dB."""

LEVELLED_TO: Final = 0.75
"""Below this share of a band's lower edge a loudspeaker's fall is no longer made up for."""


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

    def inside(self, band_hz: tuple[float, float]) -> bool:
        """Say whether a played band holds this band completely."""
        return band_hz[0] <= self.lower_hz and self.upper_hz <= band_hz[1]


def _octave(nominal_hz: float, number: int) -> Band:
    """Return the octave with the exact centre 1000 x 10^(3 n / 10) of IEC 61260-1:2014."""
    exact_hz = 1000.0 * 10 ** (0.3 * number)
    return Band(nominal_hz, exact_hz * 10**-0.15, exact_hz * 10**0.15)


OCTAVES: Final = tuple(
    _octave(nominal_hz, number)
    for number, nominal_hz in enumerate(
        (63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0), start=-4
    )
)

BROADBAND: Final = Band(1000.0, OCTAVES[0].lower_hz, OCTAVES[-1].upper_hz)
"""All octaves together."""


def mask(frequency_hz: Samples, band: Band) -> Samples:
    """Return the magnitude of a six-pole Butterworth band-pass, closed softly at its far end."""
    middle_hz = band.middle_hz
    ratio = np.maximum(frequency_hz, 1e-3 * middle_hz) / middle_hz
    detuning = (ratio - 1 / ratio) * (middle_hz / band.bandwidth_hz)
    reach = SPREAD * band.upper_hz
    closing = np.clip((reach - frequency_hz) / (0.5 * reach), 0.0, 1.0)
    return np.asarray(np.sin(0.5 * np.pi * closing) ** 2 / np.sqrt(1.0 + detuning**6))


def levelling(frequency_hz: Samples, band: Band, corner_hz: float) -> Samples:
    """Return the gain that undoes a loudspeaker's fall inside a band.

    The band's middle keeps its level; below `LEVELLED_TO` of the lower edge no more is made up.
    """
    levelled_hz = np.maximum(frequency_hz, LEVELLED_TO * band.lower_hz)
    middle = high_pass_power(np.array(band.middle_hz), corner_hz)
    return np.asarray(np.sqrt(middle / high_pass_power(levelled_hz, corner_hz)))


@dataclass(frozen=True, slots=True)
class Padded:
    """A response's spectrum, with silence around it for the masks to ring into."""

    spectrum: Spectrum
    frequency_hz: Samples
    size: int
    sample_rate_hz: float
    lead: int


def padded_spectrum(parts: Samples, sample_rate_hz: float) -> Padded:
    """Transform one response or several parts of it, shape (..., n), in one go."""
    step = round(PADDING_S * sample_rate_hz)
    # In whole steps, so that responses of about one length share their cached masks.
    size = fft.next_fast_len((-(-parts.shape[-1] // step) + 1) * step, real=True)
    return Padded(
        spectrum=fft.rfft(parts, size),
        frequency_hz=fft.rfftfreq(size, 1 / sample_rate_hz),
        size=size,
        sample_rate_hz=sample_rate_hz,
        lead=round(0.5 * PADDING_S * sample_rate_hz),
    )


def band_signal(
    padded: Padded, band: Band, corner_hz: float | None = None
) -> tuple[Spectrum, float, float]:
    """Return a band as a complex envelope at the band's own rate.

    Parameters
    ----------
    padded : Padded
        Spectrum of one or several parts, shape (..., bins).
    band : Band
        Which band.
    corner_hz : float, optional
        Corner of the loudspeaker's high-pass whose tilt is taken out.

    Returns
    -------
    values : ndarray, shape (..., m), complex128
        Analytic signal; half its squared magnitude is the energy density.
    rate_hz : float
        Its sample rate.
    start_s : float
        Where the response's first sample stands in it.
    """
    weight = _delayed_mask(padded.size, padded.sample_rate_hz, padded.lead, band)
    if corner_hz is not None and corner_hz > UNTOUCHED * band.lower_hz:
        weight = weight * levelling(padded.frequency_hz[: weight.size], band, corner_hz)
    count = fft.next_fast_len(weight.size)
    values = fft.ifft(padded.spectrum[..., : weight.size] * weight, count)
    scale = 2.0 * count / padded.size
    rate_hz = padded.sample_rate_hz / padded.size * count
    return np.asarray(values * scale), rate_hz, padded.lead / padded.sample_rate_hz


@lru_cache(maxsize=32)
def _delayed_mask(size: int, sample_rate_hz: float, lead: int, band: Band) -> Spectrum:
    """Return a mask that also moves the response behind the room for its ringing."""
    step_hz = sample_rate_hz / size
    bins = min(size // 2 + 1, int(SPREAD * band.upper_hz / step_hz) + 1)
    turns = np.arange(bins) * (lead / size)
    frequency_hz = np.arange(bins, dtype=np.float64) * step_hz
    return np.asarray(mask(frequency_hz, band) * np.exp(-2j * np.pi * turns))


def energy_density(values: Spectrum) -> Samples:
    """Return the energy density of an analytic signal, free of the carrier's ripple."""
    return np.asarray(0.5 * (values.real**2 + values.imag**2))
