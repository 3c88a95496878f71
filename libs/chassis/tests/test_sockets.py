import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import websockets
from listening_server import Listening
from starlette.types import Receive, Scope, Send

from sonalyze_chassis.serve import configuration
from sonalyze_chassis.sockets import EXTENSION, Socket, socket_of

Life = Callable[[Socket, Receive], Awaitable[None]]

HELLO = b"\x81\x05hello"
LARGE = b"\x81\x7f" + (1 << 20).to_bytes(8) + bytes(1 << 20)
PATIENCE_S = 5.0


@asynccontextmanager
async def listening(life: Life, **options: object) -> AsyncIterator[tuple[str, Listening]]:
    """Serve sockets that each live this life; give their address."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        socket = socket_of(scope)
        assert socket is not None
        await life(socket, receive)

    config = configuration(app, "127.0.0.1", 0)
    config.lifespan = "off"
    config.timeout_graceful_shutdown = 2
    for name, value in options.items():
        setattr(config, name, value)
    server = Listening(config)
    serving = asyncio.create_task(server.serve())
    await server.is_listening.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}", server
    finally:
        server.is_stopped.set()
        await serving


async def fill(socket: Socket) -> None:
    """Write until everything between the socket and a peer that does not read is full."""
    for _ in range(100):
        if not socket.write_now(LARGE):
            return
        await asyncio.sleep(0)
    raise AssertionError("the peer reads")


async def to_the_end(socket: Socket, receive: Receive) -> None:
    assert socket.handshake_complete
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def test_a_frame_is_written_at_once_to_a_peer_that_reads() -> None:
    written = []

    async def greet(socket: Socket, receive: Receive) -> None:
        written.append(socket.write_now(HELLO))
        await to_the_end(socket, receive)

    async with listening(greet) as (url, _), websockets.connect(url, proxy=None) as peer:
        heard = await asyncio.wait_for(peer.recv(), PATIENCE_S)

    assert (written, heard) == ([True], "hello")


async def test_a_frame_is_not_written_to_a_peer_that_is_behind() -> None:
    was_behind = asyncio.Event()
    caught_up = asyncio.Event()

    async def flood(socket: Socket, receive: Receive) -> None:
        await fill(socket)
        was_behind.set()
        await socket.write(HELLO)
        caught_up.set()
        await to_the_end(socket, receive)

    async with (
        listening(flood) as (url, _),
        websockets.connect(url, proxy=None, max_size=None) as peer,
    ):
        peer.transport.pause_reading()
        await asyncio.wait_for(was_behind.wait(), PATIENCE_S)
        assert not caught_up.is_set()
        peer.transport.resume_reading()
        while await peer.recv() != "hello":
            pass

    assert caught_up.is_set()


async def test_nothing_is_written_to_a_peer_that_left() -> None:
    outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def late(socket: Socket, receive: Receive) -> None:
        await to_the_end(socket, receive)
        with pytest.raises(ConnectionResetError):
            await socket.write(HELLO)
        outcome.set_result(socket.write_now(HELLO))

    async with listening(late) as (url, _):
        async with websockets.connect(url, proxy=None):
            pass
        assert await asyncio.wait_for(outcome, PATIENCE_S) is False


async def test_hanging_up_tells_the_peer_why_and_the_app_that_it_is_over() -> None:
    ended = asyncio.Event()

    async def hang_up(socket: Socket, receive: Receive) -> None:
        socket.hang_up(4008, "too slow")
        socket.hang_up(4009, "once is enough")
        await to_the_end(socket, receive)
        ended.set()

    async with listening(hang_up) as (url, _), websockets.connect(url, proxy=None) as peer:
        await asyncio.wait_for(peer.wait_closed(), PATIENCE_S)
        await asyncio.wait_for(ended.wait(), PATIENCE_S)

    assert (peer.close_code, peer.close_reason) == (4008, "too slow")


@pytest.mark.parametrize("end", ["hang up", "shut down", "ping"])
async def test_a_peer_that_reads_nothing_is_cut_off(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sonalyze_chassis.sockets.CLOSING_S", 0.05)
    was_behind, was_cut_off = asyncio.Event(), asyncio.Event()

    class Watched(Socket):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            was_cut_off.set()

    async def flood(socket: Socket, receive: Receive) -> None:
        await fill(socket)
        was_behind.set()
        if end == "hang up":
            socket.hang_up(4008, "too slow")
        await to_the_end(socket, receive)

    pings = {"ws_ping_interval": 0.05, "ws_ping_timeout": 0.05} if end == "ping" else {}
    async with listening(flood, ws=Watched, **pings) as (url, server):
        peer = await websockets.connect(url, proxy=None)
        peer.transport.pause_reading()
        await asyncio.wait_for(was_behind.wait(), PATIENCE_S)
        if end == "shut down":
            server.is_stopped.set()
        await asyncio.wait_for(was_cut_off.wait(), PATIENCE_S)
        peer.transport.abort()


async def test_a_pong_that_the_app_keeps_waiting_closes_nothing() -> None:
    closings: list[bool] = []
    twice = asyncio.Event()

    class Watched(Socket):
        def keepalive_timeout(self) -> None:
            super().keepalive_timeout()
            closings.append(self.transport.is_closing())
            if len(closings) == 2:
                twice.set()

    async def busy(socket: Socket, receive: Receive) -> None:
        await receive()
        await twice.wait()
        socket.write_now(HELLO)
        await to_the_end(socket, receive)

    async with (
        listening(busy, ws=Watched, ws_ping_interval=0.05, ws_ping_timeout=0.05) as (url, _),
        websockets.connect(url, proxy=None) as peer,
    ):
        for number in range(4):
            await peer.send(f"message {number}")
        heard = await asyncio.wait_for(peer.recv(), PATIENCE_S)

    assert (closings[:2], heard) == ([False, False], "hello")


async def test_reading_stops_while_messages_wait_and_none_is_lost() -> None:
    heard: list[str] = []
    was_paused, is_released = asyncio.Event(), asyncio.Event()

    class Watched(Socket):
        def send_receive_event_to_app(self) -> None:
            super().send_receive_event_to_app()
            if self.read_paused:
                was_paused.set()

    async def slow(_: Socket, receive: Receive) -> None:
        await is_released.wait()
        while (message := await receive())["type"] == "websocket.receive":
            heard.append(message["text"])

    async with (
        listening(slow, ws=Watched) as (url, _),
        websockets.connect(url, proxy=None) as peer,
    ):
        for number in range(100):
            await peer.send(str(number))
        await asyncio.wait_for(was_paused.wait(), PATIENCE_S)
        is_released.set()

    assert heard == [str(number) for number in range(100)]


def test_another_server_offers_no_socket() -> None:
    assert socket_of({"extensions": {}}) is None
    assert socket_of({}) is None
    assert socket_of({"extensions": {EXTENSION: {"socket": 1}}}) == 1


@pytest.mark.parametrize(
    "extra", [b"X-Long: " + b"a" * 9000, b"\r\n".join([b"X: a"] * 200)], ids=["long", "many"]
)
async def test_a_handshake_that_is_not_understood_is_refused_and_holds_up_no_shutdown(
    extra: bytes,
) -> None:
    handshake = (
        b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )

    async with listening(to_the_end) as (url, _), asyncio.timeout(PATIENCE_S):
        port = int(url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(handshake + extra + b"\r\n\r\n")
        said = await reader.read()
        writer.close()

    assert said.startswith(b"HTTP/1.1 400 ")
