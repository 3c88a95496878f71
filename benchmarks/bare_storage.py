"""The least that a storage service can do: what ours is held against.

FastAPI, pydantic and asyncpg on the tables that our service has made: measurements are read,
created, listed and written in batches, and there is nothing else. No errors of its own, no
revisions to compare, no second database, no metrics, no request ids.
"""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import asyncpg
import orjson
from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel, Field

from sonalyze_chassis.logs import configure_logs
from sonalyze_chassis.settings import ServiceSettings

CONNECTIONS = 8
"""As many as our service has."""

COLUMNS = (
    *("id", "lobby_id", "created_by_device_id", "kind", "sample_rate_hz", "channels"),
    *("raw_blob_ref", "raw_bytes", "raw_sha256", "meta", "started_at", "stopped_at", "created_at"),
)
NAMES = ", ".join(COLUMNS)
PLACES = ", ".join(f"${place}" for place in range(1, len(COLUMNS) + 1))
UPDATES = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])

READ = f"SELECT {NAMES} FROM measurements WHERE id = $1"  # noqa: S608  our own names
LIST = (
    f"SELECT {NAMES} FROM measurements "  # noqa: S608  as above
    "ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2"
)
INSERT = f"INSERT INTO measurements ({NAMES}, revision) VALUES ({PLACES}, 1)"  # noqa: S608  as above
CREATE = f"{INSERT} RETURNING {NAMES}"
UPSERT = f"{INSERT} ON CONFLICT (id) DO UPDATE SET {UPDATES}"


class NewMeasurement(BaseModel):
    """What a client sends."""

    lobby_id: UUID | None = None
    created_by_device_id: UUID | None = None
    kind: str = Field("raw", max_length=64)
    sample_rate_hz: int | None = Field(None, ge=1)
    channels: int | None = Field(None, ge=1)
    raw_blob_ref: str | None = None
    raw_bytes: int | None = Field(None, ge=0)
    raw_sha256: str | None = Field(None, min_length=64, max_length=64)
    meta: dict[str, Any] = Field({}, alias="metadata")
    started_at: datetime | None = None
    stopped_at: datetime | None = None


class BatchedMeasurement(NewMeasurement):
    """What a batch holds."""

    id: UUID = Field(default_factory=uuid4)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Measurement(BatchedMeasurement):
    """What a client reads."""


class Batch(BaseModel):
    """Rows to write together."""

    rows: Annotated[list[BatchedMeasurement], Field(min_length=1, max_length=1000)]


class Written(BaseModel):
    """What was written."""

    written: int
    ids: list[UUID]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    configure_logs("bare", ServiceSettings(log_level="INFO"))
    address = os.environ["DATABASE_URL"].replace("+asyncpg", "")
    async with asyncpg.create_pool(
        address, min_size=CONNECTIONS, max_size=CONNECTIONS, init=_read_json, reset=_keep
    ) as pool:
        app.state.pool = pool
        yield


async def _read_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=lambda value: orjson.loads(value[1:]),
        format="binary",
    )


async def _keep(_: asyncpg.Connection) -> None:
    """Spare the round trip that makes a connection as new: nothing here changes it."""


app = FastAPI(lifespan=_lifespan)


@app.get("/v1/measurements/{row_id}")
async def read(row_id: UUID) -> Measurement:
    """Read one."""
    row = await _pool().fetchrow(READ, row_id)
    if row is None:
        raise HTTPException(404, "Measurement not found")
    return _measurement(row)


@app.get("/v1/measurements")
async def listed(
    limit: Annotated[int, Query(ge=1, le=500)] = 100, offset: Annotated[int, Query(ge=0)] = 0
) -> list[Measurement]:
    """List the newest."""
    return [_measurement(row) for row in await _pool().fetch(LIST, limit, offset)]


@app.post("/v1/measurements")
async def create(new: NewMeasurement) -> Measurement:
    """Create one."""
    values = _values(BatchedMeasurement.model_construct(**dict(new)))
    return _measurement(await _pool().fetchrow(CREATE, *values))


@app.post("/v1/measurements/batch")
async def write(batch: Batch) -> Written:
    """Write many together."""
    async with _pool().acquire() as connection, connection.transaction():
        await connection.executemany(UPSERT, [_values(row) for row in batch.rows])
    return Written(written=len(batch.rows), ids=[row.id for row in batch.rows])


def _pool() -> asyncpg.Pool:
    pool: asyncpg.Pool = app.state.pool
    return pool


def _values(row: BatchedMeasurement) -> Sequence[object]:
    return [getattr(row, name) for name in COLUMNS]


def _measurement(row: asyncpg.Record) -> Measurement:
    return Measurement(**{"metadata" if name == "meta" else name: row[name] for name in COLUMNS})
