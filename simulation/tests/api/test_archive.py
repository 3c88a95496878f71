import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry
from rehearsal import Rehearsal
from simulated_rooms import request
from storage_shelf import StorageShelf, storage_shelf

from sonalyze_contracts.archive import device_row_id
from sonalyze_contracts.identifiers import DeviceId, JobId
from sonalyze_contracts.simulation_jobs import JobStatus
from sonalyze_simulation.domain.jobs import JobView
from sonalyze_simulation.infra.archive import ArchivedJobs, archived
from sonalyze_simulation.infra.memory import RememberedJobs

DEVICE = DeviceId("phone-1")
LONG_S = 30.0

Opened = Callable[[], AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
async def storage() -> AsyncIterator[StorageShelf]:
    async with storage_shelf() as shelf:
        yield shelf


@pytest.fixture
def opened(
    serve: Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]],
    storage: StorageShelf,
    tmp_path: Path,
) -> Opened:
    """Open the service with a storage, and what it has written down."""
    return lambda: serve(storage_url=storage.url, simulation_data_dir=tmp_path)


def accepting(storage: StorageShelf, folder: Path) -> AbstractAsyncContextManager[ArchivedJobs]:
    """Give the records of a service that is then gone."""
    return archived(RememberedJobs(1 << 20), storage.url, folder, CollectorRegistry())


async def requested(client: httpx2.AsyncClient, **fields: object) -> str:
    message = {"event": "simulation.request", "data": request(**fields)}
    answer = await client.post(
        "/gateway/handle",
        json={"client": {"device_id": DEVICE, "connection_id": "c"}, "message": message},
    )
    return str(answer.json()["job_id"])


async def shown(storage: StorageShelf, job_id: str, status: str) -> dict[str, Any]:
    """Wait until storage shows a job in this state."""
    async with asyncio.timeout(10):
        while True:
            row = storage.rows.get("simulation-jobs", {}).get(job_id, {})
            if row.get("status") == status:
                return row
            await asyncio.sleep(0.01)


async def test_storage_is_told_who_asked_what_and_what_came_of_it(
    opened: Opened, storage: StorageShelf, engine: Rehearsal
) -> None:
    async with opened() as client:
        engine.seconds = LONG_S
        engine.may_end.clear()
        job_id = await requested(client)

        running = dict(await shown(storage, job_id, "running"))
        engine.may_end.set()
        completed = await shown(storage, job_id, "completed")

    device = str(device_row_id(DEVICE))
    (result,) = storage.rows["simulation-results"].values()
    assert storage.rows["devices"][device]["external_id"] == DEVICE
    assert running["requested_by_device_id"] == device
    assert (running["finished_at"], running["error"]) == (None, None)
    assert completed["params"]["room"]["dimensions_m"] == [5.0, 4.0, 2.5]
    assert completed["finished_at"] > completed["started_at"]
    assert result["job_id"] == job_id
    assert result["result"]["pairs"][0]["metrics"]["sti"] == pytest.approx(0.6)


async def test_an_older_job_is_found_in_storage_with_its_result_but_without_its_sounds(
    opened: Opened, storage: StorageShelf
) -> None:
    async with opened() as client:
        answer = await client.post("/simulate", json=request())
        job_id = answer.headers["X-Job-ID"]
        before = (await client.get(f"/jobs/{job_id}")).json()
        await shown(storage, job_id, "completed")

    async with opened() as client:
        after = (await client.get(f"/jobs/{job_id}")).json()
        sound = await client.get(f"/jobs/{job_id}/rir/s1/m1.wav")
        cancelled = await client.delete(f"/jobs/{job_id}")

    assert after == before
    assert (sound.status_code, sound.json()["details"]["condition"]) == (404, "sounds_forgotten")
    assert cancelled.json()["status"] == "completed"


async def test_a_cancelled_job_is_cancelled_in_storage_too(
    opened: Opened, storage: StorageShelf, engine: Rehearsal
) -> None:
    async with opened() as client:
        engine.seconds = LONG_S
        engine.may_end.clear()
        job_id = await requested(client)
        await client.delete(f"/jobs/{job_id}")
        row = await shown(storage, job_id, "failed")

    async with opened() as client:
        found = (await client.get(f"/jobs/{job_id}")).json()

    assert row["error"] == "cancelled: The simulation was cancelled"
    assert (found["status"], found["error"]["code"]) == ("cancelled", "cancelled")


async def test_a_job_that_a_killed_service_left_behind_is_called_failed_at_the_next_start(
    opened: Opened, storage: StorageShelf, tmp_path: Path
) -> None:
    job = JobView(
        job_id=JobId("8b1a7f9c-0000-4000-8000-000000000000"),
        status=JobStatus.RUNNING,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    async with accepting(storage, tmp_path) as records:
        await records.accept(job)

    async with opened() as client:
        row = await shown(storage, job.job_id, "failed")
        found = (await client.get(f"/jobs/{job.job_id}")).json()

    assert row["error"].startswith("unavailable: ")
    assert row["finished_at"] is not None
    assert (found["status"], found["error"]["code"]) == ("failed", "unavailable")


async def test_a_job_that_nobody_knows_is_404(opened: Opened) -> None:
    async with opened() as client:
        answers = [
            await client.get(f"/jobs/{job_id}")
            for job_id in ("unknown", "..%2fdevices", "8b1a7f9c-0000-4000-8000-00000000000f")
        ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


async def test_a_storage_that_is_ill_is_said_to_be(opened: Opened, storage: StorageShelf) -> None:
    storage.is_ill = True

    async with opened() as client:
        unknown = await client.get("/jobs/8b1a7f9c-0000-4000-8000-00000000000f")
        answer = await client.post("/simulate", json=request())
        known = await client.get(f"/jobs/{answer.headers['X-Job-ID']}")

    assert (unknown.status_code, unknown.json()["retryable"]) == (503, True)
    assert (answer.status_code, known.status_code) == (200, 200)
