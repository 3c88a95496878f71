"""Load that costs little itself: clients at the level of bytes.

A client library on the load's side would take longer than what is to be measured.
"""

import asyncio
import itertools
import statistics
import struct
import time
from collections.abc import Callable, Sequence
from typing import Self

_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_MASKED = 0x80
_LENGTH_IN_TWO_BYTES, _LENGTH_IN_EIGHT_BYTES = 126, 127


def frame(payload: bytes, opcode: int = _TEXT) -> bytes:
    """Make a client's frame; masked with zeros, which the server cannot know."""
    if len(payload) < _LENGTH_IN_TWO_BYTES:
        head = struct.pack("!BB", opcode, _MASKED | len(payload))
    else:
        head = struct.pack("!BBH", opcode, _MASKED | _LENGTH_IN_TWO_BYTES, len(payload))
    return head + bytes(4) + payload


class Client(asyncio.Protocol):
    """One WebSocket client; ``on_message`` is called for each message that arrives."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._buffer = b""
        self._is_open = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self.on_message: Callable[[], None] = lambda: None
        self.received = 0

    @classmethod
    async def open(cls, port: int, path: str) -> Self:
        """Connect, and return when the server agreed."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: cls(path), "127.0.0.1", port)
        await client.opened
        return client

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Ask for the upgrade."""
        self.transport = transport
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take all complete messages."""
        buffer = self._buffer + data
        if not self._is_open:
            head, separator, buffer = buffer.partition(b"\r\n\r\n")
            assert separator, "the answer to the upgrade came in pieces"
            assert b" 101 " in head, head
            self._is_open = True
            self.opened.set_result(None)
        self._buffer = self._without_messages(buffer)

    def _without_messages(self, buffer: bytes) -> bytes:
        start = 0
        while (end := _frame_end(buffer, start)) is not None:
            if buffer[start] == _TEXT:
                self.received += 1
                self.on_message()
            elif buffer[start] == _PING:
                self.transport.write(frame(buffer[start + 2 : end], _PONG))
            start = end
        return buffer[start:]


def _frame_end(buffer: bytes, start: int) -> int | None:
    if len(buffer) < start + 2:
        return None
    length, head = buffer[start + 1], 2
    if length == _LENGTH_IN_TWO_BYTES and len(buffer) >= start + 4:
        (length,), head = struct.unpack_from("!H", buffer, start + 2), 4
    elif length == _LENGTH_IN_EIGHT_BYTES and len(buffer) >= start + 10:
        (length,), head = struct.unpack_from("!Q", buffer, start + 2), 10
    elif length >= _LENGTH_IN_TWO_BYTES:
        return None
    end = start + head + length
    return end if end <= len(buffer) else None


async def messages_per_second(clients: Sequence[Client], message: bytes, seconds: float) -> float:
    """Let every client ask again as soon as it is answered; give the answers per second."""
    loop = asyncio.get_running_loop()
    ready = frame(message)
    answered, is_over = itertools.count(), False

    def go_on(client: Client) -> Callable[[], None]:
        def on_message() -> None:
            if not is_over:
                next(answered)
                client.transport.write(ready)

        return on_message

    for client in clients:
        client.on_message = go_on(client)
        client.transport.write(ready)
    started = loop.time()
    await asyncio.sleep(seconds)
    is_over, elapsed_s = True, loop.time() - started
    await asyncio.sleep(0.1)
    return next(answered) / elapsed_s


async def median_round_trip_s(client: Client, message: bytes, count: int) -> float:
    """Ask one thing after the other; give the median time until an answer."""
    ready = frame(message)
    times_s = []
    for _ in range(count):
        started = time.perf_counter()
        await _next_message(client, ready)
        times_s.append(time.perf_counter() - started)
    return statistics.median(times_s)


async def _next_message(client: Client, ready: bytes) -> None:
    arrived = asyncio.get_running_loop().create_future()
    client.on_message = lambda: arrived.set_result(None)
    client.transport.write(ready)
    await arrived


class Audience:
    """Clients that wait for one message each."""

    def __init__(self, clients: Sequence[Client]) -> None:
        self._missing = 0
        self._all_heard: asyncio.Future[None] | None = None
        self._clients = clients
        for client in clients:
            client.on_message = self._heard

    def expect(self) -> asyncio.Future[None]:
        """Give a future that is done when every client has heard one more message."""
        self._missing = len(self._clients)
        self._all_heard = asyncio.get_running_loop().create_future()
        return self._all_heard

    def _heard(self) -> None:
        self._missing -= 1
        if self._missing == 0 and self._all_heard is not None:
            self._all_heard.set_result(None)
