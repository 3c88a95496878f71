"""From a recording and its reference to an impulse response, without dividing by nothing.

h = IFFT(Y X* / (|X|^2 + eps)). The regularisation eps is relative to the reference's own in-band
energy: a constant one would raise whatever was recorded outside the sweep by more than 100 dB. A
soft band limit keeps the response to what was played. (ISO 18233:2006 Annex B; Mueller and
Massarani, JAES 49(6) 443, 2001; Farina, AES 122, 2007.)

Harmonic distortion lies before the linear response and never enters its tail, as long as the
transform is long enough not to wrap it there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.errors import NotAMeasurement
from sonalyze_acoustics.samples import Samples, Spectrum
from sonalyze_acoustics.signal import (
    CHIRP_S,
    END_CHIRP_START_S,
    SWEEP_S,
    SWEEP_START_S,
    SignalSpec,
    carried_hz,
    growth_s,
    sweep,
)

SHORTEST_S: Final = 0.05
"""Even a recording that ends with the sweep has heard this much of most bands."""

REGULARISATION: Final = 1e-3
"""Share of the median in-band energy; costs 0.02 dB at the top of a 20 kHz sweep."""

RUMBLE_HZ: Final = 40.0
"""Below this no phone plays, and rooms rumble."""

LEAD_S: Final = 0.3
"""How much of the response is kept ahead of the expected direct sound."""

TAIL_S: Final = 3.0
"""Longest causal part: from 3.1 s on the end chirp's second harmonic reaches the 8 kHz octave."""


@dataclass(frozen=True, slots=True)
class ImpulseResponse:
    """A response and what bounds it."""

    samples: Samples
    sample_rate_hz: int
    played_band_hz: tuple[float, float]
    expected: int = 0
    """Index at which time zero lies: nothing is heard before it but what misalignment moves."""
    remaining_s: float = float("inf")
    """How long was recorded after the reference ended; negative if it was cut."""
    growth_s: float = 0.0
    """Time in which the sweep grew by e; lower frequencies had been over that much earlier."""

    def valid(self, upper_hz: float) -> int:
        """Return how many samples were really recorded, in a band that ends at a frequency."""
        earlier_s = self.growth_s * max(0.0, float(np.log(self.played_band_hz[1] / upper_hz)))
        heard_s = max(self.remaining_s + earlier_s, SHORTEST_S)
        if heard_s * self.sample_rate_hz >= self.samples.size:
            return self.samples.size
        return min(self.samples.size, self.expected + round(heard_s * self.sample_rate_hz))


@dataclass(frozen=True)
class Deconvolution:
    """A response before it is cut: the whole circular transform."""

    spectrum: Spectrum
    size: int
    sample_rate_hz: int
    band_hz: tuple[float, float]
    zero: int
    """Index of the expected direct sound in the circular response."""

    @cached_property
    def circular(self) -> Samples:
        """The whole circular response, shape (size,); harmonics lie before `zero`."""
        samples: Samples = fft.irfft(self.spectrum, self.size)
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
    inside = (frequency_hz >= band_hz[0]) & (frequency_hz <= band_hz[1])
    floor = REGULARISATION * float(np.median(energy[inside]))
    return np.asarray(np.conj(spectrum) * (band_limit(frequency_hz, band_hz) / (energy + floor)))


def band_limit(frequency_hz: Samples, band_hz: tuple[float, float]) -> Samples:
    """Return a zero-phase band limit: steep, but not so steep that it rings ahead of the sound."""
    lower_hz, upper_hz = max(band_hz[0], RUMBLE_HZ), 0.97 * band_hz[1]
    safe_hz = np.maximum(frequency_hz, 1e-3 * lower_hz)
    high_pass = 1.0 + (lower_hz / safe_hz) ** 16
    low_pass = 1.0 + (safe_hz / upper_hz) ** 32
    return np.asarray(1.0 / np.sqrt(high_pass * low_pass))


