"""Storage beside the least that must be done: ``uv run python benchmarks/storage.py``.

The peer is FastAPI, pydantic and asyncpg with nothing around it (``bare_storage.py``), on the same
PostgreSQL, the same tables and the same rows, with the same server, its options and its frozen
garbage collector. What is read and written are measurements: the widest table, and one without
upsert. The server that is measured has one core for itself; the load, which is this process, and
PostgreSQL share another. Rounds are interleaved, so that whatever else the machine does hits both.
"""

import argparse
import itertools
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))

import aiohttp
import asyncpg
import orjson
import uvloop
from comparison import HEADER, Comparison, Target
from http_load import Load, Requests, loaded, request
from processes import Server, serving
from throwaway_postgres import Server as Postgres
from throwaway_postgres import running_server

from sonalyze_contracts.archive import device_row_id
from sonalyze_contracts.identifiers import DeviceId

SERVER_CORE, LOAD_CORE = 0, 1
STORAGE, PEER = "sonalyze_storage.main:app", "bare_storage:app"
CONCURRENCY = 32
KEPT_ROWS = 1_000
ROWS_PER_BATCH = ROWS_PER_PAGE = 100
PATH = "/v1/measurements"
PLACE_OF_ID = b"0" * 31 + b"1"
"""As long as the ids that take its place."""


@dataclass(frozen=True)
class Bench:
    """What the measurements share."""

    ours: Server
    bare: Server
    database: asyncpg.Connection
    rounds: int
    round_s: float

    async def read(self, requests: Requests) -> list[tuple[Load, Load]]:
        """Measure both in turns, after a first round each that counts for nothing."""
        loads = [
            (await self._load(self.ours, requests), await self._load(self.bare, requests))
            for _ in range(1 + self.rounds)
        ]
        return loads[1:]

    async def write(self, requests: Requests) -> list[tuple[Load, Load]]:
        """Measure both in turns, each time on a table that is empty at first."""
        loads = [
            (await self._written(self.ours, requests), await self._written(self.bare, requests))
            for _ in range(1 + self.rounds)
        ]
        return loads[1:]

    async def _written(self, server: Server, requests: Requests) -> Load:
        await self.database.execute("TRUNCATE measurements CASCADE")
        return await self._load(server, requests)

    async def _load(self, server: Server, requests: Requests) -> Load:
        return await loaded(server.port, CONCURRENCY, requests, self.round_s)


def measurement(lobby_id: str, device_id: str) -> dict[str, object]:
    """Give a recording as the services tell of it."""
    return {
        "lobby_id": lobby_id,
        "created_by_device_id": device_id,
        "kind": "raw",
        "sample_rate_hz": 48_000,
        "channels": 1,
        "raw_blob_ref": "jobs/5f2c/uploads/recording_1.wav",
        "raw_bytes": 1_440_044,
        "raw_sha256": "5f" * 32,
        "metadata": {"session_id": lobby_id, "microphone_slot_id": "m1", "speaker_slot_id": "s1"},
        "started_at": "2026-05-04T12:30:00.250000Z",
        "stopped_at": "2026-05-04T12:30:15.500000Z",
    }


def figures(
    name: str, loads: Sequence[tuple[Load, Load]], rate: Target | None, p99: Target | None
) -> list[Comparison]:
    """Give requests per second and their 99th percentile."""
    per_second = Comparison(name, "1/s", rate)
    slow = Comparison(f"{name}, 99th percentile", "ms", p99)
    for ours, bare in loads:
        per_second.add(ours.requests_per_second, bare.requests_per_second)
        slow.add(ours.p99_ms, bare.p99_ms)
    return [per_second, slow]


def new_batches(row: dict[str, object]) -> Requests:
    """Give batches of rows under new ids, the parents of which exist."""
    rows = [{"id": PLACE_OF_ID.decode(), **row} for _ in range(ROWS_PER_BATCH)]
    pieces = request("POST", f"{PATH}/batch", orjson.dumps({"rows": rows})).split(PLACE_OF_ID)

    def batch() -> bytes:
        drawn = secrets.token_hex(16 * ROWS_PER_BATCH).encode()
        ids = (drawn[at : at + 32] for at in range(0, len(drawn), 32))
        return b"".join(itertools.chain.from_iterable(zip(pieces, (*ids, b""), strict=True)))

    return batch


def always(message: bytes) -> Requests:
    """Give the same request again and again."""
    return lambda: message


def in_turn(messages: Sequence[bytes]) -> Requests:
    """Give one request after the other, and begin again."""
    endless = itertools.cycle(messages)
    return lambda: next(endless)


async def prepared(server: Server) -> tuple[dict[str, object], Callable[[], bytes]]:
    """Write what is referred to and read; give a row to write, and requests for those kept."""
    device = {"external_id": "phone"}
    async with aiohttp.ClientSession(server.url, raise_for_status=True) as http:
        await http.post("/v1/devices", json=device)
        async with http.post("/v1/lobbies", json={}) as opened:
            row = measurement(
                (await opened.json())["id"], str(device_row_id(DeviceId(device["external_id"])))
            )
        async with http.post(f"{PATH}/batch", json={"rows": [row] * KEPT_ROWS}) as written:
            ids = (await written.json())["ids"]
    return row, in_turn([request("GET", f"{PATH}/{row_id}") for row_id in ids])


async def measure(rounds: int, round_s: float, postgres: Postgres) -> list[Comparison]:
    """Run everything."""
    database = await postgres.fresh_database()
    variables = {"DATABASE_URL": postgres.url(database), "LOG_LEVEL": "INFO"}
    with ExitStack() as servers:
        storage = servers.enter_context(
            serving(STORAGE, SERVER_CORE, RUN_MIGRATIONS="true", **variables)
        )
        peer = servers.enter_context(serving(PEER, SERVER_CORE, **variables))
        row, reads = await prepared(storage)
        connection = await asyncpg.connect(
            host=str(postgres.socket_folder), user="postgres", database=database
        )
        bench = Bench(storage, peer, connection, rounds, round_s)
        results = await compared(bench, row, reads)
        await connection.close()
    return results


async def compared(bench: Bench, row: dict[str, object], reads: Requests) -> list[Comparison]:
    """Put all kinds of requests to both."""
    read = await bench.read(reads)
    listed = await bench.read(always(request("GET", f"{PATH}?limit={ROWS_PER_PAGE}")))
    created = await bench.write(always(request("POST", PATH, orjson.dumps(row))))
    batched = await bench.write(new_batches(row))
    together = Comparison("rows in batches of 100 / one by one, ours", "1/s", Target(">=", 20))
    for (batches, _), (singles, _) in zip(batched, created, strict=True):
        together.add(batches.requests_per_second * ROWS_PER_BATCH, singles.requests_per_second)
    return [
        *figures("GET by id", read, Target(">=", 0.6), Target("<=", 2)),
        *figures("POST", created, Target(">=", 0.45), None),
        *figures("list of 100", listed, Target(">=", 0.5), None),
        *figures("batch of 100", batched, None, None),
        together,
    ]


def main() -> int:
    """Print the table; fail when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--round-seconds", type=float, default=1.0)
    chosen = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    with running_server() as postgres:
        rows = uvloop.run(measure(chosen.rounds, chosen.round_seconds, postgres))
    print(HEADER)
    for row in rows:
        print(row.line())
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
