"""Sentences that say which field is in the way, the same on both databases."""

from uuid import uuid4

from storage_in_process import Storage

from sonalyze_storage.domain.catalogue import COLLECTIONS

NOBODY = str(uuid4())


async def test_a_code_that_is_taken_is_named(storage: Storage) -> None:
    await storage.kept("lobbies", code="TAKEN1")

    answer = await storage.post("lobbies", code="TAKEN1")

    assert answer.status_code == 409
    assert answer.json()["detail"] == "Another lobby has this 'code' already"
    assert answer.json()["details"] == {
        "condition": "already_exists",
        "retryable": False,
        "field": "code",
    }


async def test_two_fields_that_are_unique_together_are_both_named(storage: Storage) -> None:
    device, lobby = (
        await storage.kept("devices", external_id="phone"),
        await storage.kept("lobbies"),
    )
    there = {"lobby_id": lobby["id"], "device_id": device["id"]}
    await storage.kept("participants", **there)

    answer = await storage.post("participants", **there)

    assert answer.status_code == 409
    assert answer.json()["details"]["field"] == "lobby_id, device_id"


async def test_a_key_that_leads_nowhere_is_named(storage: Storage) -> None:
    answer = await storage.post("measurements", created_by_device_id=NOBODY)

    assert answer.status_code == 409
    assert answer.json()["detail"] == "'created_by_device_id' names a row that does not exist"
    assert answer.json()["details"]["condition"] == "dangling_reference"


async def test_a_key_of_a_batch_that_leads_nowhere_is_named(storage: Storage) -> None:
    rows = [{"kind": "session"}, {"lobby_id": NOBODY}]

    answer = await storage.http.post("/v1/measurements/batch", json={"rows": rows})

    assert answer.status_code == 409
    assert answer.json()["details"]["field"] == "lobby_id"


async def test_what_is_missing_is_named(storage: Storage) -> None:
    answers = {
        collection.entity: await storage.http.get(f"/v1/{collection.resource}/{NOBODY}")
        for collection in COLLECTIONS
    }

    for entity, answer in answers.items():
        assert answer.status_code == 404
        assert (answer.json()["detail"], answer.json()["code"]) == (
            f"{entity} not found",
            "not_found",
        )


async def test_a_writer_who_comes_late_is_told_so(storage: Storage) -> None:
    lobby = await storage.kept("lobbies")
    path, seen = f"/v1/lobbies/{lobby['id']}", {"If-Match": '"1"'}
    await storage.http.patch(path, json={"state": "open"}, headers=seen)

    late = await storage.http.patch(path, json={"state": "closed"}, headers=seen)

    assert late.status_code == 412
    assert late.json()["code"] == "precondition_failed"
    assert late.json()["details"]["condition"] == "row_changed"
    assert (await storage.http.get(path)).json()["state"] == "open"
