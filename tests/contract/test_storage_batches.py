"""Batches: many rows together or none, under ids that the writer made, as often as it likes."""

from datetime import datetime
from typing import Any

import pytest
from storage_client import NOWHERE, Row, Storage, assert_refused, new_id, path_of, unique
from storage_shapes import SHAPES, START, STOP, WITH_JSON

from sonalyze_contracts.archive import (
    LARGEST_BATCH_BYTES,
    MOST_BATCH_ROWS,
    Resource,
    device_row_id,
)
from sonalyze_contracts.identifiers import DeviceId

BEYOND_THE_CALENDAR = ("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00")
"""In UTC."""

every_resource = pytest.mark.parametrize("resource", SHAPES)


def row_for(storage: Storage, resource: Resource, **fields: Any) -> Row:  # noqa: ANN401  JSON
    """Give a row with an id, which refers to what exists."""
    row = storage.required(resource)
    name = row.get("external_id")
    row_id = str(device_row_id(DeviceId(name))) if name else new_id()
    return {"id": row_id, **row, **fields}


@every_resource
def test_rows_are_written_in_their_order(storage: Storage, resource: Resource) -> None:
    rows = [row_for(storage, resource) for _ in range(3)]

    answer = storage.batch(resource, *rows)

    assert answer.status_code == 200
    assert answer.json() == {"written": 3, "ids": [row["id"] for row in rows]}
    for row in rows:
        kept = storage.read(resource, row["id"])
        assert {name: kept[name] for name in row} == row


@every_resource
def test_a_row_of_a_batch_is_as_if_it_had_been_created(
    storage: Storage, resource: Resource
) -> None:
    shape = SHAPES[resource]
    (batched,) = storage.write(resource, storage.required(resource))
    created = storage.any_row(resource)

    row = storage.read(resource, batched)

    own = {"id", shape.happened_at, "code", "external_id", *shape.references}
    assert set(row) == set(created)
    assert {k: v for k, v in row.items() if k not in own} == {
        k: v for k, v in created.items() if k not in own
    }


@every_resource
def test_saying_it_twice_is_saying_it_once(storage: Storage, resource: Resource) -> None:
    rows = [row_for(storage, resource, **SHAPES[resource].full) for _ in range(2)]
    first = storage.batch(resource, *rows)
    kept = [storage.read(resource, row["id"]) for row in rows]

    second = storage.batch(resource, *rows)

    assert second.json() == first.json()
    assert [storage.read(resource, row["id"]) for row in rows] == kept
    assert storage.ids(resource, limit=3).count(rows[0]["id"]) == 1


@every_resource
def test_of_a_row_that_exists_only_given_fields_change(
    storage: Storage, resource: Resource
) -> None:
    shape = SHAPES[resource]
    row = row_for(storage, resource, **shape.full)
    storage.write(resource, row)
    before = storage.read(resource, row["id"])

    for name, value in shape.patchable.items():
        least = {key: row[key] for key in row if key not in shape.full}
        storage.write(resource, least | {name: value})

        after = storage.read(resource, row["id"])
        assert {k for k in after if after[k] != before[k]} <= {name}
        assert after[name] == value or name.endswith("_at")
        before = after


@every_resource
def test_rows_with_different_fields_go_together(storage: Storage, resource: Resource) -> None:
    shape = SHAPES[resource]
    rows = [
        row_for(storage, resource, **dict(list(shape.patchable.items())[:count]))
        for count in range(len(shape.patchable) + 1)
    ]

    storage.write(resource, *rows)

    for row in rows:
        kept = storage.read(resource, row["id"])
        assert all(kept[name] == value or name.endswith("_at") for name, value in row.items())
        missing = {name: kept[name] for name in shape.defaults if name not in row}
        assert missing == {name: shape.defaults[name] for name in missing}


@every_resource
def test_what_is_said_of_one_row_twice_in_a_batch_is_put_together(
    storage: Storage, resource: Resource
) -> None:
    shape = SHAPES[resource]
    row = row_for(storage, resource)
    first = row | {name: value for name, value in shape.full.items() if value}
    later = row | dict(list(shape.patchable.items())[:1])
    other = row_for(storage, resource)

    answer = storage.batch(resource, first, other, later)

    assert answer.json() == {"written": 3, "ids": [row["id"], other["id"], row["id"]]}
    kept = storage.read(resource, row["id"])
    told = first | later
    assert {n: kept[n] for n in told if not n.endswith("_at")} == {
        n: told[n] for n in told if not n.endswith("_at")
    }


