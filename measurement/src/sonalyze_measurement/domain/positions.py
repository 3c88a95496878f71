"""Which recordings of a job are of which position, as far as anybody said so.

A position is a speaker and a microphone at their places. The request may say which uploads are of
which pair; else an upload's name may: ``SOURCE.RECEIVER`` with or without more, of ids that the map
has. Recordings of the same pair and signal are repeats of one another, whoever says so. Nothing is
guessed from other names.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from sonalyze_contracts.analysis_requests import MOST_POSITIONS, MOST_REPEATS, AnalysisRequest
from sonalyze_contracts.identifiers import AudioHash, UploadName
from sonalyze_contracts.jobs import RoomMap
from sonalyze_measurement.domain.conditions import (
    TooManyPositions,
    TooManyRepeats,
    UnknownSignal,
    UploadMissing,
)


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


@dataclass(frozen=True, slots=True)
class Plan:
    """The ids that the map has for places of speakers and of microphones."""

    sources: frozenset[str]
    receivers: frozenset[str]

    @classmethod
    def of(cls, room: RoomMap) -> Self:
        """Take them from a map."""
        return cls(
            frozenset(source.id for source in room.sources),
            frozenset(receiver.id for receiver in room.receivers),
        )

    def place_in(self, name: UploadName) -> Place | None:
        """Read the place from an upload's name; of ids that begin alike, the longest ones hold."""
        return max(
            self._places_in(name),
            key=lambda place: (len(place.source_id + place.receiver_id), len(place.source_id)),
            default=None,
        )

    def place_of(self, group: Sequence[UploadName]) -> Place | None:
        """Read the place from the names of repeats, unless they tell of different ones."""
        places = {place for name in group if (place := self.place_in(name))}
        return places.pop() if len(places) == 1 else None

    def _places_in(self, name: UploadName) -> Iterator[Place]:
        parts = name.split(".")
        for middle in range(1, len(parts)):
            source = ".".join(parts[:middle])
            if source not in self.sources:
                continue
            for end in range(middle + 1, len(parts) + 1):
                receiver = ".".join(parts[middle:end])
                if receiver in self.receivers:
                    yield Place(source, receiver)


def positions_of(
    request: AnalysisRequest, uploads: Sequence[UploadName], room: RoomMap
) -> tuple[Position, ...]:
    """Sort the uploads of a job into positions, in the order of their names."""
    _require_there(request, uploads)
    by_pair: dict[tuple[Place | UploadName, AudioHash], list[UploadName]] = {}
    for place, audio_hash, group in _groups(request, uploads, Plan.of(room)):
        by_pair.setdefault((place or group[0], audio_hash), []).extend(group)
    _require_few(by_pair.values())
    positions = (
        Position(tuple(group), audio_hash, place if isinstance(place, Place) else None)
        for (place, audio_hash), group in by_pair.items()
    )
    return tuple(sorted(positions, key=lambda position: position.uploads))


def _groups(
    request: AnalysisRequest, uploads: Sequence[UploadName], plan: Plan
) -> Iterator[tuple[Place | None, AudioHash, Sequence[UploadName]]]:
    """Give what the request says to belong together, then every other upload by itself."""
    signal = request.audio_hash
    if signal is None:
        raise UnknownSignal("Missing 'audio_hash' in data")
    for pair in request.pairs:
        yield Place(pair.source_id, pair.receiver_id), pair.audio_hash or signal, pair.uploads
    for group in request.repeats:
        yield plan.place_of(group), signal, group
    named = {upload for group in request.groups for upload in group}
    for upload in sorted({*uploads} - named):
        yield plan.place_in(upload), signal, (upload,)


def _require_there(request: AnalysisRequest, uploads: Sequence[UploadName]) -> None:
    if not uploads:
        raise UploadMissing("The job has no uploads")
    there = {*uploads}
    for group in request.groups:
        for upload in group:
            if upload not in there:
                raise UploadMissing(f"The job has no upload '{upload}'", upload=upload)


def _require_few(groups: Collection[Sequence[UploadName]]) -> None:
    if len(groups) > MOST_POSITIONS:
        raise TooManyPositions(
            f"The job has recordings of {len(groups)} positions; up to {MOST_POSITIONS} are "
            "analysed together. Say in 'pairs' or 'repeats' which are of the same.",
            positions=len(groups),
        )
    most = max(groups, key=len)
    if len(most) > MOST_REPEATS:
        raise TooManyRepeats(
            f"'{most[0]}' and {len(most) - 1} more recordings are of one pair; up to "
            f"{MOST_REPEATS} are averaged. Say in 'pairs' where the others were made.",
            repeats=len(most),
        )