def recorded_band_hz(spec: SignalSpec, sample_rate_hz: int) -> tuple[float, float]:
    """Return what of the sweep a recorder of this rate can have heard."""
    start_hz, end_hz = spec.sweep_band_hz
    return start_hz, min(end_hz, carried_hz(sample_rate_hz))


def clean_tail_s(spec: SignalSpec) -> float:
    """Return how long the response is free of the end chirp.

    The end chirp passes each frequency some time after the sweep did; deconvolved, it stands that
    much behind the direct sound, at that frequency.
    """
    sweep_band, chirp_band = spec.sweep_band_hz, spec.chirp_band_hz
    low_hz, high_hz = max(sweep_band[0], chirp_band[0]), min(sweep_band[1], chirp_band[1])
    if low_hz >= high_hz:
        return TAIL_S
    frequency_hz = np.geomspace(low_hz, high_hz, 16)
    in_chirp_s = growth_s(chirp_band, CHIRP_S) * np.log(frequency_hz / chirp_band[0])
    in_sweep_s = growth_s(sweep_band, SWEEP_S) * np.log(frequency_hz / sweep_band[0])
    distance_s = END_CHIRP_START_S - SWEEP_START_S + in_chirp_s - in_sweep_s
    return min(TAIL_S, float(distance_s.min()) - 0.05)


def sweep_deconvolution(
    recording: Samples,
    sample_rate_hz: int,
    spec: SignalSpec,
    *,
    sweep_start_s: float,
    skew: float = 0.0,
) -> Deconvolution:
    """Deconvolve the sweep of the measurement signal.

    Parameters
    ----------
    recording : ndarray, shape (n,), float64
        The whole recording.
    sample_rate_hz : int
        Its rate in Hz.
    spec : SignalSpec
        What was played.
    sweep_start_s : float
        Where the sweep starts in the recording.
    skew : float, default 0
        How much longer than nominal the recorder's clock found the signal (4e-5 is 40 ppm).

    Returns
    -------
    Deconvolution
        The expected direct sound stands `LEAD_S` after its start.

    Notes
    -----
    The recording is not resampled. To first order a stretched sweep differs from the nominal one
    by a delay of ``skew * t(f)`` at each frequency, t(f) being the instant at which the sweep
    passes it; the next term is below 1e-3 rad at 100 ppm and 20 kHz.
    """
    # One second more takes up what follows the sweep, where it would wrap to the beginning.
    heard_s = LEAD_S + SWEEP_S + TAIL_S + 1.0
    size = fft.next_fast_len(round(heard_s * sample_rate_hz), real=True)
    start = round((sweep_start_s - LEAD_S) * sample_rate_hz)
    piece = recording[max(start, 0) : min(recording.size, start + size)]
    if start < 0:
        piece = np.concatenate((np.zeros(-start), piece))
    inverse, dispersion = _inverse_sweep(spec, sample_rate_hz, size)
    spectrum = fft.rfft(piece, size) * inverse
    if skew:
        angle = skew * dispersion
        spectrum *= np.cos(angle) + 1j * np.sin(angle)
    return Deconvolution(
        spectrum,
        size,
        sample_rate_hz,
        recorded_band_hz(spec, sample_rate_hz),
        round(LEAD_S * sample_rate_hz),
    )


def impulse_response_of(
    deconvolution: Deconvolution, spec: SignalSpec, *, remaining_s: float
) -> ImpulseResponse:
    """Cut the response of the measurement signal out of its deconvolution.

    Parameters
    ----------
    deconvolution : Deconvolution
        Of the sweep.
    spec : SignalSpec
        What was played.
    remaining_s : float
        How long the recording went on after the sweep.

    Returns
    -------
    ImpulseResponse
        From `LEAD_S` ahead of the expected direct sound to where the end chirp begins to disturb.
    """
    rate_hz = deconvolution.sample_rate_hz
    return ImpulseResponse(
        samples=deconvolution.circular[: round((LEAD_S + clean_tail_s(spec)) * rate_hz)],
        sample_rate_hz=rate_hz,
        played_band_hz=deconvolution.band_hz,
        expected=round(LEAD_S * rate_hz),
        remaining_s=remaining_s,
        growth_s=growth_s(spec.sweep_band_hz, SWEEP_S),
    )


