"""The parent's side of the numbers: names the work and waits for it. Imports no numpy."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sonalyze_chassis.compute import Compute
from sonalyze_chassis.progress import Listener
from sonalyze_simulation.domain.answers import PairText
from sonalyze_simulation.domain.cost import Pace
from sonalyze_simulation.domain.prepared import Prepared

WORK: Final = "sonalyze_simulation.infra.work"
CHILDREN: Final = "sonalyze_simulation.infra.children"
SOUNDS: Final = "sonalyze_simulation.infra.auralisation"
SOFA: Final = "sonalyze_simulation.infra.sofa"
MODULES: Final = (WORK, CHILDREN, SOUNDS, SOFA)
"""What children do; loaded before the first of them is needed."""

PREPARING_S: Final = 20.0
"""Judging the largest room that a request can describe takes well under a second."""

LEAST_DEADLINE_S: Final = 20.0
PATIENCE: Final = 8.0
"""Times the estimate that a child may take: it may be off, and other children compute as well."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How this machine computes: its pace, how many at once, and what is too much."""

    pace: Pace
    processes: int
    most_seconds: float

    def deadline_s(self, seconds: float) -> float:
        """Say when work that should take so long is given up."""
        return min(max(LEAST_DEADLINE_S, PATIENCE * seconds), PATIENCE * self.most_seconds)


class Processes:
    """The engine in child processes, or in workers behind a broker."""

    def __init__(self, compute: Compute, terms: Terms) -> None:
        self._compute = compute
        self._terms = terms

    async def prepare(
        self, body: Mapping[str, Any], *, started: Callable[[], None] | None = None
    ) -> Prepared:
        """Judge and plan a simulation."""
        terms = self._terms
        document = await self._compute.run(
            f"{WORK}:prepare",
            dict(body),
            asdict(terms.pace),
            terms.processes,
            terms.most_seconds,
            deadline_s=PREPARING_S,
            started=started,
        )
        return Prepared.of_json(document)

    async def pairs(
        self,
        prepared: Prepared,
        source: int,
        *,
        started: Callable[[], None] | None = None,
        progressed: Listener | None = None,
    ) -> tuple[PairText, ...]:
        """Compute what every microphone hears of one source."""
        texts = await self._compute.run(
            f"{CHILDREN}:pairs",
            prepared.as_json(),
            source,
            deadline_s=self._terms.deadline_s(prepared.seconds),
            started=started,
            progressed=progressed,
        )
        return tuple(PairText(**parts) for parts in texts)

    async def response(self, prepared: Prepared, source: int, microphone: int) -> bytes:
        """Give one response as a WAV file."""
        return await self._bytes_of(f"{WORK}:response_wav", prepared, source, microphone)

    async def sofa(self, prepared: Prepared) -> bytes:
        """Give all responses as a SOFA file."""
        return await self._bytes_of(f"{SOFA}:sofa_file", prepared)

    async def auralised(
        self, prepared: Prepared, source: int, microphone: int, sound: bytes
    ) -> bytes:
        """Give a sound as the microphone hears it."""
        content = b64encode(sound).decode("ascii")
        return await self._bytes_of(f"{SOUNDS}:heard", prepared, source, microphone, content)

    async def _bytes_of(self, work: str, prepared: Prepared, *arguments: int | str) -> bytes:
        in_one_process_s = prepared.seconds * len(prepared.request["sources"])
        content = await self._compute.run(
            work,
            prepared.as_json(),
            *arguments,
            deadline_s=self._terms.deadline_s(in_one_process_s),
        )
        return b64decode(content)
