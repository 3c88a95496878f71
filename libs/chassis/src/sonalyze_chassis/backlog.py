"""The other end of the outbox: what is to go out, and what became of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zlib import crc32

from sqlalchemy import ColumnElement, Table, and_, delete, func, select, text, true, update

from sonalyze_chassis.database import Database
from sonalyze_chassis.parcels import Entry
from sonalyze_contracts.archive import LARGEST_BATCH_BYTES, MOST_BATCH_ROWS, Resource

TURN: Final = crc32(b"sonalyze outbox")
"""The advisory lock of whoever drains; PostgreSQL takes it back when the connection is gone."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to do."""

    waiting: int = 0
    refused: int = 0
    oldest_at: datetime | None = None
    """When the oldest of those that wait was written down."""


class Backlog:
    """Reads an outbox, and deletes what has arrived."""

    def __init__(self, database: Database, table: Table) -> None:
        self._database = database
        self._table = table
        self._is_shared = database.engine.dialect.name == "postgresql"

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[bool]:
        """Keep other processes from draining meanwhile; false while another one does.

        An outbox in SQLite belongs to one process.
        """
        if not self._is_shared:
            yield True
            return
        async with self._database.statement() as connection:
            try:
                taken = await connection.scalar(
                    text("SELECT pg_try_advisory_lock(:turn)"), {"turn": TURN}
                )
                yield bool(taken)
            finally:
                await connection.execute(text("SELECT pg_advisory_unlock_all()"))

    async def oldest(self) -> Sequence[Entry]:
        """Read the oldest lines, as many as a request has room for.

        What was refused before of the same things comes along: a thing's changes stay in order.
        """
        lines = self._table.c
        async with self._database.statement() as connection:
            page = (
                select(lines.id, lines.size_bytes)
                .where(self._waiting)
                .order_by(lines.id)
                .limit(MOST_BATCH_ROWS)
            )
            numbers = _as_many_as_fit([(row[0], row[1]) for row in await connection.execute(page)])
            wanted = select(lines.id, lines.resource, lines.row_id, lines.fields)
            found = await connection.execute(wanted.where(lines.id.in_(numbers)))
            entries = [_entry(*row) for row in found]
            things = {entry.row_id for entry in entries}
            earlier = await connection.execute(
                wanted.where(lines.refused_at.is_not(None), lines.row_id.in_(things))
            )
            return [*(_entry(*row) for row in earlier), *entries]

    async def forget(self, entry_ids: Sequence[int]) -> None:
        """Delete what has arrived."""
        async with self._database.statement() as connection:
            await connection.execute(delete(self._table).where(self._table.c.id.in_(entry_ids)))

    async def refuse(self, entry_ids: Sequence[int], at: datetime, refusal: str) -> None:
        """Keep what storage does not take apart from what waits."""
        async with self._database.statement() as connection:
            await connection.execute(
                update(self._table)
                .where(self._table.c.id.in_(entry_ids))
                .values(refused_at=at, refusal=refusal)
            )

    async def readmit(self) -> None:
        """Let everything that was refused wait again."""
        async with self._database.statement() as connection:
            await connection.execute(
                update(self._table)
                .where(self._table.c.refused_at.is_not(None))
                .values(refused_at=None, refusal=None)
            )

    async def counts(self) -> Counts:
        """Count what waits and what was refused."""
        lines = self._table.c
        asked = select(
            func.count().filter(self._waiting),
            func.count(lines.refused_at),
            func.min(lines.created_at).filter(self._waiting),
        ).select_from(self._table)
        async with self._database.statement() as connection:
            waiting, refused, oldest_at = (await connection.execute(asked)).one()
        return Counts(waiting, refused, oldest_at)

    @property
    def _waiting(self) -> ColumnElement[bool]:
        return and_(self._table.c.ready == true(), self._table.c.refused_at.is_(None))


def _as_many_as_fit(lines: Sequence[tuple[int, int]]) -> list[int]:
    """Take at least one, and no more than are good to have in memory at once."""
    taken: list[int] = []
    room_bytes = LARGEST_BATCH_BYTES
    for number, size_bytes in lines:
        room_bytes -= size_bytes
        if taken and room_bytes < 0:
            break
        taken.append(number)
    return taken


def _entry(number: int, resource: str, row_id: str, fields: str) -> Entry:
    return Entry(number, Resource(resource), row_id, fields)
