"""What it means when the database refuses a row.

Constraints are known by name. SQLite names the columns of a unique constraint, and of a foreign key
nothing: there every key that the row gives is named.
"""

import re
import sqlite3
from collections.abc import Iterable

from sqlalchemy import ForeignKeyConstraint, Table
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import ColumnCollectionConstraint

from sonalyze_contracts.errors import Conflict
from sonalyze_storage.domain.collection import Fields
from sonalyze_storage.domain.conditions import AlreadyExists, DanglingReference

_COLUMN = re.compile(r"\w+\.(\w+)")


class Refusals:
    """The constraints of one table, and what they say."""

    def __init__(self, table: Table, entity: str) -> None:
        self._entity = entity
        self._unique: dict[str | None, tuple[str, ...]] = {}
        self._references: dict[str | None, tuple[str, ...]] = {}
        named = (one for one in table.constraints if isinstance(one, ColumnCollectionConstraint))
        for constraint in named:
            fields = tuple(column.key for column in constraint.columns)
            if isinstance(constraint, ForeignKeyConstraint):
                self._references[str(constraint.name)] = fields
            else:
                self._unique[str(constraint.name)] = fields

    def meaning(self, error: IntegrityError, rows: Iterable[Fields]) -> Conflict:
        """Say which field is in the way."""
        cause = error.driver_exception
        if isinstance(cause, sqlite3.IntegrityError):
            return self._of_sqlite(cause, rows)
        name = getattr(cause, "constraint_name", None)
        if name in self._unique:
            return self._taken(self._unique[name])
        return self._dangling(self._references[name])

    def _of_sqlite(self, cause: sqlite3.IntegrityError, rows: Iterable[Fields]) -> Conflict:
        if cause.sqlite_errorname == "SQLITE_CONSTRAINT_FOREIGNKEY":
            given = {name for row in rows for name, value in row.items() if value is not None}
            keys = [name for fields in self._references.values() for name in fields]
            return self._dangling(tuple(sorted(given.intersection(keys))))
        return self._taken(tuple(_COLUMN.findall(str(cause))))

    def _taken(self, fields: tuple[str, ...]) -> AlreadyExists:
        names = " and ".join(f"'{name}'" for name in fields)
        return AlreadyExists(
            f"Another {self._entity} has this {names} already", field=", ".join(fields)
        )

    def _dangling(self, fields: tuple[str, ...]) -> DanglingReference:
        names = " or ".join(f"'{name}'" for name in fields)
        return DanglingReference(
            f"{names} names a row that does not exist", field=", ".join(fields)
        )
