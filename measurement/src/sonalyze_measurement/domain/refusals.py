"""Why a recording has no results: one condition per code of the acoustics library."""

from typing import Any

from sonalyze_contracts.errors import Unprocessable


class Unevaluable(Unprocessable):
    """Nothing can be said about these samples."""


class AlignmentFailed(Unevaluable):
    """The measurement signal is not in the recording."""

    code = "alignment_failed"


class SilentRecording(Unevaluable):
    """The recording is silent."""

    code = "silent_recording"


class RecordingTooShort(Unevaluable):
    """The recording ends before the measurement does."""

    code = "recording_too_short"


class NotAMeasurement(Unevaluable):
    """There is no impulse response in it."""

    code = "not_a_measurement"


class InsufficientDecay(Unevaluable):
    """The decay ends in noise before it can be evaluated."""

    code = "insufficient_decay"


class NoPositionEvaluable(Unprocessable):
    """Of no recording of a job anything can be said."""

    code = "no_position_evaluable"


REFUSALS: dict[str, type[Unevaluable]] = {
    refusal.code: refusal
    for refusal in (
        AlignmentFailed,
        SilentRecording,
        RecordingTooShort,
        NotAMeasurement,
        InsufficientDecay,
    )
}


def refusal_of(code: str, sentence: str, facts: dict[str, Any]) -> Unevaluable:
    """Give the condition for a code; one that is new here keeps its sentence."""
    return REFUSALS.get(code, Unevaluable)(sentence, **facts)
