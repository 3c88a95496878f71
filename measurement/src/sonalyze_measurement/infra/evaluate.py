"""The children's side of the numbers: files in, values out. The parent names it, never imports it.

What the acoustics library refuses leaves here as an error of ours, with the library's code and
sentence.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from sonalyze_acoustics import (
    BackgroundNoise,
    Evaluation,
    InvalidSignal,
    Segment,
    SignalSpec,
    Unevaluable,
    chirp,
    evaluate_impulse_response,
    evaluate_recording,
    evaluate_recordings,
    evaluate_reference_recording,
    measurement_signal,
    segments,
    software_versions,
    sweep,
)
from sonalyze_acoustics.rates import at_rate
from sonalyze_acoustics.samples import Samples
from sonalyze_contracts.analysis_requests import BackgroundLevels
from sonalyze_contracts.identifiers import AudioHash
from sonalyze_contracts.provenance import Versions
from sonalyze_contracts.recordings import LONGEST_RECORDING_S
from sonalyze_contracts.results import AnalysisResults
from sonalyze_contracts.signals import SIGNAL_DURATION_S, AudioInfo, SignalSegment
from sonalyze_measurement.domain.archive import Header
from sonalyze_measurement.domain.conditions import (
    InvalidSignalRequest,
    UndecodableAudio,
    UnusableAudio,
)
from sonalyze_measurement.domain.provenance import Evaluated, Said
from sonalyze_measurement.domain.refusals import refusal_of
from sonalyze_measurement.domain.signals import Reference, SignalFile, SignalParameters
from sonalyze_measurement.domain.subjects import (
    Asked,
    ImpulseResponse,
    SignalRecording,
    Subject,
    SweepRecording,
)
from sonalyze_measurement.infra.audio import (
    libsndfile_version,
    read_header,
    read_mono,
    write_16_bit,
    write_32_bit,
)
from sonalyze_measurement.infra.averages import figures_of


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
    return Reference(AudioHash(_sha256(served)), file, SIGNAL_DURATION_S)


def evaluate(subject: Subject, asked: Asked, response: Path, debug_dir: Path | None) -> Evaluated:
    """Evaluate a file and write the response that it holds.

    A copy of what was read is made if somebody wants to listen to it.
    """
    samples, rate_hz = read_mono(subject.path, subject.channel)
    if debug_dir is not None:
        _copy_for_debugging(debug_dir, subject.path, samples, rate_hz)
    with _our_refusals():
        evaluation = _evaluated(subject, asked, samples, rate_hz)
    write_32_bit(response, evaluation.response.samples, evaluation.sample_rate_hz)
    audio_hash = subject.reference.audio_hash if isinstance(subject, SignalRecording) else None
    return Evaluated(
        AnalysisResults.of(evaluation, audio_hash=audio_hash),
        inputs_sha256=tuple(_sha256(path) for path in _read_for(subject)),
        response_sha256=_sha256(response),
        versions=versions(),
        figures=figures_of(evaluation),
    )


def evaluate_together(repeats: Sequence[SignalRecording], asked: Asked) -> Said:
    """Evaluate the coherent mean of recordings of one pair, at the rate of the first."""
    reference = repeats[0].reference
    rate_hz, recordings = _at_one_rate(read_mono(each.path, each.channel) for each in repeats)
    with _our_refusals():
        evaluation = evaluate_recordings(
            recordings,
            rate_hz,
            _spec(reference.file.parameters),
            thirds=asked.third_octaves,
            background=_background(asked.background),
        )
    return Said(
        AnalysisResults.of(evaluation, audio_hash=reference.audio_hash),
        inputs_sha256=tuple(_sha256(each.path) for each in repeats),
        figures=figures_of(evaluation),
    )


@cache
def versions() -> Versions:
    """Name the software that computes; reading that from what is installed takes 5 ms."""
    return Versions(**software_versions(), libsndfile=libsndfile_version())


def header_of(path: Path) -> Header | None:
    """Read what the header of a file says, if it is audio."""
    try:
        return read_header(path)
    except UndecodableAudio:
        return None


def _evaluated(subject: Subject, asked: Asked, samples: Samples, rate_hz: int) -> Evaluation:
    background, thirds = _background(asked.background), asked.third_octaves
    match subject:
        case SignalRecording(reference=reference):
            spec = _spec(reference.file.parameters)
            return evaluate_recording(samples, rate_hz, spec, thirds=thirds, background=background)
        case SweepRecording(played=path):
            played = read_mono(path, None)
            return evaluate_reference_recording(
                samples, rate_hz, *played, thirds=thirds, background=background
            )
        case ImpulseResponse():
            return evaluate_impulse_response(samples, rate_hz, thirds=thirds, background=background)


def _at_one_rate(recordings: Iterable[tuple[Samples, int]]) -> tuple[int, list[Samples]]:
    """Bring recordings to the rate of the first; all are in memory at once, so few may be long."""
    rate_hz, duration_s, samples = 0, 0.0, []
    for recording, its_rate_hz in recordings:
        rate_hz = rate_hz or its_rate_hz
        duration_s += recording.size / its_rate_hz
        if duration_s > LONGEST_RECORDING_S:
            raise UnusableAudio(
                f"The repeats are longer than {LONGEST_RECORDING_S:g} s together; cut them."
            )
        samples.append(at_rate(rate_hz, recording, its_rate_hz))
    return rate_hz, samples


def _background(levels: BackgroundLevels | None) -> BackgroundNoise | None:
    return None if levels is None else BackgroundNoise.told(**levels.model_dump())


def _read_for(subject: Subject) -> tuple[Path, ...]:
    return (
        (subject.path, subject.played) if isinstance(subject, SweepRecording) else (subject.path,)
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        raise refusal_of(type(error).__name__, str(error), facts) from None
