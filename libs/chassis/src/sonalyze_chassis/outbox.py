"""The outbox: what a service has to tell storage, kept beside what it tells of.

A row that is written in the transaction of a change is there exactly if the change is. What
happens outside the database, the arrival of a file for one, is written down before as *intended*
and confirmed after; whoever finds an intended row at the next start looks what became of it.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from weakref import WeakSet

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    false,
    insert,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from sonalyze_chassis.columns import UtcDateTime
from sonalyze_contracts.archive import ArchivedRow, Resource


def outbox_in(metadata: MetaData) -> Table:
    """Define the outbox in a service's schema; its migrations create it."""
    table = Table(
        "outbox",
        metadata,
        Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
        Column("resource", String(32), nullable=False),
        Column("row_id", String(36), nullable=False),
        Column("fields", Text, nullable=False),
        Column("size_bytes", Integer, nullable=False),
        Column("ready", Boolean, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("refused_at", UtcDateTime),
        Column("refusal", Text),
        sqlite_autoincrement=True,
    )
    Index(
        "ix_outbox_refused",
        table.c.row_id,
        sqlite_where=text("refused_at IS NOT NULL"),
        postgresql_where=text("refused_at IS NOT NULL"),
    )
    return table


class Outbox:
    """Where rows are written down; ids rise, so changes of one thing leave in their order.

    That needs changes of one thing to exclude each other, as a locked row or SQLite make them.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._written_in: WeakSet[AsyncConnection] = WeakSet()
        self.news = asyncio.Event()

    async def enqueue(self, connection: AsyncConnection, rows: Sequence[ArchivedRow]) -> None:
        """Write rows down in the transaction of the change that they tell of."""
        if rows:
            written = [_columns(row, ready=True) for row in rows]
            await connection.execute(insert(self._table), written)
            self._written_in.add(connection)

    def committed(self, connection: AsyncConnection) -> None:
        """Say that a transaction is committed: what was written down in it may go out."""
        if connection in self._written_in:
            self._written_in.discard(connection)
            self.news.set()

    async def intend(self, connection: AsyncConnection, row: ArchivedRow) -> int:
        """Write down what is about to become true; give the number of the intention."""
        columns = _columns(row, ready=False)
        written = await connection.execute(insert(self._table).values(columns))
        assert written.inserted_primary_key  # noqa: S101  an insert of one row has one
        number: int = written.inserted_primary_key[0]
        return number

    async def intended(self, connection: AsyncConnection) -> dict[int, ArchivedRow]:
        """Read, by their numbers, the intentions of which it is not known what became of them."""
        found = await connection.execute(
            select(self._table).where(self._table.c.ready == false()).order_by(self._table.c.id)
        )
        return {
            entry.id: ArchivedRow(
                Resource(entry.resource), UUID(entry.row_id), orjson.loads(entry.fields)
            )
            for entry in found
        }

    async def fulfil(self, connection: AsyncConnection, number: int, row: ArchivedRow) -> None:
        """Say that it became true; it takes its place behind what was written down meanwhile."""
        await self.drop(connection, number)
        await self.enqueue(connection, [row])

    async def drop(self, connection: AsyncConnection, number: int) -> None:
        """Say that it did not become true."""
        await connection.execute(delete(self._table).where(self._table.c.id == number))


def _columns(row: ArchivedRow, *, ready: bool) -> dict[str, Any]:
    fields = orjson.dumps(row.fields)
    return {
        "resource": row.resource,
        "row_id": str(row.id),
        "fields": fields.decode(),
        "size_bytes": len(fields),
        "ready": ready,
        "created_at": datetime.now(UTC),
    }
