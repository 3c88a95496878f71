"""Which recordings of a job are of which position, as far as anybody said so.

A position is a speaker and a microphone at their places. The request may say which uploads are of
which pair; else an upload's name may: ``SOURCE.RECEIVER`` with or without more, of ids that the map
has. Recordings of the same pair are repeats of one another. Nothing is guessed from other names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sonalyze_contracts.analysis_requests import MOST_POSITIONS, AnalysisRequest
from sonalyze_contracts.identifiers import AudioHash, UploadName
from sonalyze_contracts.jobs import RoomMap
from sonalyze_measurement.domain.conditions import TooManyPositions, UnknownSignal, UploadMissing


@dataclass(frozen=True, slots=True)
class Place:
    """Where a speaker and a microphone stood, by the ids of the map or of the request."""

    source_id: str
    receiver_id: str


@dataclass(frozen=True, slots=True)
class Position:
    """A position and its recordings; no place if nobody says where they were made."""

    uploads: tuple[UploadName, ...]
    audio_hash: AudioHash
    place: Place | None = None

    @property
    def steps(self) -> int:
        """How much there is to evaluate: every recording, and repeats once more together."""
        count = len(self.uploads)
        return count + (count > 1)


def positions_of(
    request: AnalysisRequest, uploads: Sequence[UploadName], room: RoomMap
) -> tuple[Position, ...]:
    """Sort the uploads of a job into positions, in the order of their names."""
    _require_there([upload for group in request.groups for upload in group], uploads)
    positions = _positions(request, uploads, room)
    if len(positions) > MOST_POSITIONS:
        raise TooManyPositions(
            f"The job has recordings of {len(positions)} positions; up to {MOST_POSITIONS} are "
            "analysed together. Say in 'pairs' or 'repeats' which are of the same.",
            positions=len(positions),
        )
    return tuple(sorted(positions, key=lambda position: position.uploads))


def place_in(name: UploadName, room: RoomMap) -> Place | None:
    """Read the place from an upload's name; of ids that begin alike, the longest ones hold."""
    told = [
        Place(source.id, receiver.id)
        for source in room.sources
        for receiver in room.receivers
        if name == (pair := f"{source.id}.{receiver.id}") or name.startswith(f"{pair}.")
    ]
    return max(told, key=lambda place: len(place.source_id + place.receiver_id), default=None)


def _positions(
    request: AnalysisRequest, uploads: Iterable[UploadName], room: RoomMap
) -> list[Position]:
    signal = request.audio_hash
    if signal is None:
        raise UnknownSignal("Missing 'audio_hash' in data")
    named = {upload for group in request.groups for upload in group}
    by_place: dict[Place | UploadName, list[UploadName]] = {}
    for upload in sorted(uploads):
        if upload not in named:
            by_place.setdefault(place_in(upload, room) or upload, []).append(upload)
    return [
        *(
            Position(
                tuple(pair.uploads),
                pair.audio_hash or signal,
                Place(pair.source_id, pair.receiver_id),
            )
            for pair in request.pairs
        ),
        *(Position(tuple(group), signal, place_in(group[0], room)) for group in request.repeats),
        *(
            Position(tuple(group), signal, place if isinstance(place, Place) else None)
            for place, group in by_place.items()
        ),
    ]


def _require_there(named: Iterable[UploadName], uploads: Sequence[UploadName]) -> None:
    if not uploads:
        raise UploadMissing("The job has no uploads")
    for upload in named:
        if upload not in uploads:
            raise UploadMissing(f"The job has no upload '{upload}'", upload=upload)
