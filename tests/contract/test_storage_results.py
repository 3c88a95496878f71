"""Measurements, outputs, jobs and results in storage: filters, look-ups, and what goes together."""

import pytest
from storage_client import NOWHERE, Storage, assert_refused, path_of, row_of
from storage_shapes import SHAPES

from sonalyze_contracts.archive import Resource

REFERENCES = [(resource, name) for resource, shape in SHAPES.items() for name in shape.references]


@pytest.mark.parametrize(("resource", "name"), REFERENCES)
def test_a_row_cannot_refer_to_what_is_not_there(
    storage: Storage, resource: Resource, name: str
) -> None:
    answer = storage.post(resource, **storage.required(resource) | {name: NOWHERE})

    assert_refused(answer, 409, "conflict")
    assert storage.ask("GET", path_of(resource)).status_code == 200


def test_a_lobby_cannot_be_given_a_creator_who_is_not_there(storage: Storage) -> None:
    lobby = storage.lobby()

    answer = storage.patch(Resource.LOBBIES, lobby, creator_device_id=NOWHERE)

    assert_refused(answer, 409, "conflict")


def test_measurements_are_found_by_lobby_and_by_device(storage: Storage) -> None:
    lobby, device = storage.lobby(), storage.device()
    of_lobby = storage.measurement(lobby_id=lobby)
    of_device = storage.measurement(created_by_device_id=device)
    of_both = storage.measurement(lobby_id=lobby, created_by_device_id=device)

    assert storage.ids(Resource.MEASUREMENTS, lobby_id=lobby) == [of_both, of_lobby]
    assert storage.ids(Resource.MEASUREMENTS, created_by_device_id=device) == [of_both, of_device]
    assert storage.ids(Resource.MEASUREMENTS, lobby_id=lobby, created_by_device_id=device) == [
        of_both
    ]
    assert storage.ids(Resource.MEASUREMENTS, lobby_id=NOWHERE) == []


def test_outputs_are_found_by_measurement_and_go_with_it(storage: Storage) -> None:
    measurement, other = storage.measurement(), storage.measurement()
    outputs = [
        storage.create(Resource.ANALYSIS_OUTPUTS, measurement_id=measurement, type=kind)["id"]
        for kind in ("room_acoustics", "sti")
    ]
    kept = storage.create(Resource.ANALYSIS_OUTPUTS, measurement_id=other, type="sti")["id"]

    found = storage.ids(Resource.ANALYSIS_OUTPUTS, measurement_id=measurement)
    storage.delete(Resource.MEASUREMENTS, measurement)

    assert found == outputs[::-1]
    assert [storage.get(Resource.ANALYSIS_OUTPUTS, one).status_code for one in outputs] == [404] * 2
    assert storage.get(Resource.ANALYSIS_OUTPUTS, kept).status_code == 200


def test_jobs_are_found_by_lobby_and_by_status(storage: Storage) -> None:
    lobby = storage.lobby()
    queued = storage.job(lobby_id=lobby)
    failed = storage.job(lobby_id=lobby, status="failed")

    assert storage.ids(Resource.SIMULATION_JOBS, lobby_id=lobby) == [failed, queued]
    assert storage.ids(Resource.SIMULATION_JOBS, lobby_id=lobby, status="queued") == [queued]
    everywhere = storage.rows(Resource.SIMULATION_JOBS, status="failed")
    assert {row["status"] for row in everywhere} == {"failed"}
    assert failed in [row["id"] for row in everywhere]


def test_a_result_is_found_by_its_job_and_goes_with_it(storage: Storage) -> None:
    job = storage.job()
    created = storage.post(Resource.SIMULATION_RESULTS, job_id=job, result={"rt60_s": 0.4})
    result = row_of(created)

    by_job = storage.ask("GET", path_of(Resource.SIMULATION_RESULTS, "by-job", job))
    listed = storage.rows(Resource.SIMULATION_RESULTS, job_id=job)
    storage.delete(Resource.SIMULATION_JOBS, job)

    assert row_of(by_job) == result
    assert by_job.headers["ETag"] == created.headers["ETag"]
    assert listed == [result]
    assert_refused(storage.get(Resource.SIMULATION_RESULTS, result["id"]), 404)


def test_a_job_has_one_result(storage: Storage) -> None:
    job = storage.job()
    storage.create(Resource.SIMULATION_RESULTS, job_id=job)

    again = storage.post(Resource.SIMULATION_RESULTS, job_id=job)

    assert_refused(again, 409, "conflict")


@pytest.mark.parametrize(("job", "status"), [(NOWHERE, 404), ("nobody", 422), ("a%00b", 422)])
def test_a_result_of_no_job_is_not_found(storage: Storage, job: str, status: int) -> None:
    answer = storage.ask("GET", path_of(Resource.SIMULATION_RESULTS, "by-job", job))

    assert_refused(answer, status)


FILTERS = [
    (Resource.PARTICIPANTS, "lobby_id"),
    (Resource.PARTICIPANTS, "device_id"),
    (Resource.MEASUREMENTS, "lobby_id"),
    (Resource.MEASUREMENTS, "created_by_device_id"),
    (Resource.ANALYSIS_OUTPUTS, "measurement_id"),
    (Resource.SIMULATION_JOBS, "lobby_id"),
    (Resource.SIMULATION_JOBS, "status"),
    (Resource.SIMULATION_RESULTS, "job_id"),
]


@pytest.mark.parametrize(("resource", "name"), FILTERS)
def test_a_filter_that_can_match_nothing_is_refused(
    storage: Storage, resource: Resource, name: str
) -> None:
    for value in ("", "nobody", "a\x00b"):
        answer = storage.ask("GET", path_of(resource), **{name: value})

        assert_refused(answer, 422, "bad_request")
