"""What a finished simulation sounds like: responses as files, and sounds played in the room."""

from typing import NamedTuple

from sonalyze_contracts.identifiers import JobId
from sonalyze_simulation.domain.conditions import UnknownPair
from sonalyze_simulation.domain.prepared import Prepared
from sonalyze_simulation.jobs import Jobs
from sonalyze_simulation.ports import Engine


class PairName(NamedTuple):
    """A source and a microphone, as the request calls them."""

    source_id: str
    microphone_id: str


class Sounds:
    """Sounds of completed jobs; each is computed again, which gives the same to the last bit."""

    def __init__(self, engine: Engine, jobs: Jobs) -> None:
        self._engine = engine
        self._jobs = jobs

    async def response(self, job_id: JobId, pair: PairName) -> bytes:
        """Give what a microphone hears of an impulse, as a WAV file."""
        prepared = await self._prepared(job_id)
        source, microphone = places_of(prepared, pair)
        return await self._engine.response(prepared, source, microphone)

    async def sofa(self, job_id: JobId) -> bytes:
        """Give all responses of a job as a SOFA file."""
        return await self._engine.sofa(await self._prepared(job_id))

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


def _place_of(prepared: Prepared, kind: str, name: str) -> int:
    for place, item in enumerate(prepared.request[kind]):
        if item["id"] == name:
            return place
    raise UnknownPair(f"The job has no {kind.removesuffix('s')} of this id")
