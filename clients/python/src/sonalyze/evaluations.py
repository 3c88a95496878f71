"""A recording on disk, evaluated as the measurement service does it."""

from pathlib import Path

from sonalyze.audio import read_channel
from sonalyze_acoustics import SignalSpec, evaluate_impulse_response, evaluate_recording
from sonalyze_contracts.results import AnalysisResults


def evaluate(
    file: Path, sweep_hz: tuple[float, float] | None, channel: int | None = None
) -> AnalysisResults:
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

    Raises
    ------
    AudioError
        If the file cannot be read, or has no such channel.
    Unevaluable
        If nothing can be said about what it holds.
    """
    samples, sample_rate_hz = read_channel(file, channel)
    if sweep_hz is None:
        return AnalysisResults.of(evaluate_impulse_response(samples, sample_rate_hz))
    low_hz, high_hz = sweep_hz
    signal = SignalSpec(sweep_start_hz=low_hz, sweep_end_hz=high_hz)
    return AnalysisResults.of(evaluate_recording(samples, sample_rate_hz, signal))
