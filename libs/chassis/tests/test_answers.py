import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from sonalyze_chassis.serve import configuration

PATIENCE_S = 5.0
MANY_PIECES = 4_000
"""125 MiB: more than sockets and the server take from a writer whose peer does not read."""

STEADY_S = 0.1
"""A writer that has done nothing for so long waits."""
START = {"type": "http.response.start", "status": 200, "headers": []}


class Listening(uvicorn.Server):
    """Tells when it listens, and stops when told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening, self.is_stopped = asyncio.Event(), asyncio.Event()

    async def main_loop(self) -> None:
        self.is_listening.set()
        await self.is_stopped.wait()


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[int]:
    config = configuration(app, "127.0.0.1", 0)
    config.lifespan = "off"
    server = Listening(config)
    serving = asyncio.create_task(server.serve())
    await server.is_listening.wait()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.is_stopped.set()
        await serving


class Packets(asyncio.Protocol):
    """Notes what arrives at once."""

    def __init__(self) -> None:
        self.arrived: list[bytes] = []
        self.ended = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.arrived.append(data)

    def connection_lost(self, _: Exception | None) -> None:
        self.ended.set()


async def test_head_and_body_arrive_together() -> None:
    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send(START)
        await send({"type": "http.response.body", "body": b"hello"})

    async with listening(app) as port:
        loop = asyncio.get_running_loop()
        transport, packets = await loop.create_connection(Packets, "127.0.0.1", port)
        transport.write(b"GET / HTTP/1.0\r\n\r\n")
        await asyncio.wait_for(packets.ended.wait(), PATIENCE_S)

    assert len(packets.arrived) == 1
    assert packets.arrived[0].startswith(b"HTTP/1.1 200 OK")
    assert b"hello" in packets.arrived[0]


async def test_what_an_app_has_sent_arrives_while_it_waits() -> None:
    was_heard = asyncio.Event()

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send(START)
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await asyncio.wait_for(was_heard.wait(), PATIENCE_S)
        await send({"type": "http.response.body", "body": b", second"})

    async with (
        listening(app) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/") as answer,
    ):
        first = await answer.content.readany()
        was_heard.set()
        rest = await answer.read()

    assert first + rest == b"first, second"


async def test_small_and_large_pieces_keep_their_order() -> None:
    pieces = [bytes([number]) * (200_000 if number % 3 else 7) for number in range(40)]

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await send(START)
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async with (
        listening(app) as port,
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{port}/") as answer,
    ):
        assert await answer.read() == b"".join(pieces)


async def test_a_client_that_left_is_not_written_to() -> None:
    left, was_sent = asyncio.Event(), asyncio.Event()

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await asyncio.wait_for(left.wait(), PATIENCE_S)
        await send(START)
        await send({"type": "http.response.body", "body": b"too late"})
        was_sent.set()

    async with listening(app) as port:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(Packets, "127.0.0.1", port)
        transport.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        transport.abort()
        left.set()
        await asyncio.wait_for(was_sent.wait(), PATIENCE_S)

    assert was_sent.is_set()


async def test_an_answer_in_many_pieces_feels_the_pace_of_its_reader() -> None:
    pieces_sent = 0

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        nonlocal pieces_sent
        await send(START)
        for _ in range(MANY_PIECES):
            await send({"type": "http.response.body", "body": bytes(32 << 10), "more_body": True})
            pieces_sent += 1

    loop = asyncio.get_running_loop()
    async with listening(app) as port:
        transport, _ = await loop.create_connection(Packets, "127.0.0.1", port)
        transport.pause_reading()
        transport.write(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
        before = -1
        while pieces_sent != before:
            before = pieces_sent
            await asyncio.sleep(STEADY_S)
        sent_to_nobody = pieces_sent
        transport.abort()

    assert 0 < sent_to_nobody < MANY_PIECES
