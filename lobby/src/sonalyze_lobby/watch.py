"""Waking up for deadlines: one sleep until the earliest of them, and nothing while there is none.

The deadlines are the database's. What is kept here is only for when the watch sleeps, so that it
is woken by an earlier deadline and by no other.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sonalyze_contracts.identifiers import SessionId
from sonalyze_lobby.ports import Clock, SessionStore


class Watch:
    """Tells whose patience has ended, when it has."""

    def __init__(self, store: SessionStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._awake_at: datetime | None = None
        self._earlier_deadline = asyncio.Event()

    def expect(self, deadline: datetime) -> None:
        """Be awake at this time, or earlier."""
        if self._awake_at is None or deadline < self._awake_at:
            self._earlier_deadline.set()

    async def due(self) -> Sequence[SessionId]:
        """Wait for a deadline; list the sessions for which one has passed, perhaps none."""
        self._earlier_deadline.clear()
        self._awake_at = None
        self._awake_at = await self._store.next_deadline()
        await self._sleep_until(self._awake_at)
        return await self._store.due(self._clock.now())

    async def _sleep_until(self, when: datetime | None) -> None:
        waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._earlier_deadline.wait())]
        if when is not None:
            waits.append(asyncio.create_task(self._clock.sleep_until(when)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
