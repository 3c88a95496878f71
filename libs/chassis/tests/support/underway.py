"""Work of the tests as somebody sees it who waits for it."""

import asyncio
import time
from contextlib import suppress

import psutil

from sonalyze_chassis.compute import Engine
from sonalyze_chassis.progress import Progress

WORK = "contract_work"
PATIENCE_S = 20.0
DEAD_WITHIN_S = 2.0


class Underway:
    """Work that has begun, and what it said since."""

    def __init__(self, engine: Engine, work: str, *arguments: object, deadline_s: float) -> None:
        self.said: list[Progress] = []
        self.has_begun = asyncio.Event()
        self._has_spoken = asyncio.Event()
        self.task = asyncio.create_task(
            engine.run(
                f"{WORK}:{work}",
                *arguments,
                deadline_s=deadline_s,
                started=self.has_begun.set,
                progressed=self._hear,
            )
        )
        self.task.add_done_callback(lambda _: self._has_spoken.set())

    def _hear(self, progress: Progress) -> None:
        self.said.append(progress)
        self._has_spoken.set()

    async def process(self) -> psutil.Process:
        """Wait until work that holds has said who does it."""
        async with asyncio.timeout(PATIENCE_S):
            await self._has_spoken.wait()
        assert self.said, self.task
        return psutil.Process(int(self.said[-1].stage))

    async def end(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


def underway(engine: Engine, work: str, *arguments: object) -> Underway:
    return Underway(engine, work, *arguments, deadline_s=PATIENCE_S)


async def run(engine: Engine, work: str, *arguments: object) -> object:
    return await engine.run(f"{WORK}:{work}", *arguments, deadline_s=PATIENCE_S)


def dies_in_time(process: psutil.Process) -> bool:
    """Wait for the end of another process's child, which tells nobody here."""
    give_up_at = time.monotonic() + DEAD_WITHIN_S
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > give_up_at:
            return False
        time.sleep(0.01)
    return True


async def is_dead_in_time(process: psutil.Process) -> bool:
    try:
        return await asyncio.to_thread(dies_in_time, process)
    except psutil.NoSuchProcess:
        return True
