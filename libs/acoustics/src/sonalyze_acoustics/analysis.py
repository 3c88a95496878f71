"""From samples to an evaluation: the ways in."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from sonalyze_acoustics.assembly import assembled
from sonalyze_acoustics.confirmation import is_measurement
from sonalyze_acoustics.deconvolution import ImpulseResponse
from sonalyze_acoustics.distortion import harmonic_distortion
from sonalyze_acoustics.errors import (
    NotAMeasurement,
    RecordingTooShort,
    SilentRecording,
)
from sonalyze_acoustics.evaluation import BandMetrics, Evaluation
from sonalyze_acoustics.faults import recording_faults
from sonalyze_acoustics.levels import Levels, decibel, recording_levels
from sonalyze_acoustics.location import (
    NEEDED_SWEEP,
    alignment_of,
    locate,
    silent_stretch,
)
from sonalyze_acoustics.plausibility import ADVICE, check_response
from sonalyze_acoustics.rates import NEEDED_RATE_HZ, at_rate
from sonalyze_acoustics.reference_response import deconvolve
from sonalyze_acoustics.samples import Samples, audible_peak, checked, peak_of
from sonalyze_acoustics.signal import SignalSpec
from sonalyze_acoustics.speech_levels import BackgroundNoise

STEADY_DB: Final = 10.0
"""Noise averaged over 10 ms rises up to 8 dB above its mean in the lowest octave."""

STEADY_S: Final = 0.5
"""What is shorter, and does not fall, may be the beginning of something that does."""


def evaluate_recording(
    recording: Samples,
    sample_rate_hz: int,
    signal: SignalSpec,
    *,
    background: BackgroundNoise | None = None,
    thirds: bool = False,
) -> Evaluation:
    """Evaluate a recording of the 15 s measurement signal.

    Parameters
    ----------
    recording : ndarray, shape (n,), float64
        One channel, any rate from 8 to 192 kHz, any latency.
    sample_rate_hz : int
        The recording's rate in Hz; it need not be the rate that was played.
    signal : SignalSpec
        What was played.
    background : BackgroundNoise, optional
        What speech would compete with; it goes into the speech transmission index only.
    thirds : bool, default False
        Whether to evaluate thirds of octaves, too.

    Returns
    -------
    Evaluation
        With alignment.

    Raises
    ------
    SilentRecording
        For digital silence.
    BeyondFullScale
        For samples that are no sound pressure.
    RecordingTooShort
        If the recording ends inside the sweep.
    AlignmentFailed
        If the signal is not in the recording.
    """
    samples = checked(recording, sample_rate_hz, "recording")
    peak = audible_peak(samples)
    located = locate(samples, sample_rate_hz, signal)
    alignment = alignment_of(located, samples.size, sample_rate_hz)
    sweep = slice(alignment.sweep_start_sample, alignment.sweep_end_sample)
    silence = silent_stretch(located, samples.size, sample_rate_hz)
    levels = recording_levels(samples, sample_rate_hz, peak, sweep, silence)
    faults = recording_faults(located, signal)
    response = replace(located.response, foreign=faults.foreign)
    evaluation = assembled(response, levels, alignment, background, faults.findings, thirds=thirds)
    return replace(evaluation, distortion=harmonic_distortion(located, signal, response))


def evaluate_deconvolution(
    recording: Samples,
    reference: Samples,
    sample_rate_hz: int,
    *,
    background: BackgroundNoise | None = None,
    thirds: bool = False,
) -> Evaluation:
    """Evaluate a recording of any broadband reference, both at the same rate.

    Raises
    ------
    SilentRecording
        For digital silence.
    NotAMeasurement
        If the reference is not in the recording.
    """
    samples = checked(recording, sample_rate_hz, "recording")
    peak = audible_peak(samples)
    played = checked(reference, sample_rate_hz, "reference")
    if samples.size < played.size * NEEDED_SWEEP:
        raise RecordingTooShort(samples.size / sample_rate_hz, played.size / sample_rate_hz)
    deconvolution, response = deconvolve(samples, played, sample_rate_hz)
    if not is_measurement(deconvolution):
        raise NotAMeasurement("the reference is not in the recording.")
    levels = recording_levels(samples, sample_rate_hz, peak, slice(0, 0), slice(0, 0))
    return assembled(response, levels, None, background, thirds=thirds)


def evaluate_reference_recording(  # noqa: PLR0913 - two recordings, and two questions
    recording: Samples,
    sample_rate_hz: int,
    reference: Samples,
    reference_rate_hz: int,
    *,
    background: BackgroundNoise | None = None,
    thirds: bool = False,
) -> Evaluation:
    """Evaluate a recording of any broadband reference, each at a rate of its own.

    Both are brought to the recording's rate, or to `NEEDED_RATE_HZ` if that is less.

    Parameters
    ----------
    recording : ndarray, shape (n,), float64
        One channel.
    sample_rate_hz : int
        The recording's rate in Hz.
    reference : ndarray, shape (m,), float64
        What was played.
    reference_rate_hz : int
        The reference's rate in Hz.
    background : BackgroundNoise, optional
        What speech would compete with.
    thirds : bool, default False
        Whether to evaluate thirds of octaves, too.

    Returns
    -------
    Evaluation
        At the rate that both were brought to.

    Raises
    ------
    Unevaluable
        As `evaluate_deconvolution`.
    """
    rate_hz = min(sample_rate_hz, NEEDED_RATE_HZ)
    recorded = at_rate(rate_hz, recording, sample_rate_hz)
    played = at_rate(rate_hz, reference, reference_rate_hz)
    return evaluate_deconvolution(recorded, played, rate_hz, background=background, thirds=thirds)


def evaluate_impulse_response(
    response: Samples,
    sample_rate_hz: int,
    *,
    played_band_hz: tuple[float, float] | None = None,
    background: BackgroundNoise | None = None,
    thirds: bool = False,
) -> Evaluation:
    """Evaluate an impulse response, measured or simulated.

    Parameters
    ----------
    response : ndarray, shape (n,), float64
        The response; trailing zeros are no part of it.
    sample_rate_hz : int
        Its rate in Hz.
    played_band_hz : tuple of float, optional
        What was excited; bands outside are reported as absent.
    background : BackgroundNoise, optional
        What speech would compete with.
    thirds : bool, default False
        Whether to evaluate thirds of octaves, too.

    Raises
    ------
    SilentRecording
        If it is all zeros.
    NotAMeasurement
        If it is something else, or nothing in it decays.
    """
    samples = checked(response, sample_rate_hz, "impulse response")
    if not samples.any():
        raise SilentRecording(0.0)
    length = int(np.flatnonzero(samples)[-1]) + 1
    peak = peak_of(samples)
    levels = Levels(decibel(peak), None, None, 0)
    # Divided by the peak, files in any unit keep clear of the limits of floating point.
    scaled = samples[:length] / peak
    check_response(scaled, sample_rate_hz)
    band_hz = played_band_hz or (0.0, 0.5 * sample_rate_hz)
    found = ImpulseResponse(scaled, sample_rate_hz, band_hz)
    evaluation = assembled(found, levels, None, background, thirds=thirds)
    if length > STEADY_S * sample_rate_hz and all(map(_is_steady, evaluation.bands)):
        raise NotAMeasurement("nothing in it decays.", advice=ADVICE)
    return evaluation


def _is_steady(band: BandMetrics) -> bool:
    """Say whether a band holds nothing but noise, or nothing at all."""
    return band.decay_range_db is None and (band.inr_db or 0.0) < STEADY_DB
