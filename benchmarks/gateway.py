"""The gateway beside the least that must be done: ``uv run python benchmarks/gateway.py``.

All servers run on one core, among them the service that answers at once, which is the same behind
the gateway and behind the bare hop; all load runs on another. Rounds are interleaved, so that
whatever else the machine does hits all alike.
"""

import argparse
import asyncio
import io
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))

import aiohttp
import orjson
import uvloop
from comparison import HEADER, Comparison, Target
from processes import Server, forget_peak, resident_bytes, serving
from socket_load import Audience, Client, median_round_trip_s, messages_per_second
from throwaway_postgres import Server as Postgres
from throwaway_postgres import running_server

from sonalyze_chassis.dispatch import HANDLE_PATH


def pushed(text: str, device_ids: list[str]) -> bytes:
    """Write a broadcast."""
    targets = {"device_ids": device_ids}
    return orjson.dumps({"event": "news", "data": {"text": text}, "targets": targets})


SERVER_CORE, LOAD_CORE = 0, 1
TOKEN = "benchmark"  # noqa: S105  known to this run only

GATEWAY, LOBBY = "sonalyze_gateway.main:app", "sonalyze_lobby.main:app"
MEASUREMENT = "sonalyze_measurement.main:app"
PEERS = "bare_peers:app"

SOCKETS = 50
ROUND_TRIPS = 300
AUDIENCE = 1_000
PUSHES = 5
UPLOAD_BYTES = 40 << 20
CHUNK_BYTES = 64 << 10
FORM_HEAD = (
    b'--border\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n'
    b"Content-Type: audio/wav\r\n\r\n"
)
FORM_END = b"\r\n--border--\r\n"
STALLING_BYTES, STALLING_PUSHES = 1_000_000, 24
KIB = 1024
MOST_KIB_PER_SOCKET = 60

GET = orjson.dumps({"event": "lobby.get", "request_id": "1", "data": {"code": "ABCDEF"}})
UNKNOWN = orjson.dumps({"event": "no.such", "request_id": "1", "data": {"code": "ABCDEF"}})
IDENTIFY = orjson.dumps({"event": "identify", "request_id": "1", "data": {"device_id": "d"}})
NAMES = [f"phone-{number}" for number in range(AUDIENCE)]
STALLED = "phone-stalled"
NEWS = pushed("x" * 400, [*NAMES, STALLED])
"""About 500 bytes, once it is a message to a client."""
FILLER = pushed("x" * STALLING_BYTES, [STALLED])

WITHOUT_LIMITS = {
    "INTERNAL_AUTH_TOKEN": TOKEN,
    "RATE_LIMIT_RPS": "1e9",
    "RATE_LIMIT_BURST": "1000000000",
    "PUSH_QUEUE_LIMIT": "100000",
    "LOG_LEVEL": "INFO",
}


@dataclass(frozen=True)
class Bench:
    """What the measurements share."""

    gateway: Server
    peers: Server
    service: str
    http: aiohttp.ClientSession
    rounds: int
    round_s: float

    async def ask(self, path: str, count: int) -> list[Client]:
        """Connect clients to the gateway (``/ws``) or to a bare peer."""
        port = self.gateway.port if path.startswith("/ws") else self.peers.port
        return [await Client.open(port, path) for _ in range(count)]

    @property
    def broadcast_url(self) -> str:
        """Say where services push."""
        return f"{self.gateway.url}/internal/broadcast"

    async def push(self, url: str, body: bytes) -> None:
        """Broadcast as a service does."""
        headers = {"X-Internal-Token": TOKEN}
        async with self.http.post(url, data=io.BytesIO(body), headers=headers) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()
            await answer.read()


async def throughput(bench: Bench) -> list[Comparison]:
    """Compare messages per second."""
    instant = Comparison("instant event / bare hop", "1/s", Target(">=", 0.7))
    unknown = Comparison("unknown event / echo", "1/s", Target(">=", 0.55))
    identify = Comparison("identify again / echo", "1/s", Target(">=", 0.55))
    ours = await bench.ask("/ws?device_id=d", SOCKETS)
    echo = await bench.ask("/echo", SOCKETS)
    hop = await bench.ask(f"/hop?upstream={bench.service}", SOCKETS)
    for _ in range(bench.rounds):
        bare_hop = await messages_per_second(hop, GET, bench.round_s)
        instant.add(await messages_per_second(ours, GET, bench.round_s), bare_hop)
        bare_echo = await messages_per_second(echo, GET, bench.round_s)
        unknown.add(await messages_per_second(ours, UNKNOWN, bench.round_s), bare_echo)
        identify.add(await messages_per_second(ours, IDENTIFY, bench.round_s), bare_echo)
    for client in (*ours, *echo, *hop):
        client.transport.abort()
    return [instant, unknown, identify]


