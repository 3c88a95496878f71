"""The same work that several want at once is done once; it ends early only if nobody wants it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sonalyze_chassis.progress import Listener, Progress

T = TypeVar("T")


@dataclass(eq=False)
class _Flight(Generic[T]):
    task: asyncio.Future[T] | None = None
    listeners: list[Listener] = field(default_factory=list)
    latest: Progress | None = None

    def tell(self, progress: Progress) -> None:
        """Pass progress on to everybody."""
        self.latest = progress
        for listener in tuple(self.listeners):
            listener(progress)


class Flights(Generic[T]):
    """Work that is under way, by its key."""

    def __init__(self) -> None:
        self._flying: dict[str, _Flight[T]] = {}

    async def join(
        self, key: str, fly: Callable[[Listener], Awaitable[T]], listener: Listener
    ) -> T:
        """Wait for the work of this key, which is begun if it is not under way."""
        flight = self._flying.get(key)
        if flight is None:
            flight = self._flying[key] = _Flight()
            flight.task = asyncio.ensure_future(fly(flight.tell))
            flight.task.add_done_callback(lambda _: self._landed(key, flight))
        flight.listeners.append(listener)
        if flight.latest is not None:
            listener(flight.latest)
        return await self._end_of(key, flight, listener)

    async def _end_of(self, key: str, flight: _Flight[T], listener: Listener) -> T:
        assert flight.task is not None  # noqa: S101  set where the flight is made
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.listeners.remove(listener)
            if not flight.listeners and not flight.task.done():
                self._landed(key, flight)
                flight.task.cancel()
                await asyncio.wait({flight.task})

    def _landed(self, key: str, flight: _Flight[T]) -> None:
        if self._flying.get(key) is flight:
            del self._flying[key]
