"""Settling what the archive intends: whether the file is there, and what its header says.

In a task of its own, one file at a time: nobody waits for it, and it takes no more than one place
among the analyses.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from sonalyze_chassis.compute import DeadlinePassed, WorkerDied
from sonalyze_contracts.errors import Unavailable
from sonalyze_measurement.domain.archive import Arrival, Header
from sonalyze_measurement.domain.conditions import NotStored
from sonalyze_measurement.domain.files import upload_key
from sonalyze_measurement.infra.archive import OutboxArchive
from sonalyze_measurement.infra.checksums import Checksums
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.infra.processes import Processes
from sonalyze_measurement.ports import Files

PAUSE_S: Final = 5.0
"""Until the next attempt while the store or the workers are not to be had."""

log = structlog.get_logger(__name__)


class Descriptions:
    """Describes uploads for the archive."""

    def __init__(
        self,
        archive: OutboxArchive,
        files: Files,
        processes: Processes,
        locks: KeyedLocks,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._archive = archive
        self._files = files
        self._processes = processes
        self._locks = locks
        self._sleep = sleep
        self._checksums = Checksums(files)

    @asynccontextmanager
    async def underway(self) -> AsyncIterator[None]:
        """Go on for as long as the context lasts; the next process does the rest."""
        task = asyncio.create_task(self._run())
        task.add_done_callback(_log_end)
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            number, arrival, is_there = await self._archive.unsettled.get()
            if not await self._settled(number, arrival, is_there=is_there):
                await self._sleep(PAUSE_S)
                self._archive.unsettled.put_nowait((number, arrival, is_there))

    async def _settled(self, number: int, arrival: Arrival, *, is_there: bool) -> bool:
        try:
            await self._settle(number, arrival, is_there=is_there)
        except Unavailable as obstacle:
            log.warning("archive.undescribed", obstacle=type(obstacle).__name__)
            return False
        return True

    async def _settle(self, number: int, arrival: Arrival, *, is_there: bool) -> None:
        if not is_there and not await self._confirmed(number, arrival):
            await self._archive.drop(number, arrival)
            return
        header = await self._header_of(arrival)
        if header is None:
            await self._archive.drop(number, arrival)
        else:
            await self._archive.describe(number, arrival, header)

    async def _confirmed(self, number: int, arrival: Arrival) -> bool:
        """Compare with what the store holds, while nothing can take its place."""
        job_id, name = arrival.job_id, arrival.upload.name
        async with self._locks.holding((job_id, name)):
            file = await self._files.head(upload_key(job_id, name))
            if file is None or file.size_bytes != arrival.upload.size_bytes:
                return False
            if await self._checksums.of(job_id, name, file) != arrival.upload:
                return False
            await self._archive.confirm(number, arrival)
        return True

    async def _header_of(self, arrival: Arrival) -> Header | None:
        """Read a header; a file that kills whoever reads it has none."""
        try:
            async with self._files.lend(upload_key(arrival.job_id, arrival.upload.name)) as path:
                return await self._processes.header_of(path)
        except (NotStored, DeadlinePassed, WorkerDied) as error:
            log.info("archive.no_header", condition=type(error).__name__)
            return None


def _log_end(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("archive.broken", exc_info=error)
