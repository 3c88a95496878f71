"""Draining an outbox: oldest first, again and again until storage has taken everything.

What storage has taken is deleted after its answer. A process that dies in between sends it again,
which changes nothing: rows have ids of their own. While storage does not answer, pauses grow, and
nobody but the drainer waits.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog

from sonalyze_chassis.backlog import Backlog, Counts
from sonalyze_chassis.database import DatabaseUnavailable
from sonalyze_chassis.delivery import Storage, StorageUnavailable
from sonalyze_chassis.parcels import Parcel, batches_of, parcels_of

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
"""Between attempts; also how long what another process has left behind lies about."""

MOST_DOUBLINGS = 10
"""More of them than reach the longest pause, fewer than a float overflows at."""

REST_S = 0.25
"""From one round to the next, so that many commits share one: a round takes about 5 ms of the
service's time, as much as a request."""

FAREWELL_S = 1.0
"""How long a stopping service still sends; the next process goes on."""

TOO_LARGE = "too large for any request"

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Stopping(Exception):
    """The service stops, and there was no time left."""


class OthersTurn(Exception):
    """Another process drains."""


class Drainer:
    """Takes what is in an outbox to storage, in a task of its own."""

    def __init__(
        self,
        backlog: Backlog,
        storage: Storage,
        news: asyncio.Event,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._backlog = backlog
        self._storage = storage
        self._news = news
        self._sleep = sleep
        self._draw = draw
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._stopping = asyncio.Event()
        self.counts = Counts()

    def start(self) -> None:
        """Begin to drain what is there, and what comes."""
        self._news.set()
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(_log_end)

    async def close(self) -> None:
        """Send for a moment what can still be sent, and leave no connection in use."""
        if self._task is None:
            return
        self._closing.set()
        await asyncio.wait({self._task}, timeout=FAREWELL_S)
        self._stopping.set()
        await asyncio.wait({self._task}, timeout=FAREWELL_S)
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=FAREWELL_S)

    async def _run(self) -> None:
        with suppress(Stopping):
            await self._persist(self._backlog.readmit)
            while self._news.is_set() or not self._closing.is_set():
                self._news.clear()
                await self._persist(self._drain)
                await self._idle()

    async def _persist(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do something until it is done, with pauses that grow."""
        failures, is_told = 0, False
        while obstacle := await self._obstacle_to(act):
            failures += 1
            if not (is_told or isinstance(obstacle, OthersTurn)):
                log.warning("archive.delayed", obstacle=type(obstacle).__name__)
                is_told = True
            await self._unless(self._closing, self._sleep(self._pause_s(failures)))
        if is_told:
            log.info("archive.resumed", attempts=failures)

    def _pause_s(self, failures: int) -> float:
        longest_s = FIRST_PAUSE_S * 2.0 ** min(failures - 1, MOST_DOUBLINGS)
        return self._draw(0.0, min(LONGEST_PAUSE_S, longest_s))

    async def _obstacle_to(self, act: Callable[[], Awaitable[None]]) -> Exception | None:
        try:
            await act()
        except (StorageUnavailable, DatabaseUnavailable, OthersTurn) as obstacle:
            return obstacle
        return None

    async def _drain(self) -> None:
        async with self._backlog.turn() as is_mine:
            if not is_mine:
                raise OthersTurn
            try:
                await self._deliver_all()
            except StorageUnavailable:
                self.counts = await self._backlog.counts()
                raise
            self.counts = await self._backlog.counts()

    async def _deliver_all(self) -> None:
        while entries := await self._backlog.oldest():
            for batch in batches_of(parcels_of(entries)):
                await self._deliver(batch)

    async def _deliver(self, batch: Sequence[Parcel]) -> None:
        if len(batch) == 1 and batch[0].is_too_large:
            await self._refuse(batch[0], TOO_LARGE)
            return
        refusal = await self._unless(self._stopping, self._storage.write(batch))
        if refusal is None:
            await self._backlog.forget([number for one in batch for number in one.entry_ids])
        elif len(batch) == 1:
            await self._refuse(batch[0], refusal)
        else:
            await self._deliver(batch[: len(batch) // 2])
            await self._deliver(batch[len(batch) // 2 :])

    async def _refuse(self, parcel: Parcel, refusal: str) -> None:
        log.error(
            "archive.row_refused", resource=parcel.resource, row_id=parcel.row_id, refusal=refusal
        )
        await self._backlog.refuse(parcel.entry_ids, datetime.now(UTC), refusal)

    async def _idle(self) -> None:
        await self._first_of(self._closing.wait(), self._sleep(REST_S))
        if self._closing.is_set():
            return
        await self._first_of(self._news.wait(), self._closing.wait(), self._sleep(LONGEST_PAUSE_S))
        self._news.set()

    async def _unless(self, event: asyncio.Event, work: Awaitable[T]) -> T:
        """Await the work, or give it up when the event happens."""
        task = asyncio.ensure_future(work)
        await self._first_of(task, event.wait())
        if task.cancelled():
            raise Stopping
        return task.result()

    @staticmethod
    async def _first_of(*works: Awaitable[Any]) -> None:
        tasks = {asyncio.ensure_future(work) for work in works}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("archive.broken", exc_info=error)
