"""A clock that a test turns."""

import asyncio
from datetime import datetime, timedelta

from protocol_harness import NOON


class TurnedClock:
    """Stands still until it is turned; knows for when somebody sleeps."""

    def __init__(self) -> None:
        self.time = NOON
        self.sleepers: list[datetime] = []
        self._turned = asyncio.Condition()

    def now(self) -> datetime:
        """Give the time that the test has set."""
        return self.time

    async def sleep_until(self, when: datetime) -> None:
        """Wait until the clock was turned that far."""
        async with self._turned:
            self.sleepers.append(when)
            self._turned.notify_all()
            try:
                await self._turned.wait_for(lambda: self.time >= when)
            finally:
                self.sleepers.remove(when)

    async def turn(self, duration: timedelta) -> None:
        """Let time pass."""
        async with self._turned:
            self.time += duration
            self._turned.notify_all()

    async def somebody_sleeps_until(self, when: datetime) -> None:
        """Wait for a sleeper, so that turning the clock wakes it."""
        async with asyncio.timeout(5), self._turned:
            await self._turned.wait_for(lambda: when in self.sleepers)
