"""A recording on disk, evaluated as the measurement service does it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sonalyze.audio import read_channel
from sonalyze_acoustics import (
    BackgroundNoise,
    Evaluation,
    InvalidSignal,
    SignalSpec,
    evaluate_impulse_response,
    evaluate_recording,
    evaluate_recordings,
    evaluate_reference_recording,
)
from sonalyze_acoustics.rates import at_rate
from sonalyze_contracts.analysis_requests import AnalysisRequest, AnalysisSource, BackgroundLevels
from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.provenance import PlayedSignal
from sonalyze_contracts.results import AnalysisResults

Read = Callable[[UploadName, int | None], tuple[NDArray[np.float64], int]]
"""Gives one channel of an upload and its rate in Hz; without a channel, the mean of all."""


@dataclass(frozen=True, slots=True)
class EvaluatedFile:
    """The channel of a file that was evaluated, and what it says."""

    samples: NDArray[np.float64]
    sample_rate_hz: int
    evaluation: Evaluation

    @property
    def results(self) -> AnalysisResults:
        """Return the evaluation as the services document it."""
        return AnalysisResults.of(self.evaluation)


def evaluate(
    file: Path,
    sweep_hz: tuple[float, float] | None,
    channel: int | None = None,
    *,
    thirds: bool = False,
) -> EvaluatedFile:
    """Evaluate a recording of a sweep, or an impulse response where no sweep was played.

    Parameters
    ----------
    file : Path
        What the services read, up to 8 channels and 180 s.
    sweep_hz : tuple of float, optional
        Range of the sweep in Hz; ``None`` if the file is an impulse response.
    channel : int, optional
        The channel to evaluate, from 0; by default the mean of all, or the loudest
        where the mean cancels.
    thirds : bool, default False
        Whether to evaluate thirds of octaves, too.

    Raises
    ------
    AudioError
        If the file cannot be read, or has no such channel.
    Unevaluable
        If nothing can be said about what it holds.
    """
    samples, sample_rate_hz = read_channel(file, channel)
    if sweep_hz is None:
        evaluation = evaluate_impulse_response(samples, sample_rate_hz, thirds=thirds)
    else:
        low_hz, high_hz = sweep_hz
        signal = SignalSpec(sweep_start_hz=low_hz, sweep_end_hz=high_hz)
        evaluation = evaluate_recording(samples, sample_rate_hz, signal, thirds=thirds)
    return EvaluatedFile(samples, sample_rate_hz, evaluation)


def evaluate_as_asked(
    request: AnalysisRequest, signal: PlayedSignal | None, read: Read
) -> Evaluation:
    """Evaluate one recording as the measurement service did when it got this request.

    Raises
    ------
    AudioError
        If a file cannot be read.
    Unevaluable
        If nothing can be said about what it holds, or the signal cannot exist.
    """
    background, thirds = _background(request.background), request.third_octaves
    match request.source:
        case AnalysisSource.IMPULSE_RESPONSE:
            response = read(request.impulse_response_upload, request.channel)
            return evaluate_impulse_response(*response, thirds=thirds, background=background)
        case AnalysisSource.SWEEP_DECONVOLUTION:
            recorded = read(request.recording_upload, request.channel)
            played = read(request.sweep_reference_upload, None)
            return evaluate_reference_recording(
                *recorded, *played, thirds=thirds, background=background
            )
        case AnalysisSource.SWEEP_DECONVOLUTION_GENERATED | AnalysisSource.ALL:
            if signal is None:
                raise InvalidSignal("It is not known which signal was played.")
            recorded = read(request.recording_upload, request.channel)
            spec = SignalSpec(**signal.model_dump())
            return evaluate_recording(*recorded, spec, thirds=thirds, background=background)


def evaluate_together(
    requests: Sequence[AnalysisRequest], signal: PlayedSignal, read: Read
) -> Evaluation:
    """Evaluate the coherent mean of repeats, at the rate of the first, as the service does.

    Raises
    ------
    AudioError
        If a file cannot be read.
    Unevaluable
        If nothing can be said about one of them.
    """
    recorded = [read(each.recording_upload, each.channel) for each in requests]
    rate_hz = recorded[0][1]
    return evaluate_recordings(
        [at_rate(rate_hz, *each) for each in recorded],
        rate_hz,
        SignalSpec(**signal.model_dump()),
        thirds=requests[0].third_octaves,
        background=_background(requests[0].background),
    )


def _background(levels: BackgroundLevels | None) -> BackgroundNoise | None:
    return None if levels is None else BackgroundNoise.told(**levels.model_dump())
