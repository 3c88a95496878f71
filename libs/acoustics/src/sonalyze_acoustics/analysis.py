"""From samples to an evaluation: the three ways in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from sonalyze_acoustics.alignment import Chirps, find_chirps
from sonalyze_acoustics.bands import BROADBAND, OCTAVES
from sonalyze_acoustics.curves import level_db
from sonalyze_acoustics.deconvolution import (
    LEAD_S,
    ImpulseResponse,
    deconvolve,
    impulse_response_of,
)
from sonalyze_acoustics.energies import clarity_db
from sonalyze_acoustics.errors import (
    AlignmentFailed,
    NotAMeasurement,
    RecordingTooShort,
    SilentRecording,
)
from sonalyze_acoustics.evaluation import (
    Alignment,
    BandMetrics,
    DecayCurveSummary,
    Evaluation,
    MidFrequency,
)
from sonalyze_acoustics.metrics import NEEDED_RANGE_DB, absent_band, band_metrics
from sonalyze_acoustics.onset import onset_of
from sonalyze_acoustics.quality import (
    Levels,
    clipped_samples,
    decibel,
    judge,
    recording_levels,
    rms,
)
from sonalyze_acoustics.response_bands import BandResponse, split_into_bands
from sonalyze_acoustics.samples import Samples, checked
from sonalyze_acoustics.signal import (
    DURATION_S,
    SWEEP_END_S,
    SWEEP_S,
    SWEEP_START_S,
    SignalSpec,
)
from sonalyze_acoustics.spectrum import frequency_response
from sonalyze_acoustics.speech import (
    SPEECH_BANDS_HZ,
    modulation_transfer,
    speech_transmission,
    transmission_index,
)

SILENT_PEAK: Final = 2.0 / 32_768
"""Two steps of a 16 bit recorder: dither, not sound."""

NEEDED_SWEEP: Final = 0.98
"""Share of the sweep that must have been recorded."""

SWEEP_RATIO: Final = 12.0
"""Peak of the response over the median of its magnitude; Gaussian noise reaches 6."""

NEAR_S: Final = (0.020, 0.060)
"""The response's peak lies at most this far before or after where the chirps say."""

MID_HZ: Final = (500.0, 1000.0)
SPEECH_RANGE_DB: Final = 15.0
"""Decay range from which a band's modulation is right within 0.03 after noise compensation."""


def evaluate_recording(recording: Samples, sample_rate_hz: int, signal: SignalSpec) -> Evaluation:
    """Evaluate a recording of the 15 s measurement signal.

    Parameters
    ----------
    recording : ndarray, shape (n,), float64
        One channel, any rate from 8 to 192 kHz, any latency.
    sample_rate_hz : int
        The recording's rate in Hz; it need not be the rate that was played.
    signal : SignalSpec
        What was played.

    Returns
    -------
    Evaluation
        With alignment.

    Raises
    ------
    SilentRecording
        For digital silence.
    RecordingTooShort
        If the recording ends inside the sweep.
    AlignmentFailed
        If the signal is not in the recording.
    """
    samples = checked(recording, "recording")
    _refuse_silence(samples)
    chirps, response = _located(samples, sample_rate_hz, signal)
    alignment = _alignment(chirps, samples.size, sample_rate_hz)
    sweep = slice(alignment.sweep_start_sample, alignment.sweep_end_sample)
    silence = slice(
        max(0, round((chirps.start_s + 0.7 * SWEEP_START_S) * sample_rate_hz)),
        max(0, round((chirps.start_s + 0.98 * SWEEP_START_S) * sample_rate_hz)),
    )
    return _evaluated(response, recording_levels(samples, sweep, silence), alignment)


def evaluate_deconvolution(
    recording: Samples, reference: Samples, sample_rate_hz: int
) -> Evaluation:
    """Evaluate a recording of any broadband reference, both at the same rate.

    Raises
    ------
    SilentRecording
        For digital silence.
    NotAMeasurement
        If the reference is not in the recording.
    """
    samples, played = checked(recording, "recording"), checked(reference, "reference")
    _refuse_silence(samples)
    if samples.size < played.size * NEEDED_SWEEP:
        raise RecordingTooShort(samples.size / sample_rate_hz, played.size / sample_rate_hz)
    response = deconvolve(samples, played, sample_rate_hz)
    ratio = _sweep_ratio(response)
    if ratio < SWEEP_RATIO:
        raise NotAMeasurement("deconvolving the reference leaves noise.")
    peak = float(np.abs(samples).max())
    levels = Levels(decibel(peak), None, None, clipped_samples(samples))
    return _evaluated(response, levels, None)


