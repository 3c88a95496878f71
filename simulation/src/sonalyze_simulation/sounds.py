"""What a finished simulation sounds like: responses as files, and sounds played in the room."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from sonalyze_chassis.compute import queue_full
from sonalyze_contracts.identifiers import JobId
from sonalyze_simulation.domain.conditions import SoundsTooLarge, UnknownPair
from sonalyze_simulation.domain.prepared import Prepared
from sonalyze_simulation.jobs import Jobs
from sonalyze_simulation.ports import Engine

MOST_WAITING: Final = 8
"""Sounds beyond those that are being computed: unlike rooms, each is megabytes while it waits."""

MOST_SOFA_VALUES: Final = 8_000_000
"""Samples of all responses in one file, some 64 MB before it is packed."""


class PairName(NamedTuple):
    """A source and a microphone, as the request calls them."""

    source_id: str
    microphone_id: str


class Sounds:
    """Sounds of completed jobs; each is computed again, which gives the same to the last bit."""

    def __init__(self, engine: Engine, jobs: Jobs, most_underway: int) -> None:
        self._engine = engine
        self._jobs = jobs
        self._most_underway = most_underway
        self._underway = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be one of those who want a sound, from its upload to its end.

        Raises
        ------
        QueueFull
            If as many as may are at it.
        """
        if self._underway >= self._most_underway:
            raise queue_full()
        self._underway += 1
        try:
            yield
        finally:
            self._underway -= 1

    async def response(self, job_id: JobId, pair: PairName) -> bytes:
        """Give what a microphone hears of an impulse, as a WAV file."""
        prepared = await self._prepared(job_id)
        source, microphone = places_of(prepared, pair)
        return await self._engine.response(prepared, source, microphone)

    async def sofa(self, job_id: JobId) -> bytes:
        """Give all responses of a job as a SOFA file."""
        prepared = await self._prepared(job_id)
        require_portable(prepared)
        return await self._engine.sofa(prepared)

    async def require_pair(self, job_id: JobId, pair: PairName) -> None:
        """Refuse what would be refused later, before a sound is uploaded."""
        places_of(await self._prepared(job_id), pair)

    async def auralised(self, job_id: JobId, pair: PairName, sound: bytes) -> bytes:
        """Give a sound as a microphone hears it from a source, as a WAV file."""
        prepared = await self._prepared(job_id)
        source, microphone = places_of(prepared, pair)
        return await self._engine.auralised(prepared, source, microphone, sound)

    async def _prepared(self, job_id: JobId) -> Prepared:
        return (await self._jobs.completed(job_id)).prepared


def places_of(prepared: Prepared, pair: PairName) -> tuple[int, int]:
    """Find a source and a microphone by the names that the request gives them."""
    source = _place_of(prepared, "sources", pair.source_id)
    microphone = _place_of(prepared, "microphones", pair.microphone_id)
    return source, microphone


def require_portable(prepared: Prepared) -> None:
    """Refuse a file that is too large to be held and sent.

    Raises
    ------
    SoundsTooLarge
        With what is too large, and what can be asked for in its place.
    """
    request = prepared.request
    pairs = len(request["sources"]) * len(request["microphones"])
    values = pairs * request["rir_duration_s"] * request["sample_rate_hz"]
    if values > MOST_SOFA_VALUES:
        raise SoundsTooLarge(
            f"The file would hold {values:.0f} samples; at most {MOST_SOFA_VALUES} are written: "
            "download the responses one by one as WAV files"
        )


def _place_of(prepared: Prepared, kind: str, name: str) -> int:
    for place, item in enumerate(prepared.request[kind]):
        if item["id"] == name:
            return place
    raise UnknownPair(f"The job has no {kind.removesuffix('s')} of this id")