@every_resource
def test_when_it_happened_is_the_writers_to_say(storage: Storage, resource: Resource) -> None:
    at = "2025-01-02T03:04:05.678901+01:00"
    happened_at = SHAPES[resource].happened_at

    (row_id,) = storage.write(resource, row_for(storage, resource, **{happened_at: at}))

    row = storage.read(resource, row_id)
    assert datetime.fromisoformat(row[happened_at]) == datetime.fromisoformat(at)


def test_what_otherwise_only_a_change_says_can_be_said_at_once(storage: Storage) -> None:
    told = {"status": "failed", "started_at": START, "finished_at": STOP, "error": "out of time"}

    (row_id,) = storage.write(Resource.SIMULATION_JOBS, told)

    row = storage.read(Resource.SIMULATION_JOBS, row_id)
    assert (row["status"], row["error"]) == ("failed", "out of time")
    assert datetime.fromisoformat(row["started_at"]) == datetime.fromisoformat(START)
    assert datetime.fromisoformat(row["finished_at"]) == datetime.fromisoformat(STOP)


def test_lobbies_without_a_code_are_given_different_ones(storage: Storage) -> None:
    ids = storage.write(Resource.LOBBIES, *({} for _ in range(50)))

    codes = {storage.read(Resource.LOBBIES, row_id)["code"] for row_id in ids}
    assert len(codes) == 50
    assert {len(code) for code in codes} == {6}


@every_resource
def test_all_or_nothing_when_the_last_row_is_bad(storage: Storage, resource: Resource) -> None:
    good = row_for(storage, resource)
    bad = row_for(storage, resource, **SHAPES[resource].too_much[-1])

    answer = storage.batch(resource, good, bad)

    assert_refused(answer, 422, "bad_request")
    assert answer.json()["detail"][0]["loc"][:3] == ["body", "rows", 1]
    assert_refused(storage.get(resource, good["id"]), 404)


@every_resource
def test_bad_rows_are_named(storage: Storage, resource: Resource) -> None:
    rows: list[Any] = [row_for(storage, resource) for _ in range(8)]
    for index in (0, 7):
        rows[index] |= SHAPES[resource].too_much[0]

    answer = storage.batch(resource, *rows)

    assert_refused(answer, 422, "bad_request")
    places = [fault["loc"][:3] for fault in answer.json()["detail"]]
    assert places == [["body", "rows", 0], ["body", "rows", 7]]


REFERENCES = [(resource, name) for resource, shape in SHAPES.items() for name in shape.references]


@pytest.mark.parametrize(("resource", "name"), REFERENCES)
def test_all_or_nothing_when_a_row_refers_to_what_is_not_there(
    storage: Storage, resource: Resource, name: str
) -> None:
    good = row_for(storage, resource)
    dangling = row_for(storage, resource, **{name: NOWHERE})

    answer = storage.batch(resource, good, dangling)

    assert_refused(answer, 409, "conflict")
    assert_refused(storage.get(resource, good["id"]), 404)


def test_a_code_that_is_taken_is_a_conflict(storage: Storage) -> None:
    code = storage.create(Resource.LOBBIES)["code"]
    good = row_for(storage, Resource.LOBBIES)

    taken = storage.batch(Resource.LOBBIES, good, {"code": code})
    twice = storage.batch(Resource.LOBBIES, good, {"code": "TWICE"}, {"code": "TWICE"})

    assert_refused(taken, 409, "conflict")
    assert_refused(twice, 409, "conflict")
    assert_refused(storage.get(Resource.LOBBIES, good["id"]), 404)


@pytest.mark.parametrize("resource", [Resource.PARTICIPANTS, Resource.SIMULATION_RESULTS])
def test_a_second_row_of_what_there_can_be_one_is_a_conflict(
    storage: Storage, resource: Resource
) -> None:
    row = row_for(storage, resource)
    storage.write(resource, row)

    answer = storage.batch(resource, row | {"id": new_id()})

    assert_refused(answer, 409, "conflict")


def test_a_device_has_no_other_id_than_its_own(storage: Storage) -> None:
    row = row_for(storage, Resource.DEVICES)

    answer = storage.batch(Resource.DEVICES, row | {"id": new_id()})

    assert_refused(answer, 422, "bad_request")
    assert_refused(storage.get(Resource.DEVICES, row["id"]), 404)


def test_a_device_needs_no_id(storage: Storage) -> None:
    name = unique()

    ids = storage.write(Resource.DEVICES, {"external_id": name}, {"external_id": name})

    assert ids == [str(device_row_id(DeviceId(name)))] * 2


