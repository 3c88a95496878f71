"""The statements on one table, made once; SQLAlchemy keeps what it compiles of them."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    Select,
    Table,
    bindparam,
    column,
    delete,
    false,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from sonalyze_storage.domain.collection import Collection, Fields

Insert = postgresql.Insert | sqlite.Insert
_INSERT: dict[str, Callable[[Table], Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


class Statements:
    """What is said to the database about one collection."""

    def __init__(self, collection: Collection, table: Table, dialect: str) -> None:
        self._collection = collection
        self._table = table
        self._insert = _INSERT[dialect]
        self.takes_arrays = dialect == "postgresql"
        self._time = table.c[collection.time]
        self.names = tuple(collection.row.model_fields)
        self._columns = [table.c[name] for name in self.names]
        self._row = [*self._columns, table.c.revision]
        self.add = self._add()
        self.remove = delete(table).where(table.c.id == bindparam("row_id")).returning(table.c.id)
        self.change = (
            update(table)
            .where(table.c.id == bindparam("row_id"))
            .values(revision=table.c.revision + 1)
            .returning(*self._row)
        )
        self.change_unchanged = self.change.where(
            table.c.revision.in_(bindparam("revisions", expanding=True))
        )
        self._by = {
            field: select(*self._row).where(table.c[field] == bindparam("value"))
            for field in ("id", *(lookup.field for lookup in collection.lookups))
        }
        self._claim = self._claiming()
        self._from_arrays = lru_cache(maxsize=256)(self._write_arrays)
        self._row_by_row = lru_cache(maxsize=256)(self._write_row)
        self.page = lru_cache(maxsize=64)(self._page)

    def find(self, field: str) -> Select[Any]:
        """Read the row with this ``value`` of a unique field."""
        return self._by[field]

    def write(self, given: frozenset[str], rows: Sequence[Fields]) -> tuple[Executable, Any]:
        """Write rows; of those whose id exists only the given fields.

        PostgreSQL takes an array of each column, which costs it three quarters of what rows do,
        and us a half.
        """
        if self.takes_arrays:
            return self._from_arrays(given), self._arrays(rows)
        return self._row_by_row(given), rows

    def claim(self, rows: Sequence[Fields]) -> tuple[Executable, Any]:
        """Insert the rows whose ids are new, and give these ids; keep the others from changing.

        Of PostgreSQL only: it locks the rows in the way of an insert even if none is to change.
        """
        return self._claim, self._arrays(rows)

    def _add(self) -> Executable:
        insert = self._insert(self._table)
        if self._collection.replaced:
            insert = self._replacing(insert, self._collection.replaced)
        return insert.returning(*self._row)

    def _arrays(self, rows: Sequence[Fields]) -> dict[str, list[Any]]:
        return {name: [row[name] for row in rows] for name in self.names}

    def _insert_arrays(self) -> Insert:
        arrays = (bindparam(one.key, type_=ARRAY(one.type)) for one in self._columns)
        columns = (column(one.key, one.type) for one in self._columns)
        source = select(func.unnest(*arrays).table_valued(*columns).render_derived())
        return self._insert(self._table).from_select(self._columns, source)

    def _write_arrays(self, given: frozenset[str]) -> Executable:
        return self._giving(given, self._insert_arrays())

    def _claiming(self) -> Executable:
        unchanged = {"revision": self._table.c.revision}
        return (
            self._insert_arrays()
            .on_conflict_do_update(index_elements=[self._table.c.id], set_=unchanged, where=false())
            .returning(self._table.c.id)
        )

    def _write_row(self, given: frozenset[str]) -> Executable:
        return self._giving(given, self._insert(self._table))

    def _giving(self, given: frozenset[str], insert: Insert) -> Insert:
        if given:
            return self._replacing(insert, given)
        return insert.on_conflict_do_nothing(index_elements=[self._table.c.id])

    def _replacing(self, insert: Insert, names: Iterable[str]) -> Insert:
        changes: dict[str, ColumnElement[Any]] = {name: insert.excluded[name] for name in names}
        changes["revision"] = self._table.c.revision + 1
        return insert.on_conflict_do_update(index_elements=[self._table.c.id], set_=changes)

    def _page(self, filters: frozenset[str], *, goes_on: bool) -> Select[Any]:
        """List rows, the newest first, from ``after_time`` and ``after_id`` if it goes on."""
        table = self._table
        page = select(*self._columns).order_by(self._time.desc(), table.c.id.desc())
        for name in sorted(filters):
            page = page.where(table.c[name] == bindparam(name))
        if goes_on:
            place = tuple_(
                bindparam("after_time", type_=self._time.type),
                bindparam("after_id", type_=table.c.id.type),
            )
            page = page.where(tuple_(self._time, table.c.id) < place)
        return page.limit(bindparam("most", type_=BigInteger)).offset(
            bindparam("offset", type_=BigInteger)
        )
