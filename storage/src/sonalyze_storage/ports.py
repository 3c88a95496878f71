"""What the use cases need from outside."""

from collections.abc import Collection as Many
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sonalyze_storage.domain.collection import Fields, Row
from sonalyze_storage.domain.pages import PageRequest


class Rows(Protocol):
    """The rows of one resource."""

    async def add(self, fields: Fields) -> Row:
        """Write a new row, or replace what a POST replaces of the one that exists."""

    async def write(self, groups: Mapping[frozenset[str], Sequence[Fields]]) -> None:
        """Write rows, all or none; of those whose id exists only the fields that are named."""

    async def find(self, field: str, value: object) -> Row | None:
        """Read the one row that has this value of a unique field."""

    async def page(self, request: PageRequest) -> list[dict[str, Any]]:
        """Read rows, the newest first, and one more than asked for if there is one."""

    async def change(self, row_id: UUID, given: Fields, revisions: Many[int] | None) -> Row | None:
        """Change fields of a row; where revisions are named, only if it has one of them."""

    async def remove(self, row_id: UUID) -> bool:
        """Delete a row and say whether there was one."""
