"""From a recording of any broadband reference to an impulse response."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.deconvolution import (
    LEAD_S,
    SHORTEST_S,
    TAIL_S,
    Deconvolution,
    ImpulseResponse,
    inverse_of,
)
from sonalyze_acoustics.errors import BeyondFullScale, NotAMeasurement
from sonalyze_acoustics.samples import LOUDEST, Samples, SingleSpectrum, Spectrum, peak_of

FAINTEST: Final = 1.0 / LOUDEST
"""Peak of a reference whose inverse is still well within single precision."""


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
    BeyondFullScale
        If it is no sound pressure.
    """
    peak_played = peak_of(reference)
    if peak_played < FAINTEST:
        raise NotAMeasurement("the reference is silent.")
    if peak_played > LOUDEST:
        raise BeyondFullScale(peak_played, "reference")
    size = fft.next_fast_len(recording.size + reference.size, real=True)
    frequency_hz = fft.rfftfreq(size, 1 / sample_rate_hz)
    played = fft.rfft(reference, size)
    band_hz = excited_band_hz(played, frequency_hz)
    spectrum: SingleSpectrum = fft.rfft(recording.astype(np.float32), size)
    spectrum *= inverse_of(played, frequency_hz, band_hz).astype(np.complex64)
    response = fft.irfft(spectrum, size)
    peak = int(np.argmax(np.abs(response[: recording.size])))
    lead = round(LEAD_S * sample_rate_hz)
    spectrum *= np.exp(2j * np.pi * frequency_hz * ((peak - lead) / sample_rate_hz))
    remaining_s = (recording.size - peak - audible_length(reference)) / sample_rate_hz
    tail_s = min(max(remaining_s, SHORTEST_S), TAIL_S)
    samples = np.roll(response, lead - peak)[: lead + round(tail_s * sample_rate_hz)]
    return (
        Deconvolution(spectrum, size, sample_rate_hz, band_hz, lead),
        ImpulseResponse(samples.astype(np.float64), sample_rate_hz, band_hz, lead),
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
