"""From a recording of the measurement signal to its impulse response.

Harmonic distortion of order n lies growth x ln(n) before the linear response and never enters its
tail (Farina, AES 108, 2000). What was recorded from just before the sweep until just before the
end chirp is cut out and transformed at that very length. Each frequency then fills the circular
response exactly once, from what was recorded before the sweep passed it to what was recorded last:
nothing overlaps, and `ImpulseResponse.valid` tells where a band's own recording ends. The chirps
never enter at all.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Final

import numpy as np
from scipy import fft

from sonalyze_acoustics.decaying import COMPARED_S, still_decays
from sonalyze_acoustics.deconvolution import (
    LEAD_S,
    TAIL_S,
    Deconvolution,
    ImpulseResponse,
    band_limit,
    inverse_of,
)
from sonalyze_acoustics.long_transform import forward
from sonalyze_acoustics.samples import Samples, Single, SingleSpectrum
from sonalyze_acoustics.signal import (
    END_CHIRP_START_S,
    FADE_S,
    SWEEP_END_S,
    SWEEP_S,
    SignalSpec,
    carried_hz,
    growth_s,
    sweep,
)

BEFORE_S: Final = 0.1
"""Recorded ahead of the sweep's place: the direct sound may precede the strongest reflection."""

AFTER_S: Final = END_CHIRP_START_S - SWEEP_END_S - BEFORE_S
"""Recorded after the sweep, until the end chirp may set in."""

LONGEST_S: Final = 9.0
"""Halls: enough for 60 dB at 9 s of reverberation, and free of the strongest harmonics."""

KEPT_HARMONICS: Final = 4
"""Harmonics up to this order stay out of a long response."""

ABOVE_CUT: Final = 1.1
"""What a recorder that began inside the sweep may have heard starts so far above where the sweep
was: 0.14 s later."""


def recorded_band_hz(spec: SignalSpec, sample_rate_hz: int) -> tuple[float, float]:
    """Return what of the sweep a recorder of this rate can have heard."""
    start_hz, end_hz = spec.sweep_band_hz
    return start_hz, min(end_hz, carried_hz(sample_rate_hz))


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
        Where the sweep starts in the recording; negative if the recorder began later.
    skew : float, default 0
        How much longer than nominal the recorder's clock found the signal (4e-5 is 40 ppm).

    Returns
    -------
    Deconvolution
        In single precision; the expected direct sound stands `LEAD_S` after its start.

    Notes
    -----
    The recording is not resampled. To first order a stretched sweep differs from the nominal one
    by a delay of ``skew * t(f)`` at each frequency, t(f) being the instant at which the sweep
    passes it; the next term is below 1e-3 rad at 100 ppm and 20 kHz.
    """
    band_hz = recorded_band_hz(spec, sample_rate_hz)
    inverse, dispersion = _inverse_sweep(spec, sample_rate_hz)
    zero = round(LEAD_S * sample_rate_hz)
    piece = _heard(recording, sample_rate_hz, round(sweep_start_s * sample_rate_hz), zero)
    spectrum = forward(piece)
    spectrum *= inverse
    if skew:
        spectrum *= turned(np.float32(skew) * dispersion)
    if sweep_start_s < 0:
        missed = -sweep_start_s / growth_s(spec.sweep_band_hz, SWEEP_S)
        band_hz = (min(ABOVE_CUT * band_hz[0] * float(np.exp(missed)), band_hz[1]), band_hz[1])
        frequency_hz = fft.rfftfreq(piece.size, 1 / sample_rate_hz)
        spectrum *= band_limit(frequency_hz, band_hz).astype(np.float32)
    return Deconvolution(spectrum, piece.size, sample_rate_hz, band_hz, zero)


def transform_size(sample_rate_hz: int) -> int:
    """Return the length of the circular response: what is heard of the sweep and around it."""
    needed = round((BEFORE_S + SWEEP_S + AFTER_S) * sample_rate_hz)
    return int(fft.next_fast_len(needed, real=True))


def _heard(recording: Samples, sample_rate_hz: int, sweep_start: int, zero: int) -> Single:
    """Cut out what was heard of the sweep, faded at its ends and turned so that it starts at zero.

    An abrupt end would be a click, and clicks are as broad as the response.
    """
    size = transform_size(sample_rate_hz)
    before, length = (round(s * sample_rate_hz) for s in (BEFORE_S, BEFORE_S + SWEEP_S + AFTER_S))
    first = max(sweep_start - before, 0)
    heard = recording[first : max(sweep_start - before + length, 0)].astype(np.float32)
    fade = min(round(FADE_S * sample_rate_hz), heard.size // 2)
    rise = np.sin(0.5 * np.pi * np.arange(fade, dtype=np.float32) / max(fade, 1)) ** 2
    heard[:fade] *= rise
    heard[heard.size - fade :] *= rise[::-1]
    piece = np.zeros(size, dtype=np.float32)
    at = zero + first - sweep_start
    inside = min(heard.size, max(0, size - at))
    piece[at : at + inside] = heard[:inside]
    piece[: heard.size - inside] = heard[inside:]
    return piece


def turned(angle: Single) -> SingleSpectrum:
    """Return exp(1j * angle): single sines and cosines take a tenth of a complex exponential."""
    turned = np.empty(angle.size, dtype=np.complex64)
    np.cos(angle, out=turned.real)
    np.sin(angle, out=turned.imag)
    return turned


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
        From `LEAD_S` ahead of the expected direct sound on: `TAIL_S` long, or as long as the
        recording holds where the room has not died away by then.
    """
    rate_hz = deconvolution.sample_rate_hz
    growing_s = growth_s(spec.sweep_band_hz, SWEEP_S)
    # A recorder of a low rate hears the sweep's end before its end.
    unheard_s = growing_s * float(np.log(spec.sweep_band_hz[1] / deconvolution.band_hz[1]))
    circular, zero = deconvolution.circular, deconvolution.zero
    heard = ImpulseResponse(
        samples=circular[: zero + round((TAIL_S + COMPARED_S) * rate_hz)].astype(np.float64),
        sample_rate_hz=rate_hz,
        played_band_hz=deconvolution.band_hz,
        expected=zero,
        remaining_s=min(remaining_s, AFTER_S) - FADE_S + unheard_s,
        growth_s=growing_s,
    )
    if not still_decays(heard, TAIL_S):
        return replace(heard, samples=heard.samples[: zero + round(TAIL_S * rate_hz)])
    harmonics_s = growing_s * float(np.log(KEPT_HARMONICS)) + LEAD_S
    tail_s = min(LONGEST_S, deconvolution.size / rate_hz - LEAD_S - harmonics_s)
    return replace(heard, samples=circular[: zero + round(tail_s * rate_hz)].astype(np.float64))


@lru_cache(maxsize=4)
def _inverse_sweep(spec: SignalSpec, sample_rate_hz: int) -> tuple[SingleSpectrum, Single]:
    """Return the inverse sweep and the phase, in radians per unit of skew, that stretches it."""
    size = transform_size(sample_rate_hz)
    band_hz = recorded_band_hz(spec, sample_rate_hz)
    frequency_hz = fft.rfftfreq(size, 1 / sample_rate_hz)
    inverse = inverse_of(fft.rfft(sweep(spec, sample_rate_hz), size), frequency_hz, band_hz)
    passed = np.clip(frequency_hz, *band_hz) / band_hz[0]
    instant_s = growth_s(spec.sweep_band_hz, SWEEP_S) * np.log(passed)
    dispersion = 2 * np.pi * frequency_hz * instant_s
    return inverse.astype(np.complex64), dispersion.astype(np.float32)
