"""What there is to know of a resource; everything else is alike for all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sonalyze_contracts.archive import Resource
from sonalyze_contracts.model import Model

Fields = Mapping[str, Any]
"""Values by wire name."""


class Row(NamedTuple):
    """A row with the number that every change of it counts up."""

    fields: dict[str, Any]
    revision: int


class Lookup(NamedTuple):
    """Another way to find one row: by a field that is unique, under a path of its own."""

    path: str
    field: str
    type: Any
    """What pydantic makes of the path's last part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """One resource: its models, and in what it differs from the others."""

    resource: Resource
    entity: str
    row: type[Model]
    new: Any
    patch: Any
    entry: Any
    """The three inputs: typed dicts, or annotated ones."""

    defaults: Fields
    """What holds where a new row does not say otherwise."""

    drawn: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    """Unique fields that get a random value where none is given."""

    time: str = "created_at"
    """The field that says when it came to be; lists are ordered by it."""

    filters: Mapping[str, Any] = field(default_factory=dict)
    """Fields by which lists can be filtered, with what pydantic makes of them."""

    lookups: tuple[Lookup, ...] = ()
    named: Callable[[Fields], UUID] | None = None
    """Makes the id from what never changes of a row; without it, ids are drawn or given."""

    replaced: tuple[str, ...] = ()
    """What a POST replaces where the row exists; without such fields that is a conflict."""

    @property
    def underscored(self) -> str:
        """The path as older clients write it, the table's name too."""
        return self.resource.replace("-", "_")

    def identified(self, given: Fields) -> UUID:
        """Give the id of a row, which it has or gets."""
        if self.named:
            return self.named(given)
        row_id: UUID = given.get("id") or uuid4()
        return row_id

    def completed(self, given: Fields, row_id: UUID) -> dict[str, Any]:
        """Give all fields of a new row."""
        now = {self.time: datetime.now(UTC)}
        drawn = {name: draw() for name, draw in self.drawn.items() if name not in given}
        return {**self.defaults, **now, **drawn, **given, "id": row_id}
