"""All recordings of a job, evaluated and averaged as the measurement service does it."""

from collections.abc import Iterator, Sequence

from sonalyze.audio import AudioError
from sonalyze.evaluations import Read, evaluate_as_asked
from sonalyze_acoustics import Evaluation, Place, Unevaluable, spatial_mean
from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.provenance import RecordedPosition
from sonalyze_contracts.results import AnalysisResults, PositionResult, RecordingResults, Refusal

Found = tuple[RecordedPosition, Evaluation | Refusal]


def evaluate_room(
    request: AnalysisRequest, positions: Sequence[RecordedPosition], read: Read
) -> AnalysisResults:
    """Evaluate every position and average those of which something can be said.

    Raises
    ------
    Unevaluable
        If nothing can be said of any.
    """
    found = [(position, _evaluated(request, position, read)) for position in positions]
    known = list(_known(found))
    if not known:
        raise Unevaluable("Of no recording anything can be said.")
    mean = spatial_mean([each for _, each in known], [_place(each) for each, _ in known])
    return AnalysisResults.of_positions(mean, [_told(*each) for each in found])


def _evaluated(
    request: AnalysisRequest, position: RecordedPosition, read: Read
) -> Evaluation | Refusal:
    one = request.of_recording(position.uploads[0], position.audio_hash)
    try:
        return evaluate_as_asked(one, position.signal, read)
    except Unevaluable as refusal:
        return Refusal(code=refusal.code, detail=str(refusal))
    except AudioError as refusal:
        return Refusal(code="unprocessable", detail=str(refusal))


def _known(found: Sequence[Found]) -> Iterator[tuple[RecordedPosition, Evaluation]]:
    for position, outcome in found:
        if not isinstance(outcome, Refusal):
            yield position, outcome


def _place(position: RecordedPosition) -> Place | None:
    if position.source_id is None or position.receiver_id is None:
        return None
    return Place(position.source_id, position.receiver_id)


def _told(position: RecordedPosition, outcome: Evaluation | Refusal) -> PositionResult:
    told = PositionResult(
        uploads=list(position.uploads),
        source_id=position.source_id,
        receiver_id=position.receiver_id,
    )
    if isinstance(outcome, Refusal):
        return told.model_copy(update={"refusal": outcome})
    results = RecordingResults.of(outcome, audio_hash=position.audio_hash)
    return told.model_copy(update={"results": results})
