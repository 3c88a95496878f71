from datetime import UTC, datetime
from typing import get_type_hints

import pytest
from pydantic import BaseModel

from sonalyze_contracts.archive import Resource, device_row_id
from sonalyze_contracts.identifiers import DeviceId
from sonalyze_storage.domain.catalogue import COLLECTIONS, DEVICES, LOBBIES
from sonalyze_storage.domain.collection import Collection

every_collection = pytest.mark.parametrize(
    "collection", COLLECTIONS, ids=[one.resource for one in COLLECTIONS]
)


def fields_of(model: object) -> set[str]:
    plain = getattr(model, "__origin__", model)
    is_model = isinstance(plain, type) and issubclass(plain, BaseModel)
    return set(plain.model_fields if is_model else get_type_hints(plain))


def test_every_resource_is_kept_parents_first() -> None:
    assert [collection.resource for collection in COLLECTIONS] == list(Resource)


@every_collection
def test_what_can_be_written_can_be_read(collection: Collection) -> None:
    row = fields_of(collection.row)

    assert fields_of(collection.patch) <= fields_of(collection.new) <= row
    assert fields_of(collection.entry) == row


@every_collection
def test_everything_that_need_not_be_said_has_a_default(collection: Collection) -> None:
    required = {name: f"any {name}" for name in collection.new.__required_keys__}

    row = collection.completed(required, collection.identified(required))

    assert set(row) == fields_of(collection.row)


def test_a_device_has_the_id_made_from_its_external_id() -> None:
    given = {"external_id": "phone"}

    assert DEVICES.identified(given) == device_row_id(DeviceId("phone"))


def test_what_is_said_holds_against_every_default() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    said = {"code": "ABC123", "state": "open", "created_at": moment}

    row = LOBBIES.completed(said, LOBBIES.identified(said))

    assert {name: row[name] for name in said} == said