def test_a_device_that_was_told_of_keeps_what_a_batch_does_not_say(storage: Storage) -> None:
    row = storage.create(Resource.DEVICES, external_id=unique(), label="Ada's", metadata={"a": 1})

    storage.write(Resource.DEVICES, {"external_id": row["external_id"], "platform": "ios"})

    assert storage.read(Resource.DEVICES, row["id"]) == row | {"platform": "ios"}


def test_a_measurement_is_told_of_by_two_services_in_any_order(storage: Storage) -> None:
    lobby, device = storage.lobby(), storage.device()
    by_lobby = {"lobby_id": lobby, "created_by_device_id": device, "metadata": {"slot": "a"}}
    by_measurement = {"sample_rate_hz": 48_000, "channels": 1, "raw_bytes": 1_440_044}
    first, second = new_id(), new_id()

    storage.write(Resource.MEASUREMENTS, {"id": first, **by_lobby})
    storage.write(Resource.MEASUREMENTS, {"id": first, **by_measurement})
    storage.write(Resource.MEASUREMENTS, {"id": second, **by_measurement})
    storage.write(Resource.MEASUREMENTS, {"id": second, **by_lobby})

    for row_id in (first, second):
        row = storage.read(Resource.MEASUREMENTS, row_id)
        assert {name: row[name] for name in (*by_lobby, *by_measurement)} == {
            **by_lobby,
            **by_measurement,
        }


@every_resource
def test_a_thousand_rows_are_the_most(storage: Storage, resource: Resource) -> None:
    row = row_for(storage, resource)

    most = storage.batch(resource, *[row] * MOST_BATCH_ROWS)
    more = storage.batch(resource, *[row] * (MOST_BATCH_ROWS + 1))

    assert most.json()["written"] == MOST_BATCH_ROWS
    assert_refused(more, 422, "bad_request")


def test_a_thousand_different_rows_go_together(storage: Storage) -> None:
    lobby = storage.lobby()
    rows = [
        {"id": new_id(), "lobby_id": lobby, "kind": f"k{number}", "metadata": {"n": number}}
        | ({"sample_rate_hz": number + 1} if number % 2 else {})
        for number in range(MOST_BATCH_ROWS)
    ]

    ids = storage.write(Resource.MEASUREMENTS, *rows)

    assert ids == [row["id"] for row in rows]
    assert len(storage.rows(Resource.MEASUREMENTS, lobby_id=lobby, limit=500, offset=500)) == 500


@every_resource
def test_what_is_no_batch_is_refused(storage: Storage, resource: Resource) -> None:
    for rows in ([], None, {}, [1], [None], [[]], "rows"):
        answer = storage.ask("POST", path_of(resource, "batch"), {"rows": rows})

        assert_refused(answer, 422, "bad_request")

    assert_refused(storage.ask("POST", path_of(resource, "batch"), {}), 422, "bad_request")
    assert_refused(storage.ask("POST", path_of(resource, "batch"), []), 422, "bad_request")


@every_resource
def test_what_is_no_id_is_refused(storage: Storage, resource: Resource) -> None:
    required = storage.required(resource)

    for row_id in ("7", "", "a\x00b", 7, None):
        answer = storage.batch(resource, required | {"id": row_id})

        assert_refused(answer, 422, "bad_request")


@every_resource
def test_what_is_no_moment_is_refused(storage: Storage, resource: Resource) -> None:
    required = storage.required(resource)

    for at in (None, "", "2026-01-01T00:00:00", *BEYOND_THE_CALENDAR):
        answer = storage.batch(resource, required | {SHAPES[resource].happened_at: at})

        assert_refused(answer, 422, "bad_request")


@pytest.mark.parametrize("resource", WITH_JSON)
def test_a_batch_may_be_large_but_not_larger(storage: Storage, resource: Resource) -> None:
    field = SHAPES[resource].json_field
    large = row_for(storage, resource, **{str(field): {"text": "x" * (5 << 20)}})
    too_large = row_for(storage, resource, **{str(field): {"text": "x" * LARGEST_BATCH_BYTES}})

    written = storage.batch(resource, large)
    refused = storage.batch(resource, too_large)

    assert written.status_code == 200, written.text[:200]
    assert storage.delete(resource, large["id"]).status_code == 200
    assert_refused(refused, 413, "too_large")


@every_resource
def test_the_path_of_batches_is_no_row(storage: Storage, resource: Resource) -> None:
    answer = storage.ask("GET", path_of(resource, "batch"))

    assert answer.status_code in {405, 422}
