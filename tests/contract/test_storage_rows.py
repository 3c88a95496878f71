"""Every resource of storage: a row is created, read, changed and deleted as documented."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from storage_client import NOWHERE, Row, Storage, assert_refused, path_of, row_of
from storage_shapes import SHAPES

from sonalyze_contracts.archive import Resource

MADE_HERE = {"id", "created_at", "joined_at", "code"}
"""What the service fills in by itself."""

every_resource = pytest.mark.parametrize("resource", SHAPES)


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    assert at.utcoffset() == timedelta(0), f"{text} is not in UTC"
    return at


def assert_holds(row: Row, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name.endswith("_at") and value is not None:
            assert instant(row[name]) == datetime.fromisoformat(value)
        else:
            assert row[name] == value, name


@every_resource
def test_a_row_has_the_documented_fields_and_defaults(storage: Storage, resource: Resource) -> None:
    shape = SHAPES[resource]
    required = storage.required(resource)
    before = datetime.now(UTC) - timedelta(seconds=1)

    row = storage.create(resource, **required)

    made_here = {"id", shape.happened_at} | ({"code"} if resource is Resource.LOBBIES else set())
    assert set(row) == made_here | set(required) | set(shape.defaults)
    assert_holds(row, required | shape.defaults)
    assert before <= instant(row[shape.happened_at]) <= datetime.now(UTC) + timedelta(seconds=1)


@every_resource
def test_a_row_keeps_everything_that_it_was_given(storage: Storage, resource: Resource) -> None:
    fields = storage.required(resource) | SHAPES[resource].full

    row = storage.create(resource, **fields)

    assert_holds(row, fields)
    assert storage.read(resource, row["id"]) == row
    assert storage.rows(resource, limit=1) == [row]


@every_resource
def test_a_field_that_is_not_known_is_not_kept(storage: Storage, resource: Resource) -> None:
    row = storage.any_row(resource, colour="red", meta={"a": 1})

    assert not {"colour", "meta", "revision"} & set(row)


@every_resource
def test_a_change_changes_what_was_given_and_nothing_else(
    storage: Storage, resource: Resource
) -> None:
    shape = SHAPES[resource]
    row = storage.any_row(resource)

    for name, value in shape.patchable.items():
        changed = storage.change(resource, row["id"], **{name: value})

        assert_holds(changed, {name: value})
        assert {k: v for k, v in changed.items() if k != name} == {
            k: v for k, v in row.items() if k != name
        }
        assert storage.read(resource, row["id"]) == changed
        row = changed


@every_resource
def test_several_fields_change_at_once(storage: Storage, resource: Resource) -> None:
    shape = SHAPES[resource]
    row = storage.any_row(resource)

    changed = storage.change(resource, row["id"], **shape.patchable)

    assert_holds(changed, shape.patchable)
    assert changed["id"] == row["id"]


@every_resource
def test_a_change_of_nothing_changes_nothing(storage: Storage, resource: Resource) -> None:
    created = storage.post(resource, **storage.required(resource))
    row = row_of(created)

    answer = storage.patch(resource, row["id"])

    assert row_of(answer) == row
    assert answer.headers["ETag"] == created.headers["ETag"]


@every_resource
def test_what_cannot_be_changed_stays(storage: Storage, resource: Resource) -> None:
    shape = SHAPES[resource]
    row = storage.any_row(resource)
    others = {
        name: value
        for name, value in storage.any_row(resource).items()
        if name not in shape.patchable and name not in {"code", "creator_device_id"}
    }

    answer = storage.patch(resource, row["id"], **others)

    assert row_of(answer) == row


@every_resource
def test_a_deleted_row_is_gone(storage: Storage, resource: Resource) -> None:
    row = storage.any_row(resource)

    deleted = storage.delete(resource, row["id"])

    assert deleted.status_code == 200
    assert deleted.json() == {"deleted": True}
    assert_refused(storage.get(resource, row["id"]), 404, "not_found")
    assert_refused(storage.delete(resource, row["id"]), 404, "not_found")
    assert row["id"] not in storage.ids(resource)


@every_resource
def test_a_row_that_does_not_exist_is_not_found(storage: Storage, resource: Resource) -> None:
    for answer in (
        storage.get(resource, NOWHERE),
        storage.patch(resource, NOWHERE, **SHAPES[resource].patchable),
        storage.patch(resource, NOWHERE),
        storage.delete(resource, NOWHERE),
    ):
        assert_refused(answer, 404, "not_found")
        assert answer.json()["detail"].lower() == f"{SHAPES[resource].entity} not found"


@every_resource
def test_what_is_no_id_is_refused(storage: Storage, resource: Resource) -> None:
    for row_id in ("7", NOWHERE + "0", "a%00b", "%F0%9F%8E%A4"):
        assert_refused(storage.get(resource, row_id), 422, "bad_request")
        assert_refused(storage.patch(resource, row_id), 422, "bad_request")
        assert_refused(storage.delete(resource, row_id), 422, "bad_request")


@every_resource
def test_a_body_that_is_no_json_object_is_refused(storage: Storage, resource: Resource) -> None:
    row = storage.any_row(resource)
    headers = {"Content-Type": "application/json"}

    for raw in (b"", b"{", b"[]", b"7", b"null", b"\xff", b"[" * 100_000):
        created = storage.http.post(path_of(resource), content=raw, headers=headers)
        changed = storage.http.patch(path_of(resource, row["id"]), content=raw, headers=headers)

        assert_refused(created, 422, "bad_request")
        assert_refused(changed, 422, "bad_request")


@every_resource
def test_a_value_outside_its_limits_is_refused_on_creation(
    storage: Storage, resource: Resource
) -> None:
    required = storage.required(resource)

    for fields in SHAPES[resource].too_much:
        answer = storage.post(resource, **required | fields)

        assert_refused(answer, 422, "bad_request")
        assert isinstance(answer.json()["detail"], list), fields


@every_resource
def test_a_value_outside_its_limits_is_refused_on_change(
    storage: Storage, resource: Resource
) -> None:
    shape = SHAPES[resource]
    row = storage.any_row(resource)

    for fields in shape.too_much:
        answer = storage.patch(resource, row["id"], **fields)

        if set(fields) <= set(shape.patchable) | {"code"}:
            assert_refused(answer, 422, "bad_request")
        assert storage.read(resource, row["id"]) == row, fields

    assert storage.ids(resource, limit=1) == [row["id"]]


@every_resource
def test_a_value_just_inside_its_limits_is_kept(storage: Storage, resource: Resource) -> None:
    for fields in SHAPES[resource].just_enough:
        row = storage.any_row(resource, **fields)

        assert_holds(storage.read(resource, row["id"]), fields)


CHOICES = [
    (resource, name, choices)
    for resource, shape in SHAPES.items()
    for name, choices in shape.choices.items()
]


@pytest.mark.parametrize(("resource", "name", "choices"), CHOICES)
def test_every_documented_word_is_accepted(
    storage: Storage, resource: Resource, name: str, choices: tuple[str, ...]
) -> None:
    rows = [storage.any_row(resource, **{name: choice}) for choice in choices]

    assert [row[name] for row in rows] == list(choices)


@pytest.mark.parametrize(
    ("resource", "name"), [(resource, name) for resource, name, _ in CHOICES if name != "type"]
)
def test_a_state_role_or_status_that_nobody_knows_is_refused(
    storage: Storage, resource: Resource, name: str
) -> None:
    required = storage.required(resource)
    row = storage.any_row(resource)

    for word in ("", "none", "OPEN", "créé"):
        assert_refused(storage.post(resource, **required | {name: word}), 422, "bad_request")
        assert_refused(storage.patch(resource, row["id"], **{name: word}), 422, "bad_request")
        assert_refused(storage.batch(resource, required | {name: word}), 422, "bad_request")

    assert storage.read(resource, row["id"]) == row


@pytest.mark.parametrize(
    "resource", [Resource.DEVICES, Resource.MEASUREMENTS, Resource.SIMULATION_JOBS]
)
def test_an_explicit_null_clears_a_field_that_may_be_empty(
    storage: Storage, resource: Resource
) -> None:
    shape = SHAPES[resource]
    row = storage.any_row(resource)
    nullable = {name for name, default in shape.defaults.items() if default is None}

    for name in nullable.difference(shape.references):
        storage.change(resource, row["id"], **{name: shape.patchable[name]})

        cleared = storage.change(resource, row["id"], **{name: None})

        assert cleared == row, name


REQUIRED = [
    (Resource.DEVICES, "external_id"),
    (Resource.PARTICIPANTS, "lobby_id"),
    (Resource.PARTICIPANTS, "device_id"),
    (Resource.ANALYSIS_OUTPUTS, "measurement_id"),
    (Resource.ANALYSIS_OUTPUTS, "type"),
    (Resource.SIMULATION_RESULTS, "job_id"),
]


@pytest.mark.parametrize(("resource", "name"), REQUIRED)
def test_a_row_without_a_required_field_is_refused(
    storage: Storage, resource: Resource, name: str
) -> None:
    fields = storage.required(resource)
    del fields[name]

    answer = storage.post(resource, **fields)

    assert_refused(answer, 422, "bad_request")


def texts(*fields: dict[str, Any]) -> list[str]:
    """Give the names of fields that hold text, times apart."""
    return sorted(
        {
            name
            for some in fields
            for name, value in some.items()
            if isinstance(value, str) and not name.endswith("_at")
        }
    )


TEXTS_ON_CREATION = [
    (Resource.DEVICES, "external_id"),
    (Resource.LOBBIES, "code"),
    (Resource.ANALYSIS_OUTPUTS, "type"),
    *((resource, name) for resource, shape in SHAPES.items() for name in texts(shape.full)),
]
TEXTS_ON_CHANGE = [
    (Resource.LOBBIES, "code"),
    *((resource, name) for resource, shape in SHAPES.items() for name in texts(shape.patchable)),
]


def test_the_character_nul_is_refused_on_creation(storage: Storage) -> None:
    for resource, name in TEXTS_ON_CREATION:
        answer = storage.post(resource, **storage.required(resource) | {name: "a\x00b"})

        assert_refused(answer, 422, "bad_request")


def test_the_character_nul_is_refused_on_change(storage: Storage) -> None:
    for resource, name in TEXTS_ON_CHANGE:
        row = storage.any_row(resource)

        answer = storage.patch(resource, row["id"], **{name: "a\x00b"})

        assert_refused(answer, 422, "bad_request")
        assert storage.read(resource, row["id"]) == row, name


def test_times_of_any_zone_become_utc(storage: Storage) -> None:
    row = storage.create(Resource.MEASUREMENTS, started_at="2026-05-04T14:30:00.000001+02:00")

    assert instant(row["started_at"]) == datetime(2026, 5, 4, 12, 30, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_first_and_the_last_moment_are_refused(storage: Storage, at: str) -> None:
    """PostgreSQL's driver takes them for infinities, which are no moments when they come back."""
    job = storage.job()

    assert_refused(storage.post(Resource.MEASUREMENTS, started_at=at), 422)
    assert_refused(storage.patch(Resource.SIMULATION_JOBS, job, finished_at=at), 422)
    assert_refused(storage.batch(Resource.MEASUREMENTS, {"created_at": at}), 422)
    assert storage.ids(Resource.SIMULATION_JOBS, limit=1) == [job]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00.000001Z", "9999-12-31T23:59:59.999998Z"])
def test_any_other_moment_is_kept(storage: Storage, at: str) -> None:
    (row_id,) = storage.write(Resource.MEASUREMENTS, {"created_at": at, "stopped_at": at})

    row = storage.read(Resource.MEASUREMENTS, row_id)

    assert_holds(row, {"created_at": at, "stopped_at": at})
    storage.delete(Resource.MEASUREMENTS, row_id)
