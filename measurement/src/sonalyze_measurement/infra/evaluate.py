"""The children's side of the numbers: files in, values out. The parent names it, never imports it.

What the acoustics library refuses leaves here as an error of ours, with the library's code and
sentence.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

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
from sonalyze_measurement.infra.audio import read_mono, write_16_bit


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


def recording(
    path: Path, channel: int | None, reference: Reference, debug_dir: Path | None
) -> AnalysisResults:
    """Evaluate a recording of a generated signal."""
    samples, rate_hz = _read(path, channel, debug_dir)
    spec = _spec(reference.file.parameters)
    with _our_refusals():
        evaluation = evaluate_recording(samples, rate_hz, spec)
    return AnalysisResults.of(evaluation, audio_hash=reference.audio_hash)


def deconvolution(
    path: Path, channel: int | None, played_path: Path, debug_dir: Path | None
) -> AnalysisResults:
    """Evaluate a recording of a signal that was uploaded, at the recording's rate."""
    samples, rate_hz = _read(path, channel, debug_dir)
    played, played_rate_hz = read_mono(played_path, None)
    if played_rate_hz != rate_hz:
        played = soxr.resample(played, played_rate_hz, rate_hz, quality="VHQ")
    with _our_refusals():
        return AnalysisResults.of(evaluate_deconvolution(samples, played, rate_hz))


def impulse_response(path: Path, channel: int | None, debug_dir: Path | None) -> AnalysisResults:
    """Evaluate an impulse response."""
    samples, rate_hz = _read(path, channel, debug_dir)
    with _our_refusals():
        return AnalysisResults.of(evaluate_impulse_response(samples, rate_hz))


def _read(path: Path, channel: int | None, debug_dir: Path | None) -> tuple[Samples, int]:
    samples, rate_hz = read_mono(path, channel)
    if debug_dir is not None:
        debug_dir.mkdir(parents=True, exist_ok=True)
        copy = debug_dir / f"{path.parents[1].name}-{path.name}.wav"
        write_16_bit(copy, samples.clip(-1, 1), rate_hz, "WAV")
    return samples, rate_hz


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
