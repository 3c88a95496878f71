"""Two writers of one row: whoever says what it has read cannot overwrite what it has not."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from storage_client import NOWHERE, Storage, assert_refused, path_of, row_of
from storage_shapes import SHAPES

from sonalyze_contracts.archive import Resource

every_resource = pytest.mark.parametrize("resource", SHAPES)


@every_resource
def test_every_answer_with_one_row_says_its_revision(storage: Storage, resource: Resource) -> None:
    created = storage.post(resource, **storage.required(resource))
    row_id = row_of(created)["id"]

    read = storage.get(resource, row_id)
    changed = storage.patch(resource, row_id, **SHAPES[resource].patchable)
    after = storage.get(resource, row_id)

    assert created.headers["ETag"].startswith('"')
    assert read.headers["ETag"] == created.headers["ETag"]
    assert changed.headers["ETag"] == after.headers["ETag"] != read.headers["ETag"]


@every_resource
def test_the_second_of_two_writers_is_told(storage: Storage, resource: Resource) -> None:
    created = storage.post(resource, **storage.required(resource))
    row_id, etag = row_of(created)["id"], created.headers["ETag"]
    change = SHAPES[resource].patchable

    first = storage.patch_if(etag, resource, row_id, **change)
    second = storage.patch_if(etag, resource, row_id, **SHAPES[resource].full)

    assert first.status_code == 200
    assert_refused(second, 412, "precondition_failed")
    assert storage.read(resource, row_id) == first.json()


@every_resource
def test_of_many_writers_at_once_one_succeeds(storage: Storage, resource: Resource) -> None:
    created = storage.post(resource, **storage.required(resource))
    row_id, etag = row_of(created)["id"], created.headers["ETag"]
    change = SHAPES[resource].patchable

    def write(_: int) -> httpx2.Response:
        return storage.patch_if(etag, resource, row_id, **change)

    with ThreadPoolExecutor(8) as writers:
        statuses = [answer.status_code for answer in writers.map(write, range(8))]

    assert sorted(statuses) == [200] + [412] * 7


@pytest.mark.parametrize("tags", ["*", '{etag}, "999"', '"999", {etag}', '"a,b",{etag}'])
def test_one_of_several_revisions_suffices(storage: Storage, tags: str) -> None:
    created = storage.post(Resource.MEASUREMENTS)

    changed = storage.patch_if(
        tags.format(etag=created.headers["ETag"]),
        Resource.MEASUREMENTS,
        row_of(created)["id"],
        kind="a",
    )

    assert row_of(changed)["kind"] == "a"


@pytest.mark.parametrize("tags", ["1", "W/{etag}", '"999"', '"', "nonsense", '"' + "9" * 40 + '"'])
def test_anything_else_is_no_match(storage: Storage, tags: str) -> None:
    created = storage.post(Resource.MEASUREMENTS)
    row = row_of(created)

    refused = storage.patch_if(
        tags.format(etag=created.headers["ETag"]), Resource.MEASUREMENTS, row["id"], kind="a"
    )

    assert_refused(refused, 412, "precondition_failed")
    assert storage.read(Resource.MEASUREMENTS, row["id"]) == row


@every_resource
def test_a_row_that_does_not_exist_is_not_found_at_any_revision(
    storage: Storage, resource: Resource
) -> None:
    for tags in ('"1"', "*"):
        answer = storage.patch_if(tags, resource, NOWHERE)

        assert_refused(answer, 404, "not_found")


def test_a_change_that_is_refused_is_no_revision(storage: Storage) -> None:
    created = storage.post(Resource.LOBBIES)
    row_id, etag = row_of(created)["id"], created.headers["ETag"]

    storage.patch(Resource.LOBBIES, row_id, creator_device_id=NOWHERE)
    storage.patch(Resource.LOBBIES, row_id, state="nonsense")

    assert storage.get(Resource.LOBBIES, row_id).headers["ETag"] == etag


def test_an_empty_change_minds_the_revision_too(storage: Storage) -> None:
    row = row_of(storage.post(Resource.MEASUREMENTS))

    answer = storage.patch_if('"999"', Resource.MEASUREMENTS, row["id"])

    assert_refused(answer, 412, "precondition_failed")


def test_a_device_told_again_has_another_revision(storage: Storage) -> None:
    created = storage.post(Resource.DEVICES, **storage.required(Resource.DEVICES))
    row = row_of(created)

    again = storage.post(Resource.DEVICES, external_id=row["external_id"], label="b")

    assert again.headers["ETag"] != created.headers["ETag"]
    assert_refused(
        storage.patch_if(created.headers["ETag"], Resource.DEVICES, row["id"], label="c"), 412
    )


@every_resource
def test_a_batch_makes_another_revision(storage: Storage, resource: Resource) -> None:
    required = storage.required(resource)
    created = storage.post(resource, **required)
    row_id = row_of(created)["id"]

    storage.write(resource, required | {"id": row_id} | SHAPES[resource].patchable)

    after = storage.ask("GET", path_of(resource, row_id))
    assert after.headers["ETag"] != created.headers["ETag"]
