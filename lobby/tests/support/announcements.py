"""Keeps what was to be told, where a test needs no gateway."""

import asyncio
from collections.abc import Sequence
from typing import TypeVar

from sonalyze_contracts.command import Push
from sonalyze_lobby.domain.news import Tell

PATIENCE_S = 5.0
PushT = TypeVar("PushT", bound=Push)


class Announcements:
    """Everything is delivered at once, to a list."""

    def __init__(self) -> None:
        self.tells: list[Tell] = []
        self._news = asyncio.Event()

    def announce(self, _: str, tells: Sequence[Tell]) -> None:
        """Keep what is told."""
        self.tells += tells
        self._news.set()

    async def delivered(self, _: str) -> None:
        """Return: there is no line to wait in."""

    async def heard(self, kind: type[PushT]) -> PushT:
        """Wait for a push of this kind."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := [one.push for one in self.tells if isinstance(one.push, kind)]):
                self._news.clear()
                await self._news.wait()
        return found[-1]
