"""What can be done with the rows of a resource."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from collections.abc import Collection as Many
from operator import attrgetter
from typing import TypeVar
from uuid import UUID

from sonalyze_storage.domain.collection import Collection, Fields, Row
from sonalyze_storage.domain.conditions import AlreadyExists, RowChanged, RowNotFound
from sonalyze_storage.domain.pages import Page, PageRequest, Place
from sonalyze_storage.ports import Rows

T = TypeVar("T")

TRIES = 5
"""With a million lobbies a code is taken already once in 2,000 draws."""


class Shelf:
    """The rows of one resource."""

    def __init__(self, collection: Collection, rows: Rows) -> None:
        self._collection = collection
        self._rows = rows

    async def add(self, given: Fields) -> Row:
        """Keep a new row; what it does not say has its default."""
        row_id = self._collection.identified(given)

        async def added() -> Row:
            return await self._rows.add(self._collection.completed(given, row_id))

        return await self._persistently(added, [given])

    async def write(self, entries: Sequence[Fields]) -> list[UUID]:
        """Keep entries, all or none, and give their ids; writing one again changes what it says."""
        ids = [self._collection.identified(entry) for entry in entries]
        given: dict[UUID, dict[str, object]] = defaultdict(dict)
        for row_id, entry in zip(ids, entries, strict=True):
            given[row_id].update(entry)

        async def written() -> list[UUID]:
            await self._rows.write(self._grouped(given))
            return ids

        return await self._persistently(written, given.values())

    async def find(self, field: str, value: object) -> Row:
        """Read the row that has this value of a unique field."""
        row = await self._rows.find(field, value)
        if row is None:
            raise self._missing()
        return row

    async def page(self, request: PageRequest) -> Page:
        """List rows, the newest first."""
        rows = await self._rows.page(request)
        if len(rows) <= request.limit:
            return Page(rows, None)
        last = rows[request.limit - 1]
        return Page(rows[: request.limit], Place(last[self._collection.time], last["id"]))

    async def change(self, row_id: UUID, given: Fields, revisions: Many[int] | None) -> Row:
        """Change fields of a row; where revisions are named, only if it still has one of them."""
        if given:
            changed = await self._rows.change(row_id, given, revisions)
            if changed:
                return changed
            if revisions is None:
                raise self._missing()
        row = await self.find("id", row_id)
        if given or (revisions is not None and row.revision not in revisions):
            raise RowChanged(f"The {self._collection.entity} has changed since it was read")
        return row

    async def remove(self, row_id: UUID) -> None:
        """Delete a row, and what cannot be without it."""
        if not await self._rows.remove(row_id):
            raise self._missing()

    async def _persistently(self, act: Callable[[], Awaitable[T]], entries: Iterable[Fields]) -> T:
        """Try again while what is in the way may be out of it the next time."""
        for _ in range(TRIES - 1):
            try:
                return await act()
            except AlreadyExists as conflict:
                if not any(self._may_pass(conflict, entry) for entry in entries):
                    raise
        return await act()

    def _may_pass(self, conflict: AlreadyExists, given: Fields) -> bool:
        """Say whether a value is drawn anew, or the other row may be the same one.

        Of two writers of a new row at once PostgreSQL may refuse one for any field that is unique;
        the next time the row is there, under the same id.
        """
        field = conflict.facts["field"]
        is_drawn = field in self._collection.drawn and field not in given
        return is_drawn or "id" in given or self._collection.named is not None

    def _grouped(self, given: dict[UUID, dict[str, object]]) -> dict[frozenset[str], list[Fields]]:
        """Group by which fields are given; within a group by id."""
        groups: dict[frozenset[str], list[Fields]] = defaultdict(list)
        for row_id in sorted(given, key=attrgetter("int")):
            entry = given[row_id]
            names = frozenset(entry) - {"id"}
            groups[names].append(self._collection.completed(entry, row_id))
        return groups

    def _missing(self) -> RowNotFound:
        return RowNotFound(f"{self._collection.entity} not found")
