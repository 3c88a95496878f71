"""What waits for one client.

While a client keeps up, messages go straight to its wire and nothing waits. Once it is behind, they
queue, and a task writes them as the client catches up. When more than the limit wait, the client
is given up: telling it everything would take memory without end, and leaving something out would
be a lie.
"""

import asyncio
from collections import deque

from sonalyze_contracts.envelope import CloseCode
from sonalyze_gateway.domain.outgoing import Outgoing
from sonalyze_gateway.ports import Wire


class Outbox:
    """The ordered, bounded queue of one socket."""

    __slots__ = ("_is_closed", "_limit", "_queue", "_wire", "_writer", "was_given_up")

    def __init__(self, wire: Wire, limit: int) -> None:
        self._wire = wire
        self._limit = limit
        self._queue: deque[Outgoing] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._is_closed = False
        self.was_given_up = False

    def put(self, message: Outgoing) -> bool:
        """Send after all earlier messages; never waits. False when the socket is not to be used."""
        if self._is_closed:
            return False
        if self._writer is None and self._wire.write_now(message):
            return True
        if len(self._queue) >= self._limit:
            self._give_up()
            return False
        self._queue.append(message)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return True

    def close(self) -> None:
        """Forget what waits; the socket is gone."""
        self._is_closed = True
        self._queue.clear()
        if self._writer is not None:
            self._writer.cancel()

    def _give_up(self) -> None:
        self.was_given_up = True
        self.close()
        self._wire.hang_up(CloseCode.SLOW_CONSUMER, "Too many messages waited to be read")

    async def _write(self) -> None:
        try:
            while self._queue:
                await self._wire.write(self._queue.popleft())
        except ConnectionError:
            self._is_closed = True
            self._queue.clear()
        finally:
            self._writer = None
