"""Devices in storage: known by the id that a device gives itself, made once, told again at will."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from storage_client import Storage, assert_refused, path_of, row_of, unique

from sonalyze_contracts.archive import Resource, device_row_id
from sonalyze_contracts.identifiers import DeviceId


def test_a_device_is_found_by_what_it_calls_itself(storage: Storage) -> None:
    name = unique("phone")
    created = storage.post(Resource.DEVICES, external_id=name, label="Ada's")

    found = storage.ask("GET", path_of(Resource.DEVICES, "by-external", name))

    assert row_of(found) == row_of(created)
    assert found.headers["ETag"] == created.headers["ETag"]


@pytest.mark.parametrize(
    "odd", ["a/b", "a//b/", "100%", "%2F", "a b", "a?b=c#d", "Büro-☎-𝄞", "..", "by-external", "a+b"]
)
def test_a_device_may_call_itself_anything(storage: Storage, odd: str) -> None:
    name = f"{unique()}{odd}"
    created = storage.create(Resource.DEVICES, external_id=name)

    found = storage.ask("GET", path_of(Resource.DEVICES, "by-external", quote(name, safe="")))

    assert row_of(found) == created


def test_a_device_that_nobody_knows_is_not_found(storage: Storage) -> None:
    answer = storage.ask("GET", path_of(Resource.DEVICES, "by-external", unique()))

    assert_refused(answer, 404, "not_found")
    assert answer.json()["detail"].lower() == "device not found"


@pytest.mark.parametrize("name", ["a%00b", "x" * 129, "%ED%A0%80"])
def test_what_no_device_can_be_called_is_refused(storage: Storage, name: str) -> None:
    answer = storage.ask("GET", path_of(Resource.DEVICES, "by-external", name))

    assert answer.status_code in {404, 422}


def test_the_id_is_made_from_the_name(storage: Storage) -> None:
    name = unique()

    row = storage.create(Resource.DEVICES, external_id=name)

    assert row["id"] == str(device_row_id(DeviceId(name)))


def test_a_device_told_again_is_the_same_with_other_properties(storage: Storage) -> None:
    name = unique()
    first = storage.create(
        Resource.DEVICES, external_id=name, label="a", platform="ios", metadata={"a": 1}
    )

    again = storage.create(Resource.DEVICES, external_id=name, label="b")

    assert again == first | {"label": "b", "platform": None, "metadata": {}}
    assert storage.read(Resource.DEVICES, first["id"]) == again


def test_a_device_told_by_many_at_once_is_one(storage: Storage) -> None:
    name = unique()

    with ThreadPoolExecutor(8) as callers:
        answers = list(
            callers.map(
                lambda number: storage.post(
                    Resource.DEVICES, external_id=name, label=f"caller {number}"
                ),
                range(16),
            )
        )

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert storage.ids(Resource.DEVICES, limit=2).count(answers[0].json()["id"]) == 1


def test_the_longest_name_is_kept(storage: Storage) -> None:
    name = unique().ljust(128, "x")

    row = storage.create(Resource.DEVICES, external_id=name)

    assert row["external_id"] == name


def test_a_deleted_device_leaves_what_it_made(storage: Storage) -> None:
    device = storage.device()
    lobby = storage.lobby(creator_device_id=device)
    participant = storage.create(Resource.PARTICIPANTS, lobby_id=lobby, device_id=device)["id"]
    measurement = storage.measurement(created_by_device_id=device)
    job = storage.job(requested_by_device_id=device)

    storage.delete(Resource.DEVICES, device)

    assert_refused(storage.get(Resource.PARTICIPANTS, participant), 404)
    assert storage.read(Resource.LOBBIES, lobby)["creator_device_id"] is None
    assert storage.read(Resource.MEASUREMENTS, measurement)["created_by_device_id"] is None
    assert storage.read(Resource.SIMULATION_JOBS, job)["requested_by_device_id"] is None


def test_a_device_that_comes_back_after_its_deletion_has_the_same_id(storage: Storage) -> None:
    name = unique()
    device = storage.device(external_id=name)
    storage.delete(Resource.DEVICES, device)

    again = storage.device(external_id=name)

    assert again == device
