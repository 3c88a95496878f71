"""All recordings of a job, evaluated and averaged as the measurement service does it."""

from collections.abc import Iterator, Sequence

from sonalyze.audio import AudioError
from sonalyze.evaluations import Read, evaluate_as_asked, evaluate_together
from sonalyze_acoustics import Evaluation, Place, Unevaluable, spatial_mean
from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.provenance import RecordedPosition
from sonalyze_contracts.results import (
    AnalysisResults,
    LeftOut,
    PositionResult,
    RecordingResults,
    Refusal,
)

Found = tuple[RecordedPosition, Evaluation | Refusal, Sequence[LeftOut]]
"""A position, what its recordings say, and those of them that say nothing beside others."""


def evaluate_room(
    request: AnalysisRequest, positions: Sequence[RecordedPosition], read: Read
) -> AnalysisResults:
    """Evaluate every position and average those of which something can be said.

    Raises
    ------
    Unevaluable
        If nothing can be said of any.
    """
    found = [_found(request, position, read) for position in positions]
    known = list(_known(found))
    if not known:
        raise Unevaluable("Of no recording anything can be said.")
    mean = spatial_mean([each for _, each in known], [_place(each) for each, _ in known])
    return AnalysisResults.of_positions(mean, [_told(*each) for each in found])


def _found(request: AnalysisRequest, position: RecordedPosition, read: Read) -> Found:
    evaluated: dict[UploadName, Evaluation] = {}
    left_out: list[LeftOut] = []
    for upload in position.uploads:
        one = _evaluated(request, position, upload, read)
        if isinstance(one, Refusal):
            left_out.append(LeftOut(upload=upload, code=one.code, detail=one.detail))
        else:
            evaluated[upload] = one
    if not evaluated:
        return position, Refusal(code=left_out[0].code, detail=left_out[0].detail), ()
    if len(evaluated) == 1:
        return position, next(iter(evaluated.values())), left_out
    repeats = [request.of_recording(upload, position.audio_hash) for upload in evaluated]
    try:
        return position, evaluate_together(repeats, position.signal, read), left_out
    except (AudioError, Unevaluable) as refusal:
        return position, _refusal(refusal), ()


def _evaluated(
    request: AnalysisRequest, position: RecordedPosition, upload: UploadName, read: Read
) -> Evaluation | Refusal:
    one = request.of_recording(upload, position.audio_hash)
    try:
        return evaluate_as_asked(one, position.signal, read)
    except (AudioError, Unevaluable) as refusal:
        return _refusal(refusal)


def _refusal(refusal: AudioError | Unevaluable) -> Refusal:
    code = refusal.code if isinstance(refusal, Unevaluable) else "unprocessable"
    return Refusal(code=code, detail=str(refusal))


def _known(found: Sequence[Found]) -> Iterator[tuple[RecordedPosition, Evaluation]]:
    for position, outcome, _ in found:
        if not isinstance(outcome, Refusal):
            yield position, outcome


def _place(position: RecordedPosition) -> Place | None:
    if position.source_id is None or position.receiver_id is None:
        return None
    return Place(position.source_id, position.receiver_id)


def _told(
    position: RecordedPosition, outcome: Evaluation | Refusal, left_out: Sequence[LeftOut]
) -> PositionResult:
    is_refused = isinstance(outcome, Refusal)
    return PositionResult(
        uploads=list(position.uploads),
        source_id=position.source_id,
        receiver_id=position.receiver_id,
        results=None
        if is_refused
        else RecordingResults.of(outcome, audio_hash=position.audio_hash),
        refusal=outcome if is_refused else None,
        left_out=list(left_out),
    )
