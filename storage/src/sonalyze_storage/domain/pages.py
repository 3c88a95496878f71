"""Lists in pages: the newest first, and a place in them that stays when rows are added."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self
from uuid import UUID

from sonalyze_storage.domain.conditions import BadCursor

DEFAULT_LIMIT = 100
LARGEST_LIMIT = 500
LARGEST_OFFSET = 2**63 - 1
"""What databases count to."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME_BYTES = 8


class Place(NamedTuple):
    """Where a page ended: the time and the id of its last row."""

    time: datetime
    id: UUID

    @classmethod
    def read(cls, cursor: str) -> Self:
        """Read a cursor as it was written."""
        try:
            packed = urlsafe_b64decode(cursor)
            microseconds = int.from_bytes(packed[:_TIME_BYTES], "big", signed=True)
            place = cls(_EPOCH + microseconds * _MICROSECOND, UUID(bytes=packed[_TIME_BYTES:]))
        except (ValueError, OverflowError):
            raise BadCursor("'after' is not a cursor that an earlier page gave") from None
        return place

    def cursor(self) -> str:
        """Write it down, opaque: 24 bytes are 32 characters."""
        microseconds = (self.time - _EPOCH) // _MICROSECOND
        packed = microseconds.to_bytes(_TIME_BYTES, "big", signed=True) + self.id.bytes
        return urlsafe_b64encode(packed).decode()


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which rows are asked for."""

    limit: int
    offset: int
    after: Place | None
    filters: Mapping[str, Any]
    """Values that fields must have, by name."""


class Page(NamedTuple):
    """Some rows, and where they end if more follow."""

    rows: list[dict[str, Any]]
    end: Place | None
