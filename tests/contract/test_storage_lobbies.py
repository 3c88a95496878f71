"""Lobbies and participants in storage: codes, who may be twice, and what goes with a lobby."""

import re

import pytest
from storage_client import Storage, assert_refused, path_of, row_of, unique

from sonalyze_contracts.archive import Resource


def new_code() -> str:
    return unique("c")[-16:]


def test_a_lobby_without_a_code_is_given_one(storage: Storage) -> None:
    codes = [storage.create(Resource.LOBBIES)["code"] for _ in range(20)]

    assert all(re.fullmatch(r"[A-Z0-9]{6}", code) for code in codes)
    assert len(set(codes)) == 20


def test_a_lobby_is_found_by_its_code(storage: Storage) -> None:
    created = storage.post(Resource.LOBBIES, code=new_code())
    code = row_of(created)["code"]

    found = storage.ask("GET", path_of(Resource.LOBBIES, "by-code", code))

    assert row_of(found) == row_of(created)
    assert found.headers["ETag"] == created.headers["ETag"]


@pytest.mark.parametrize(("code", "statuses"), [("nobody", {404}), ("a%00b", {404, 422})])
def test_a_code_that_no_lobby_has_is_not_found(
    storage: Storage, code: str, statuses: set[int]
) -> None:
    answer = storage.ask("GET", path_of(Resource.LOBBIES, "by-code", code))

    assert answer.status_code in statuses
    assert answer.json()["code"] in {"not_found", "bad_request"}


def test_a_code_belongs_to_one_lobby(storage: Storage) -> None:
    code = new_code()
    storage.create(Resource.LOBBIES, code=code)
    other = storage.lobby()

    created = storage.post(Resource.LOBBIES, code=code)
    changed = storage.patch(Resource.LOBBIES, other, code=code)

    assert_refused(created, 409, "conflict")
    assert_refused(changed, 409, "conflict")


def test_a_lobby_may_change_its_code_and_its_creator(storage: Storage) -> None:
    lobby, code, device = storage.lobby(), new_code(), storage.device()

    row = storage.change(Resource.LOBBIES, lobby, code=code, creator_device_id=device)

    assert (row["code"], row["creator_device_id"]) == (code, device)
    assert storage.change(Resource.LOBBIES, lobby, creator_device_id=None) == row | {
        "creator_device_id": None
    }


def test_the_longest_code_is_kept(storage: Storage) -> None:
    code = new_code().ljust(16, "x")

    assert storage.create(Resource.LOBBIES, code=code)["code"] == code


def test_a_device_is_in_a_lobby_once(storage: Storage) -> None:
    fields = storage.required(Resource.PARTICIPANTS)
    storage.create(Resource.PARTICIPANTS, **fields)

    again = storage.post(Resource.PARTICIPANTS, **fields)

    assert_refused(again, 409, "conflict")
    assert len(storage.rows(Resource.PARTICIPANTS, **fields)) == 1


def test_participants_are_found_by_lobby_and_by_device(storage: Storage) -> None:
    lobbies = [storage.lobby(), storage.lobby()]
    devices = [storage.device(), storage.device()]
    rows = {
        (lobby, device): storage.create(Resource.PARTICIPANTS, lobby_id=lobby, device_id=device)
        for lobby in lobbies
        for device in devices
    }

    of_lobby = storage.rows(Resource.PARTICIPANTS, lobby_id=lobbies[0])
    of_device = storage.rows(Resource.PARTICIPANTS, device_id=devices[1])
    of_both = storage.rows(Resource.PARTICIPANTS, lobby_id=lobbies[1], device_id=devices[0])

    assert of_lobby == [rows[lobbies[0], device] for device in reversed(devices)]
    assert of_device == [rows[lobby, devices[1]] for lobby in reversed(lobbies)]
    assert of_both == [rows[lobbies[1], devices[0]]]


def test_a_deleted_lobby_takes_its_participants_and_leaves_the_rest(storage: Storage) -> None:
    lobby, device = storage.lobby(), storage.device()
    participant = storage.create(Resource.PARTICIPANTS, lobby_id=lobby, device_id=device)["id"]
    measurement = storage.measurement(lobby_id=lobby)
    job = storage.job(lobby_id=lobby)

    storage.delete(Resource.LOBBIES, lobby)

    assert_refused(storage.get(Resource.PARTICIPANTS, participant), 404)
    assert storage.read(Resource.MEASUREMENTS, measurement)["lobby_id"] is None
    assert storage.read(Resource.SIMULATION_JOBS, job)["lobby_id"] is None
    assert storage.read(Resource.DEVICES, device)["id"] == device
