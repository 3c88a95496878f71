"""What is done about rows that are in the way, on rows that only a test could have."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from sonalyze_storage.domain.catalogue import DEVICES, LOBBIES, PARTICIPANTS
from sonalyze_storage.domain.collection import Collection, Row
from sonalyze_storage.domain.conditions import AlreadyExists
from sonalyze_storage.ports import Rows
from sonalyze_storage.shelf import Shelf

DEVICE = {"external_id": "phone"}
LOBBY = {"id": uuid4(), "code": "SAME00"}
PARTICIPANT = {"id": uuid4(), "lobby_id": uuid4(), "device_id": uuid4()}


class RacedRows(Rows):
    """Rows that others write at the same time: the first writes find a field taken."""

    def __init__(self, taken: str, times: int = 1) -> None:
        self._taken = taken
        self._times = times
        self.writes = 0

    async def add(self, fields: Mapping[str, Any]) -> Row:
        """Write a row, unless it is in a race."""
        self._race()
        return Row(dict(fields), 1)

    async def write(self, groups: Mapping[frozenset[str], Any]) -> None:  # noqa: ARG002  the port's
        """Write rows, unless they are in a race."""
        self._race()

    def _race(self) -> None:
        self.writes += 1
        if self.writes <= self._times:
            raise AlreadyExists("Another one has it already", field=self._taken)


async def test_a_device_that_another_writer_tells_of_at_once_is_no_conflict() -> None:
    rows = RacedRows("external_id")
    shelf = Shelf(DEVICES, rows)

    row = await shelf.add(DEVICE)

    assert await shelf.write([DEVICE]) == [row.fields["id"]]


@pytest.mark.parametrize(
    ("collection", "taken", "entry"),
    [
        (DEVICES, "external_id", DEVICE),
        (LOBBIES, "code", LOBBY),
        (PARTICIPANTS, "lobby_id, device_id", PARTICIPANT),
    ],
    ids=["devices", "lobbies", "participants"],
)
async def test_a_batch_that_meets_another_one_of_the_same_new_row_is_written_after_it(
    collection: Collection, taken: str, entry: dict[str, object]
) -> None:
    rows = RacedRows(taken)

    (row_id,) = await Shelf(collection, rows).write([entry])

    assert isinstance(row_id, UUID)
    assert rows.writes == 2


async def test_a_code_that_was_asked_for_is_a_conflict_at_once() -> None:
    rows = RacedRows("code", times=100)

    with pytest.raises(AlreadyExists):
        await Shelf(LOBBIES, rows).add({"code": "SAME00"})

    assert rows.writes == 1
