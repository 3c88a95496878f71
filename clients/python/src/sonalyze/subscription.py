"""A bounded stream of pushes for one reader."""

import asyncio
from collections import deque
from typing import Self

from sonalyze.failures import PushesMissed
from sonalyze.pushes import Heard

MOST_WAITING = 10_000
"""A whole session of a full lobby is below this; whoever is further behind has stopped reading."""


class Subscription:
    """The pushes of a connection from now on; iterate over it, it ends with the connection."""

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._waiting: deque[Heard] = deque()
        self._most_waiting = most_waiting
        self._missed = 0
        self._closed = False
        self._news = asyncio.Event()

    def put(self, heard: Heard) -> None:
        """Hand over one push; never waits, so that a slow reader delays nobody."""
        if len(self._waiting) >= self._most_waiting:
            self._missed += 1
        else:
            self._waiting.append(heard)
        self._news.set()

    def close(self) -> None:
        """End the stream after what already waits in it."""
        self._closed = True
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Heard:
        while not self._waiting:
            if self._missed:
                missed, self._missed = self._missed, 0
                raise PushesMissed(f"{missed} pushes were dropped", missed=missed)
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()