async def fan_out(bench: Bench) -> list[Comparison]:
    """Compare a push to many sockets with serial sends, memory, and one reader stalled."""
    told = Comparison("push to 1,000 sockets / serial sends", "ms", Target("<=", 1.25))
    beside = Comparison("same with one reader stalled / without", "ms", Target("<=", 1.5))
    memory = Comparison("memory of an idle socket / limit", "KiB", Target("<=", 1))
    before = resident_bytes(bench.gateway.pid)
    ours = [(await bench.ask(f"/ws?device_id={name}", 1))[0] for name in NAMES]
    idle_kib = (resident_bytes(bench.gateway.pid) - before) / AUDIENCE / KIB
    memory.add(idle_kib, MOST_KIB_PER_SOCKET)
    bare = await bench.ask("/listen", AUDIENCE)
    audience, bare_audience = Audience(ours), Audience(bare)
    for _ in range(bench.rounds * PUSHES):
        serial_ms = await time_to_all_ms(bench, bare_audience, f"{bench.peers.url}/tell-all")
        told.add(await time_to_all_ms(bench, audience, bench.broadcast_url), serial_ms)
    stalled = await stalled_client(bench)
    for unstalled_ms in told.ours:
        beside.add(await time_to_all_ms(bench, audience, bench.broadcast_url), unstalled_ms)
    heard = {client.received for client in ours}
    assert heard == {2 * bench.rounds * PUSHES}, f"pushes were lost: {heard}"
    await read_all(stalled, STALLING_PUSHES + bench.rounds * PUSHES)
    for client in (*ours, *bare, stalled):
        client.transport.abort()
    return [told, beside, memory]


async def time_to_all_ms(bench: Bench, audience: Audience, url: str) -> float:
    """Push once; give the time until the last client has heard it."""
    all_heard = audience.expect()
    started = time.perf_counter()
    await bench.push(url, NEWS)
    await all_heard
    return 1e3 * (time.perf_counter() - started)


async def stalled_client(bench: Bench) -> Client:
    """Let one more client read nothing, until everything between it and the gateway is full."""
    (client,) = await bench.ask(f"/ws?device_id={STALLED}", 1)
    client.transport.pause_reading()
    for _ in range(STALLING_PUSHES):
        await bench.push(bench.broadcast_url, FILLER)
    return client


async def read_all(stalled: Client, count: int) -> None:
    """Let the stalled client read again; it has missed nothing."""
    has_all = asyncio.Event()
    stalled.on_message = lambda: has_all.set() if stalled.received == count else None
    stalled.transport.resume_reading()
    await asyncio.wait_for(has_all.wait(), 30)


async def through_the_lobby(bench: Bench, postgres: Postgres) -> list[Comparison]:
    """Compare an event that takes a service and its database with the bare hop."""
    rate = Comparison("lobby.get with PostgreSQL / bare hop", "1/s", Target(">=", 0.2))
    alone = Comparison("round trip of lobby.get / bare hop", "µs", Target("<=", 4))
    database = postgres.url(await postgres.fresh_database())
    with (
        serving(LOBBY, SERVER_CORE, DATABASE_URL=database, **WITHOUT_LIMITS) as lobby,
        serving(GATEWAY, SERVER_CORE, LOBBY_URL=lobby.url, **WITHOUT_LIMITS) as gateway,
    ):
        get = await get_of_new_lobby(bench, lobby)
        ours = [await Client.open(gateway.port, "/ws?device_id=d") for _ in range(SOCKETS)]
        hop = await bench.ask(f"/hop?upstream={bench.service}", SOCKETS)
        for _ in range(bench.rounds):
            bare = await messages_per_second(hop, GET, bench.round_s)
            rate.add(await messages_per_second(ours, get, bench.round_s), bare)
            bare_us = 1e6 * await median_round_trip_s(hop[0], GET, ROUND_TRIPS)
            alone.add(1e6 * await median_round_trip_s(ours[0], get, ROUND_TRIPS), bare_us)
        for client in (*ours, *hop):
            client.transport.abort()
    return [rate, alone]


