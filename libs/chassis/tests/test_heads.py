import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from listening_server import Listening
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from sonalyze_chassis.heads import LARGEST_HEAD_BYTES, HttpConnection
from sonalyze_chassis.serve import configuration

PATIENCE_S = 5.0
HEAD = b"POST /path HTTP/1.1\r\nHost: here\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


class Impatient(HttpConnection):
    head_patience_s = 0.05


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive)
    said = f"{request.url.path} {len(await request.body())};"
    await PlainTextResponse(said)(scope, receive, send)


@asynccontextmanager
async def connected(
    http: type[HttpConnection] = HttpConnection,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = configuration(echo, "127.0.0.1", 0)
    config.lifespan, config.http = "off", http
    server = Listening(config)
    serving = asyncio.create_task(server.serve())
    await server.is_listening.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        server.is_stopped.set()
        await serving


async def said_to(*parts: bytes, http: type[HttpConnection] = HttpConnection) -> bytes:
    """Send the parts one after the other and give everything until the server closes."""
    async with connected(http) as (reader, writer), asyncio.timeout(PATIENCE_S):
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read()


async def test_a_large_body_is_no_large_head() -> None:
    body = bytes(3 * LARGEST_HEAD_BYTES)

    said = await said_to(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body + LAST)

    assert b"/path 196608;" in said
    assert said.endswith(b"/last 0;")


async def test_requests_in_one_piece_are_not_taken_for_one_head() -> None:
    many = 2 * LARGEST_HEAD_BYTES // len(HEAD)

    said = await said_to((HEAD + b"\r\n") * many + LAST)

    assert said.count(b"/path 0;") == many
    assert said.endswith(b"/last 0;")


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"X-Long: " + b"a" * 2 * LARGEST_HEAD_BYTES,
        HEAD + b"X: a\r\n" * LARGEST_HEAD_BYTES,
        b"GET /" + b"a" * 2 * LARGEST_HEAD_BYTES,
    ],
    ids=["value", "many", "path"],
)
async def test_a_head_without_end_is_refused(head: bytes) -> None:
    async with connected() as (reader, writer), asyncio.timeout(PATIENCE_S):
        writer.write(head)

        said = await reader.readuntil(b"too large.")

    assert said.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("beginning", [b"", HEAD])
async def test_a_head_that_takes_too_long_is_refused(beginning: bytes) -> None:
    said = await said_to(beginning, http=Impatient)

    assert said.endswith(b"The head of the request took too long.")


async def test_a_second_head_on_a_connection_has_to_come_soon_as_well() -> None:
    async with connected(Impatient) as (reader, writer), asyncio.timeout(PATIENCE_S):
        writer.write(HEAD + b"\r\n")
        await reader.readuntil(b"/path 0;")

        writer.write(HEAD)
        said = await reader.read()

    assert said.endswith(b"The head of the request took too long.")


async def test_a_complete_head_is_given_all_the_time_that_its_body_takes() -> None:
    async with connected(Impatient) as (reader, writer), asyncio.timeout(PATIENCE_S):
        writer.write(HEAD + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        await reader.readuntil(b"100 Continue\r\n\r\n")
        until = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(2 * Impatient.head_patience_s, until.set_result, None)
        await until
        writer.write(b"ab")

        said = await reader.readuntil(b"/path 2;")

    assert said.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "body",
    [b"Content-Length: 2\r\n\r\n{}", b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"],
)
async def test_a_body_behind_an_upgrade_that_nobody_knows_is_refused_at_once(body: bytes) -> None:
    said = await said_to(HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + body)

    assert said.startswith(b"HTTP/1.1 400 ")


async def test_an_upgrade_that_nobody_knows_is_ignored_and_ends_the_connection() -> None:
    said = await said_to(HEAD + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n")

    assert b"connection: close" in said
    assert said.endswith(b"/path 0;")
