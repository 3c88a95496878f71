"""Turns at the workers: no more at once than there are workers, and how many have been."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sonalyze_measurement.stages import Reached


class Turns:
    """Gives turns, and tells what share of them is over."""

    def __init__(self, at_once: int, total: int, reached: Reached) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._total = total
        self._over = 0
        self._reached = reached

    @asynccontextmanager
    async def next(self) -> AsyncIterator[None]:
        """Wait for a turn and have it; it is over whatever comes of it."""
        async with self._free:
            self._reached("running", self._over / self._total)
            try:
                yield
            finally:
                self._over += 1
        self._reached("running", self._over / self._total)
