"""What the backend tells a client unasked, as values.

One event name can carry several shapes (``lobby.updated`` has one per change): the most specific
shape that fits is taken. What fits none, because it is newer than this client, stays a
``RawPush``: nothing that arrives is an error.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sonalyze_contracts.catalogue import PUSHES
from sonalyze_contracts.command import Push


@dataclass(frozen=True, slots=True)
class RawPush:
    """A push that this client has no type for."""

    event: str
    data: Any


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The connection was lost and is back; pushes in between never arrived."""


Heard = Push | RawPush | Reconnected
"""Everything that iterating over a client's pushes yields."""


def _demands(push: type[Push]) -> int:
    return sum(field.is_required() for field in push.model_fields.values())


def _by_event() -> Mapping[str, tuple[type[Push], ...]]:
    shapes: defaultdict[str, list[type[Push]]] = defaultdict(list)
    for push in sorted(PUSHES, key=_demands, reverse=True):
        shapes[push.event].append(push)
    return {event: tuple(candidates) for event, candidates in shapes.items()}


_SHAPES = _by_event()


def typed(event: str, data: Any) -> Push | RawPush:  # noqa: ANN401  data is whatever JSON held
    """Give the payload of a push its type."""
    for shape in _SHAPES.get(event, ()):
        try:
            return shape.model_validate(data)
        except ValidationError:
            continue
    return RawPush(event, data)