def evaluate_impulse_response(
    response: Samples,
    sample_rate_hz: int,
    *,
    played_band_hz: tuple[float, float] | None = None,
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

    Raises
    ------
    SilentRecording
        If it is all zeros.
    NotAMeasurement
        If nothing in it decays.
    """
    samples = checked(response, "impulse response")
    if not samples.any():
        raise SilentRecording(0.0)
    valid = int(np.flatnonzero(samples)[-1]) + 1
    peak = float(np.abs(samples).max())
    levels = Levels(decibel(peak), None, None, 0)
    band_hz = played_band_hz or (0.0, 0.5 * sample_rate_hz)
    return _evaluated(
        ImpulseResponse(samples[:valid], sample_rate_hz, band_hz, valid), levels, None
    )


def _refuse_silence(samples: Samples) -> None:
    peak = float(np.abs(samples).max()) if samples.size else 0.0
    if peak <= SILENT_PEAK:
        raise SilentRecording(peak)


def _located(
    samples: Samples, sample_rate_hz: int, signal: SignalSpec
) -> tuple[Chirps, ImpulseResponse]:
    """Return the first hypothesis that the sweep confirms, and its response."""
    duration_s = samples.size / sample_rate_hz
    needed_s = NEEDED_SWEEP * SWEEP_END_S
    if duration_s < SWEEP_S:
        raise RecordingTooShort(duration_s, needed_s)
    hypotheses = find_chirps(samples, sample_rate_hz, signal)
    if not hypotheses:
        raise AlignmentFailed("no chirp stands out of the recording.", chirp_ratio=0.0)
    best, short = 0.0, None
    for chirps in hypotheses:
        sweep_start_s = chirps.start_s + SWEEP_START_S * (1 + (chirps.skew or 0.0))
        if sweep_start_s + NEEDED_SWEEP * SWEEP_S > duration_s:
            short = sweep_start_s + NEEDED_SWEEP * SWEEP_S
            continue
        if sweep_start_s < -(1 - NEEDED_SWEEP) * SWEEP_S:
            continue
        response = impulse_response_of(
            samples, sample_rate_hz, signal, sweep_start_s=sweep_start_s, skew=chirps.skew or 0.0
        )
        ratio = _sweep_ratio(response)
        best = max(best, ratio)
        if ratio >= SWEEP_RATIO:
            return chirps, response
    if short is not None and best == 0.0:
        raise RecordingTooShort(duration_s, short)
    raise AlignmentFailed(
        "something like its chirps is there, but no sweep of this range between them.",
        chirp_ratio=_chirp_ratio(hypotheses[0]),
        sweep_ratio=best,
    )


def _chirp_ratio(chirps: Chirps) -> float:
    found = chirps.start_chirp or chirps.end_chirp
    return found.correlation_peak if found else 0.0


def _sweep_ratio(response: ImpulseResponse) -> float:
    """Return how far the response stands out where the direct sound is expected."""
    magnitude = np.abs(response.samples)
    rate_hz = response.sample_rate_hz
    low, high = (round((LEAD_S + at_s) * rate_hz) for at_s in (-NEAR_S[0], NEAR_S[1]))
    median = (
        float(np.median(magnitude[round((LEAD_S + 0.5) * rate_hz) :]))
        if (magnitude.size > round((LEAD_S + 0.6) * rate_hz))
        else float(np.median(magnitude))
    )
    near = float(magnitude[low:high].max())
    if near < magnitude.max():
        return 0.0
    return near / max(median, 1e-300)


def _alignment(chirps: Chirps, length: int, sample_rate_hz: int) -> Alignment:
    stretch = 1 + (chirps.skew or 0.0)
    start_s = chirps.start_s
    aligned = min(length, round((start_s + DURATION_S * stretch) * sample_rate_hz)) - max(
        0, round(start_s * sample_rate_hz)
    )
    both = chirps.start_chirp is not None and chirps.end_chirp is not None
    return Alignment(
        skew_ppm=None if chirps.skew is None else 1e6 * chirps.skew,
        latency_s=start_s,
        start_chirp=chirps.start_chirp,
        end_chirp=chirps.end_chirp,
        sweep_start_sample=round((start_s + SWEEP_START_S * stretch) * sample_rate_hz),
        sweep_end_sample=min(length, round((start_s + SWEEP_END_S * stretch) * sample_rate_hz)),
        original_length_samples=length,
        aligned_length_samples=aligned,
        message="Aligned on both chirps." if both else "Aligned on one chirp.",
    )


def _evaluated(
    response: ImpulseResponse, levels: Levels, alignment: Alignment | None
) -> Evaluation:
    """Evaluate a response band by band and put everything together."""
    rate_hz, samples = response.sample_rate_hz, response.samples[: response.valid]
    tail = samples[-max(1, samples.size // 10) :]
    onset = onset_of(samples, rate_hz, rms(tail))
    usable = tuple(band for band in OCTAVES if _carried(band.upper_hz, band.lower_hz, response))
    *octaves, broadband = split_into_bands(samples, rate_hz, onset, (*usable, BROADBAND))
    found = {octave.band.center_hz: band_metrics(octave) for octave in octaves}
    bands = tuple(
        found.get(band.center_hz)
        or absent_band(
            band, f"{band.center_hz:g} Hz was not played, or the sample rate is too low."
        )
        for band in OCTAVES
    )
    mid = _mid(found, broadband)
    end = onset + round(broadband.decay.end_s * rate_hz)
    levels_db = level_db(broadband.curve, broadband.total_energy)
    return Evaluation(
        sample_rate_hz=rate_hz,
        bands=bands,
        mid=mid,
        speech=speech_transmission(_band_ti(octaves)),
        frequency_response=frequency_response(
            samples[max(0, onset - round(0.01 * rate_hz)) : end],
            tail,
            rate_hz,
            response.played_band_hz,
        ),
        decay_curve=DecayCurveSummary(
            int(levels_db.size), float(levels_db.min()), float(levels_db.max())
        ),
        alignment=alignment,
        quality=judge(bands, mid, _completed(levels, broadband), alignment),
        direct_index=onset,
    )


def _carried(upper_hz: float, lower_hz: float, response: ImpulseResponse) -> bool:
    low_hz, high_hz = response.played_band_hz
    return low_hz <= lower_hz and upper_hz <= min(high_hz, 0.5 * response.sample_rate_hz)


def _completed(levels: Levels, broadband: BandResponse) -> Levels:
    """Fill in what only the response can tell where there is no recording."""
    if levels.snr_db is not None or broadband.inr_db is None:
        return levels
    floor = None if levels.peak_db is None else levels.peak_db - broadband.inr_db
    return Levels(levels.peak_db, floor, broadband.inr_db, levels.clipped_samples)


def _mid(found: dict[float, BandMetrics], broadband: BandResponse) -> MidFrequency:
    """Average 500 Hz and 1 kHz; the direct sound's figures come from the whole band."""
    pair = [found[hz] for hz in MID_HZ if hz in found]

    def mean(name: str) -> float | None:
        values = [getattr(band, name) for band in pair]
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if len(known) == len(MID_HZ) else None

    direct, late = broadband.early_energy[2], broadband.late_energy
    range_db = broadband.decay_range_db
    clear = range_db is not None and range_db >= NEEDED_RANGE_DB["drr_db"] and direct > 0
    return MidFrequency(
        t20_s=mean("t20_s"),
        t30_s=mean("t30_s"),
        edt_s=mean("edt_s"),
        c50_db=mean("c50_db"),
        c80_db=mean("c80_db"),
        d50=mean("d50"),
        d80=mean("d80"),
        ts_s=mean("ts_s"),
        drr_db=float(clarity_db(direct, late[2])) if clear and late[2] > 0 else None,
        direct_to_late_db=float(clarity_db(direct, late[0])) if clear and late[0] > 0 else None,
    )


def _band_ti(octaves: Sequence[BandResponse]) -> list[float | None]:
    """Return the transmission index of each speech band that holds enough decay."""
    by_hz = {octave.band.center_hz: octave for octave in octaves}
    indices: list[float | None] = []
    for hz in SPEECH_BANDS_HZ:
        octave = by_hz.get(hz)
        if octave is None or (octave.decay_range_db or 0.0) < SPEECH_RANGE_DB:
            indices.append(None)
            continue
        modulation = modulation_transfer(octave.net, octave.time_s, octave.rate_hz, octave.tail)
        indices.append(float(transmission_index(modulation)))
    return indices