@lru_cache(maxsize=4)
def _inverse_sweep(spec: SignalSpec, sample_rate_hz: int, size: int) -> tuple[Spectrum, Samples]:
    """Return the inverse sweep and the phase, in radians per unit of skew, that stretches it."""
    band_hz = recorded_band_hz(spec, sample_rate_hz)
    frequency_hz = fft.rfftfreq(size, 1 / sample_rate_hz)
    inverse = inverse_of(fft.rfft(sweep(spec, sample_rate_hz), size), frequency_hz, band_hz)
    passed = np.clip(frequency_hz, *band_hz) / band_hz[0]
    instant_s = growth_s(spec.sweep_band_hz, SWEEP_S) * np.log(passed)
    return inverse, 2 * np.pi * frequency_hz * instant_s


def deconvolve(
    recording: Samples, reference: Samples, sample_rate_hz: int
) -> tuple[Deconvolution, ImpulseResponse]:
    """Deconvolve any broadband reference, for instance a sweep of somebody else.

    Parameters
    ----------
    recording, reference : ndarray, shape (n,), float64
        Recorded and played samples at the same rate.
    sample_rate_hz : int
        That rate in Hz.

    Returns
    -------
    Deconvolution
        Turned so that the strongest sample stands `LEAD_S` after its start; the band is what the
        reference excites.
    ImpulseResponse
        Its causal part, as long as the recording went on after the reference.

    Raises
    ------
    NotAMeasurement
        If the reference is silent.
    """
    if not reference.any():
        raise NotAMeasurement("the reference is silent.")
    size = fft.next_fast_len(recording.size + reference.size, real=True)
    frequency_hz = fft.rfftfreq(size, 1 / sample_rate_hz)
    played = fft.rfft(reference, size)
    band_hz = excited_band_hz(played, frequency_hz)
    spectrum = fft.rfft(recording, size) * inverse_of(played, frequency_hz, band_hz)
    response = fft.irfft(spectrum, size)
    peak = int(np.argmax(np.abs(response[: recording.size])))
    lead = round(LEAD_S * sample_rate_hz)
    spectrum *= np.exp(2j * np.pi * frequency_hz * ((peak - lead) / sample_rate_hz))
    remaining_s = (recording.size - peak - audible_length(reference)) / sample_rate_hz
    tail_s = min(max(remaining_s, SHORTEST_S), TAIL_S)
    samples = np.roll(response, lead - peak)[: lead + round(tail_s * sample_rate_hz)]
    return (
        Deconvolution(spectrum, size, sample_rate_hz, band_hz, lead),
        ImpulseResponse(samples, sample_rate_hz, band_hz, lead),
    )


def audible_length(reference: Samples) -> int:
    """Return where a reference has fallen 60 dB below its peak for good."""
    loud = np.flatnonzero(np.abs(reference) > 1e-3 * np.abs(reference).max())
    return int(loud[-1]) + 1


def excited_band_hz(spectrum: Spectrum, frequency_hz: Samples) -> tuple[float, float]:
    """Return the band within 20 dB of a reference's maximum, be it white or pink by nature."""
    edges_hz = np.geomspace(20.0, min(20_000.0, frequency_hz[-1]), 121)
    at = np.unique(np.searchsorted(frequency_hz, edges_hz[:-1]))
    counts = np.diff(np.append(at, np.searchsorted(frequency_hz, edges_hz[-1])))
    energy = np.add.reduceat(spectrum.real**2 + spectrum.imag**2, at)[: at.size]
    white = energy / np.maximum(counts, 1)
    pink = white * frequency_hz[at]
    loud = np.flatnonzero((white > 1e-2 * white.max()) | (pink > 1e-2 * pink.max()))
    return float(frequency_hz[at[loud[0]]]), float(edges_hz[min(loud[-1] + 1, edges_hz.size - 1)])
