"""The children's side of the numbers: files in, values out. The parent names it, never imports it.

What the acoustics library refuses leaves here as an error of ours, with the library's code and
sentence.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

from sonalyze_acoustics import (
    InvalidSignal,
    Segment,
    SignalSpec,
    Unevaluable,
    chirp,
    evaluate_deconvolution,
    evaluate_impulse_response,
    evaluate_recording,
    measurement_signal,
    segments,
    sweep,
)
from sonalyze_acoustics.samples import Samples
from sonalyze_contracts.identifiers import AudioHash
from sonalyze_contracts.results import AnalysisResults
from sonalyze_contracts.signals import SIGNAL_DURATION_S, AudioInfo, SignalSegment
from sonalyze_measurement.domain.conditions import InvalidSignalRequest
from sonalyze_measurement.domain.refusals import refusal_of
from sonalyze_measurement.domain.signals import Reference, SignalFile, SignalParameters
from sonalyze_measurement.domain.subjects import (
    ImpulseResponse,
    SignalRecording,
    Subject,
    SweepRecording,
)
from sonalyze_measurement.infra.audio import read_mono, write_16_bit

NEEDED_RATE_HZ: Final = 48_000
"""The highest octave ends at 11.3 kHz; two free signals of 180 s at 192 kHz would take 4.6 GiB."""


def timeline(parameters: SignalParameters) -> AudioInfo:
    """Tell what of the signal is when, and between which times to record."""
    parts = segments(_spec(parameters))
    swept = next(part for part in parts if part.kind == "sweep")
    return AudioInfo(
        sample_rate=parameters.sample_rate_hz,
        total_duration=SIGNAL_DURATION_S,
        segments=[_segment(part) for part in parts],
        sweep_start=swept.start_s,
        sweep_end=swept.end_s,
        recommended_recording_start=parts[0].start_s,
        recommended_recording_end=parts[-1].end_s,
    )


def synthesise(file: SignalFile, folder: Path) -> Reference:
    """Write ``chirp.wav``, ``sweep.wav`` and ``full_signal`` in WAV and the format asked for."""
    spec = _spec(file.parameters)
    for name, samples in (
        ("chirp", chirp(spec)),
        ("sweep", sweep(spec)),
        ("full_signal", measurement_signal(spec)),
    ):
        write_16_bit(folder / f"{name}.wav", samples, spec.sample_rate_hz, "WAV")
    served = folder / f"full_signal.{file.format}"
    if not served.exists():
        write_16_bit(served, measurement_signal(spec), spec.sample_rate_hz, file.format.upper())
    audio_hash = AudioHash(hashlib.sha256(served.read_bytes()).hexdigest())
    return Reference(audio_hash, file, SIGNAL_DURATION_S)


def evaluate(subject: Subject, debug_dir: Path | None) -> AnalysisResults:
    """Evaluate a file, with a copy of what was read if somebody wants to listen to it."""
    samples, rate_hz = read_mono(subject.path, subject.channel)
    if debug_dir is not None:
        _copy_for_debugging(debug_dir, subject.path, samples, rate_hz)
    with _our_refusals():
        return _evaluated(subject, samples, rate_hz)


def _evaluated(subject: Subject, samples: Samples, rate_hz: int) -> AnalysisResults:
    match subject:
        case SignalRecording(reference=reference):
            spec = _spec(reference.file.parameters)
            evaluation = evaluate_recording(samples, rate_hz, spec)
            return AnalysisResults.of(evaluation, audio_hash=reference.audio_hash)
        case SweepRecording(played=path):
            needed_hz = min(rate_hz, NEEDED_RATE_HZ)
            recorded = _at_rate(needed_hz, samples, rate_hz)
            played = _at_rate(needed_hz, *read_mono(path, None))
            return AnalysisResults.of(evaluate_deconvolution(recorded, played, needed_hz))
        case ImpulseResponse():
            return AnalysisResults.of(evaluate_impulse_response(samples, rate_hz))


def _at_rate(rate_hz: int, samples: Samples, samples_rate_hz: int) -> Samples:
    if samples_rate_hz == rate_hz:
        return samples
    return np.asarray(soxr.resample(samples, samples_rate_hz, rate_hz, quality="VHQ"))


def _copy_for_debugging(folder: Path, path: Path, samples: Samples, rate_hz: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    job, upload = path.parents[1].name, path.name
    write_16_bit(folder / f"{job}-{upload}.wav", samples.clip(-1, 1), rate_hz, "WAV")


def _spec(parameters: SignalParameters) -> SignalSpec:
    try:
        return SignalSpec(**asdict(parameters))
    except InvalidSignal as error:
        raise InvalidSignalRequest(str(error)) from None


def _segment(part: Segment) -> SignalSegment:
    return SignalSegment(
        name=part.name,
        type=part.kind,
        start=part.start_s,
        end=part.end_s,
        f_start=part.start_hz,
        f_end=part.end_hz,
    )


@contextmanager
def _our_refusals() -> Iterator[None]:
    try:
        yield
    except Unevaluable as error:
        facts: dict[str, Any] = vars(error)
        raise refusal_of(error.code, str(error), facts) from None
