"""Computes what was prepared: every source in a process, the same room once."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from typing import get_args

from sonalyze_chassis.progress import Listener, Progress
from sonalyze_contracts.simulation_jobs import Stage
from sonalyze_simulation.domain.answers import (
    VERSION,
    Answer,
    PairText,
    microphones_outermost,
)
from sonalyze_simulation.domain.prepared import Prepared
from sonalyze_simulation.flights import Flights
from sonalyze_simulation.ports import Engine
from sonalyze_simulation.recall import Pairs, Recall

STAGES: tuple[Stage, ...] = get_args(Stage)


class Computing:
    """Answers prepared requests, from memory where it can."""

    def __init__(self, engine: Engine, recall: Recall) -> None:
        self._engine = engine
        self._recall = recall
        self._flights: Flights[Pairs] = Flights()

    def is_known(self, prepared: Prepared) -> bool:
        """Say whether the answer is there already."""
        return self._recall.find(key_of(prepared)) is not None

    async def answer(self, prepared: Prepared, listener: Listener) -> Answer:
        """Compute, or remember, or wait for somebody else who wants the same."""
        key = key_of(prepared)
        pairs = self._recall.find(key)
        if pairs is None:
            pairs = await self._flights.join(
                key, lambda tell: self._computed(key, prepared, tell), listener
            )
        return Answer(prepared, pairs)

    async def _computed(self, key: str, prepared: Prepared, tell: Listener) -> Pairs:
        sources = range(len(prepared.request["sources"]))
        shares = Shares(len(sources), tell)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._heard(prepared, source, shares.of(source)))
                    for source in sources
                ]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        pairs = microphones_outermost([task.result() for task in tasks])
        self._recall.keep(key, pairs)
        return pairs

    async def _heard(
        self, prepared: Prepared, source: int, listener: Listener
    ) -> tuple[PairText, ...]:
        return await self._engine.pairs(
            prepared,
            source,
            started=lambda: listener(Progress(0.0, "images")),
            progressed=listener,
        )


class Shares:
    """Makes one progress of those of several sources: their mean, at the stage of the last."""

    def __init__(self, sources: int, tell: Listener) -> None:
        self._tell = tell
        self._reached = [Progress(0.0, "queued")] * sources

    def of(self, source: int) -> Callable[[Progress], None]:
        """Give what listens to one source."""

        def heard(progress: Progress) -> None:
            self._reached[source] = progress
            done = sum(each.fraction for each in self._reached) / len(self._reached)
            self._tell(Progress(done, self._stage()))

        return heard

    def _stage(self) -> str:
        """Choose the least advanced stage of those that have begun."""
        begun = [each.stage for each in self._reached if each.stage != "queued"]
        return min(begun, key=_rank, default="queued")


def _rank(stage: str) -> int:
    return next((rank for rank, known in enumerate(STAGES) if known == stage), len(STAGES))


def key_of(prepared: Prepared) -> str:
    """Name everything on which the pairs depend: the request, how it is computed, by what."""
    computed = {
        "request": prepared.request,
        "method": prepared.method,
        "order": prepared.order,
        "rays": prepared.rays,
        "version": VERSION,
    }
    canonical = json.dumps(computed, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