async def get_of_new_lobby(bench: Bench, lobby: Server) -> bytes:
    """Open a lobby, and write the message that asks for it."""
    async with bench.http.post(f"{lobby.url}/lobbies", json={"creator_device_id": "d"}) as opened:
        code = (await opened.json())["code"]
    return orjson.dumps({"event": "lobby.get", "request_id": "1", "data": {"code": code}})


async def uploads(bench: Bench) -> list[Comparison]:
    """Compare an upload to the measurement service through the gateway with the same direct.

    Each round has a gateway of its own: what a process has allocated before would hide memory.
    """
    through = Comparison("40 MiB upload / direct", "ms", Target("<=", 1.6))
    memory = Comparison("memory during it / file", "MiB", Target("<=", 0.1))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        variables = WITHOUT_LIMITS | {"MEASUREMENT_DATA_DIR": folder, "ANALYSIS_WORKERS": "1"}
        service = servers.enter_context(serving(MEASUREMENT, SERVER_CORE, **variables))
        async with bench.http.post(f"{service.url}/v1/jobs", json={"map": {}}) as created:
            path = f"/v1/jobs/{(await created.json())['job_id']}/uploads/recording"
        await upload_ms(service.port, path)
        for _ in range(bench.rounds):
            with serving(
                GATEWAY, SERVER_CORE, MEASUREMENT_URL=service.url, **WITHOUT_LIMITS
            ) as gateway:
                direct_ms = await upload_ms(service.port, path)
                before = resident_bytes(gateway.pid)
                forget_peak(gateway.pid)
                through.add(await upload_ms(gateway.port, path), direct_ms)
                grown = resident_bytes(gateway.pid, "VmHWM") - before
            memory.add(grown / (1 << 20), UPLOAD_BYTES / (1 << 20))
    return [through, memory]


async def upload_ms(port: int, path: str) -> float:
    """Send one file as a form, in pieces; give the time until it is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    piece = bytes(CHUNK_BYTES)
    started = time.perf_counter()
    length = len(FORM_HEAD) + UPLOAD_BYTES + len(FORM_END)
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Content-Type: multipart/form-data; boundary=border\r\n"
        f"Content-Length: {length}\r\n\r\n".encode()
    )
    writer.write(FORM_HEAD)
    for _ in range(UPLOAD_BYTES // CHUNK_BYTES):
        writer.write(piece)
        await writer.drain()
    writer.write(FORM_END)
    answer = await reader.read()
    elapsed_ms = 1e3 * (time.perf_counter() - started)
    assert b'"bytes":%d' % UPLOAD_BYTES in answer, answer
    writer.close()
    return elapsed_ms


async def measure(rounds: int, round_s: float, postgres: Postgres) -> list[Comparison]:
    """Run everything."""
    with ExitStack() as servers:
        peers = servers.enter_context(serving(PEERS, SERVER_CORE))
        service = servers.enter_context(serving(PEERS, SERVER_CORE))
        gateway = servers.enter_context(
            serving(
                GATEWAY,
                SERVER_CORE,
                LOBBY_URL=service.url,
                **WITHOUT_LIMITS,
            )
        )
        async with aiohttp.ClientSession() as http:
            bench = Bench(gateway, peers, service.url + HANDLE_PATH, http, rounds, round_s)
            return [
                *await throughput(bench),
                *await through_the_lobby(bench, postgres),
                *await uploads(bench),
                *await fan_out(bench),
            ]


def main() -> int:
    """Print the table; fail when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--round-seconds", type=float, default=1.0)
    chosen = parser.parse_args()
    os.sched_setaffinity(0, {SERVER_CORE})
    with running_server() as postgres:
        os.sched_setaffinity(0, {LOAD_CORE})
        rows = uvloop.run(measure(chosen.rounds, chosen.round_seconds, postgres))
    print(HEADER)
    for row in rows:
        print(row.line())
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
