"""What the use cases need from outside: somebody who computes, and a memory of jobs."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sonalyze_chassis.progress import Listener
from sonalyze_contracts.identifiers import JobId
from sonalyze_simulation.domain.answers import PairText
from sonalyze_simulation.domain.jobs import JobView
from sonalyze_simulation.domain.prepared import Prepared


class Engine(Protocol):
    """Does everything that takes numbers, in other processes."""

    async def prepare(
        self, body: Mapping[str, Any], *, started: Callable[[], None] | None = None
    ) -> Prepared:
        """Judge and plan a simulation; raises `Invalid` with a sentence for what is wrong."""

    async def pairs(
        self,
        prepared: Prepared,
        source: int,
        *,
        started: Callable[[], None] | None = None,
        progressed: Listener | None = None,
    ) -> tuple[PairText, ...]:
        """Compute what every microphone hears of one source."""

    async def response(self, prepared: Prepared, source: int, microphone: int) -> bytes:
        """Give one response as a WAV file."""

    async def sofa(self, prepared: Prepared) -> bytes:
        """Give all responses as a SOFA file, or raise `SofaUnavailable`."""

    async def auralised(
        self, prepared: Prepared, source: int, microphone: int, sound: bytes
    ) -> bytes:
        """Give a sound as the microphone hears it, as a WAV file."""


class JobRecords(Protocol):
    """Remembers jobs that have ended, within limits."""

    async def accept(self, job: JobView) -> None:
        """Note that somebody was told the id of a job that runs."""

    async def keep(self, job: JobView) -> None:
        """Remember an ended job."""

    async def find(self, job_id: JobId) -> JobView | None:
        """Give a job that is remembered."""
