"""Rows in the database. What is one statement runs as one, without a transaction around it."""

from collections.abc import Collection as Many
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Executable
from sqlalchemy import Row as Values
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from sonalyze_chassis.completion import to_its_end
from sonalyze_chassis.database import Database, DatabaseUnavailable
from sonalyze_storage.domain.collection import Collection, Fields, Row
from sonalyze_storage.domain.conditions import SchemaMissing
from sonalyze_storage.domain.pages import PageRequest
from sonalyze_storage.infra.refusals import Refusals
from sonalyze_storage.infra.statements import Statements
from sonalyze_storage.infra.tables import METADATA

MIGRATE = "The schema is missing or old: run the migrations, or set RUN_MIGRATIONS=true"


class TableRows:
    """The rows of one table."""

    def __init__(self, collection: Collection, database: Database) -> None:
        self._database = database
        table = METADATA.tables[collection.underscored]
        self._statements = Statements(collection, table, database.engine.dialect.name)
        self._refusals = Refusals(table, collection.entity)
        self._names = self._statements.names

    async def add(self, fields: Fields) -> Row:
        """Write a new row, or replace what a POST replaces of the one that exists."""
        (values,) = await self._run(self._statements.add, fields)
        return self._row(values)

    @to_its_end
    async def write(self, groups: Mapping[frozenset[str], Sequence[Fields]]) -> None:
        """Write rows, all or none; of those whose id exists only the fields that are named."""
        with self._understood(chain.from_iterable(groups.values())):
            if len(groups) == 1 and self._statements.takes_arrays:
                ((names, rows),) = groups.items()
                await self._database.rows(*self._statements.write(names, rows))
                return
            async with self._database.transaction() as connection:
                new = await self._claimed(connection, groups)
                for names, rows in groups.items():
                    if left := [row for row in rows if row["id"] not in new]:
                        await connection.execute(*self._statements.write(names, left))

    async def _claimed(
        self, connection: AsyncConnection, groups: Mapping[frozenset[str], Sequence[Fields]]
    ) -> Many[UUID]:
        """Take all rows of several groups by id; give the ids of the rows that are written by that.

        One group is in order as it is, and on SQLite writers do not meet.
        """
        if len(groups) == 1 or not self._statements.takes_arrays:
            return ()
        rows = sorted(chain.from_iterable(groups.values()), key=lambda row: row["id"].int)
        return set(await connection.scalars(*self._statements.claim(rows)))

    async def find(self, field: str, value: object) -> Row | None:
        """Read the one row that has this value of a unique field."""
        found = await self._run(self._statements.find(field), {"value": value})
        return self._row(found[0]) if found else None

    async def page(self, request: PageRequest) -> list[dict[str, Any]]:
        """Read rows, the newest first, and one more than asked for if there is one."""
        statement = self._statements.page(
            frozenset(request.filters), goes_on=request.after is not None
        )
        bounds: dict[str, Any] = {"most": request.limit + 1, "offset": request.offset}
        if request.after:
            bounds = {**bounds, "after_time": request.after.time, "after_id": request.after.id}
        found = await self._run(statement, {**bounds, **request.filters})
        return [dict(zip(self._names, values, strict=True)) for values in found]

    async def change(self, row_id: UUID, given: Fields, revisions: Many[int] | None) -> Row | None:
        """Change fields of a row; where revisions are named, only if it has one of them."""
        if revisions is None:
            changed = await self._run(self._statements.change, {**given, "row_id": row_id})
        else:
            values = {**given, "row_id": row_id, "revisions": list(revisions)}
            changed = await self._run(self._statements.change_unchanged, values)
        return self._row(changed[0]) if changed else None

    async def remove(self, row_id: UUID) -> bool:
        """Delete a row and say whether there was one."""
        return bool(await self._run(self._statements.remove, {"row_id": row_id}))

    async def check(self) -> None:
        """Raise if rows could not be read."""
        await self.find("id", UUID(int=0))

    async def _run(self, statement: Executable, values: Fields) -> Sequence[Values[Any]]:
        with self._understood([values]):
            return await self._database.rows(statement, values)

    def _row(self, values: Values[Any]) -> Row:
        return Row(dict(zip(self._names, values, strict=False)), values[-1])

    @contextmanager
    def _understood(self, rows: Iterable[Fields]) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise self._refusals.meaning(error, rows) from error
        except ProgrammingError as error:
            raise SchemaMissing(MIGRATE) from error
        except DatabaseUnavailable as error:
            # SQLite says this in one breath with being busy, locked or broken.
            if "no such table" in str(error.__cause__):
                raise SchemaMissing(MIGRATE) from error
            raise
