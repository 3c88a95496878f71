"""Why a recording has no results: one condition for each of the acoustics library.

Programs branch on two codes: the measurement was not found, or this is none. The condition, which
goes along, tells the cases apart.
"""

from typing import Any

from sonalyze_contracts.errors import Unprocessable


class Unevaluable(Unprocessable):
    """Nothing can be said about these samples."""


class AlignmentFailed(Unevaluable):
    """The measurement signal is not in the recording."""

    code = "alignment_failed"


class SilentRecording(Unevaluable):
    """The recording is silent."""

    code = "not_a_measurement"


class RecordingTooShort(Unevaluable):
    """The recording ends before the measurement does."""

    code = "alignment_failed"


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
    refusal.__name__: refusal
    for refusal in (
        AlignmentFailed,
        SilentRecording,
        RecordingTooShort,
        NotAMeasurement,
        InsufficientDecay,
    )
}
"""By the names that they have in the acoustics library, too."""


def refusal_of(name: str, sentence: str, facts: dict[str, Any]) -> Unevaluable:
    """Give the condition of this name; one that is new here keeps its sentence."""
    return REFUSALS.get(name, Unevaluable)(sentence, **facts)
