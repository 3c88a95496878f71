"""HTTP load that costs little itself: kept connections, at the level of bytes."""

import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

_LENGTH = b"content-length: "
_SUCCESS = b"HTTP/1.1 200 "

Requests = Callable[[], bytes]
"""Gives the next request as it goes over the wire."""


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """Write a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


@dataclass(frozen=True)
class Load:
    """What a round of load has measured."""

    elapsed_s: float
    latencies_s: Sequence[float]

    @property
    def requests_per_second(self) -> float:
        """Give the answers per second."""
        return len(self.latencies_s) / self.elapsed_s

    @property
    def p99_ms(self) -> float:
        """Give the time within which 99 of 100 requests were answered."""
        return 1e3 * statistics.quantiles(self.latencies_s, n=100)[98]


class Connection(asyncio.Protocol):
    """One kept connection; it asks again as soon as it is answered, until it is told to stop."""

    def __init__(self) -> None:
        self._buffer = b""
        self._requests: Requests = bytes
        self._asked_at = 0.0
        self._is_over = True
        self.latencies_s: list[float] = []
        self.idle: asyncio.Future[None]
        self.transport: asyncio.Transport

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Keep the transport."""
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that a server has hung up in the middle of a round."""
        if not self.idle.done():
            self.idle.set_exception(exc or ConnectionResetError("the server hung up"))

    def start(self, requests: Requests) -> None:
        """Begin a round."""
        self.latencies_s = []
        self.idle = asyncio.get_running_loop().create_future()
        self._requests, self._is_over = requests, False
        self._ask()

    def finish(self) -> None:
        """Ask nothing more; ``idle`` is done when the last answer is there."""
        self._is_over = True

    def data_received(self, data: bytes) -> None:
        """Take an answer, when it is complete."""
        self._buffer = buffer = self._buffer + data if self._buffer else data
        head_end = buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        at = buffer.index(_LENGTH) + len(_LENGTH)
        if len(buffer) < head_end + 4 + int(buffer[at : buffer.index(b"\r", at)]):
            return
        assert buffer.startswith(_SUCCESS), buffer[:2000]
        self._buffer = b""
        self.latencies_s.append(time.perf_counter() - self._asked_at)
        if self._is_over:
            self.idle.set_result(None)
        else:
            self._ask()

    def _ask(self) -> None:
        message = self._requests()
        self._asked_at = time.perf_counter()
        self.transport.write(message)


async def loaded(port: int, concurrency: int, requests: Requests, seconds: float) -> Load:
    """Keep so many requests going for so long, on connections of this round's own.

    Between rounds a server would hang up on connections that nobody uses.
    """
    connections = [await Connection.open(port) for _ in range(concurrency)]
    started = time.perf_counter()
    for connection in connections:
        connection.start(requests)
    await asyncio.sleep(seconds)
    for connection in connections:
        connection.finish()
    await asyncio.gather(*(connection.idle for connection in connections))
    elapsed_s = time.perf_counter() - started
    for connection in connections:
        connection.transport.abort()
    return Load(elapsed_s, [one for each in connections for one in each.latencies_s])
