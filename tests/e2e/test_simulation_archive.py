"""What a simulation leaves in storage, whatever is killed meanwhile: the job and its result, once.

No job is shown as running for ever.
"""

from collections.abc import Iterator

import httpx2
import pytest
from kept_simulations import jobs_kept, kept_simulation
from live_backend import LiveBackend, live_backend
from simulated import LASTING, example, job_that_is
from wire import Json, device

from sonalyze_contracts.archive import device_row_id
from sonalyze_contracts.command import Service


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBackend]:
    """Run all services on data of their own, so that nothing else is in storage."""
    with live_backend(tmp_path_factory.mktemp("simulated")) as running:
        yield running


async def simulated(backend: LiveBackend, **asked: object) -> tuple[str, str, Json]:
    """Let a device simulate, and give its id, the job's and the answer."""
    async with device(backend.url) as one:
        accepted = await one.answer("simulation.request", **example(**asked))
        told = await one.push_of("simulation.result", job_id=accepted["job_id"])
        return one.device_id, accepted["job_id"], told["result"]


async def lasting_job(backend: LiveBackend, http: httpx2.AsyncClient, seed: int) -> str:
    """Begin a simulation that runs still when something is killed."""
    answer = await http.post(f"{backend.url}/v1/simulation/simulate", json=LASTING | {"seed": seed})
    job_id: str = answer.json()["job_id"]
    await job_that_is(http, backend.url, job_id, "running")
    return job_id


async def test_a_simulation_leaves_its_job_and_its_result_once(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    device_id, job_id, answer = await simulated(backend, seed=31)

    kept = await kept_simulation(backend, http, job_id, "completed")

    (result,) = kept.results
    assert result["result"] == answer
    assert kept.job["requested_by_device_id"] == str(device_row_id(device_id))
    assert kept.job["params"]["seed"] == 31
    assert kept.job["created_at"] <= kept.job["started_at"] <= kept.job["finished_at"]
    assert [row["external_id"] for row in kept.devices].count(device_id) == 1


async def test_storage_killed_meanwhile_has_every_row_once_when_it_is_back(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    await backend.kill(Service.STORAGE)
    _, job_id, answer = await simulated(backend, seed=32)

    await backend.start(Service.STORAGE)

    (result,) = (await kept_simulation(backend, http, job_id, "completed")).results
    assert result["result"] == answer


async def test_what_a_killed_service_had_answered_its_successor_tells(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    await backend.kill(Service.STORAGE)
    _, job_id, answer = await simulated(backend, seed=33)
    await backend.kill(Service.SIMULATION)

    await backend.start(Service.STORAGE, Service.SIMULATION)

    (result,) = (await kept_simulation(backend, http, job_id, "completed")).results
    job = (await http.get(f"{backend.url}/v1/simulation/jobs/{job_id}")).json()
    assert result["result"] == job["result"] == answer


async def test_a_job_that_died_with_its_service_has_failed(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = await lasting_job(backend, http, seed=34)

    await backend.restart(Service.SIMULATION)

    kept = await kept_simulation(backend, http, job_id, "failed")
    job = (await http.get(f"{backend.url}/v1/simulation/jobs/{job_id}")).json()
    assert kept.results == []
    assert kept.job["finished_at"] is not None
    assert (job["status"], job["error"]["code"]) == ("failed", "unavailable")


async def test_a_job_of_which_storage_never_heard_has_failed_too(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    await backend.kill(Service.STORAGE)
    job_id = await lasting_job(backend, http, seed=35)
    await backend.kill(Service.SIMULATION)

    await backend.start(Service.STORAGE, Service.SIMULATION)

    assert (await kept_simulation(backend, http, job_id, "failed")).results == []


async def test_a_service_that_is_stopped_says_so_of_what_it_could_not_end(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = await lasting_job(backend, http, seed=36)

    await backend.terminate(Service.SIMULATION)
    await backend.start(Service.SIMULATION)

    kept = await kept_simulation(backend, http, job_id, "failed")
    assert kept.job["error"].startswith("unavailable: ")
    assert {row["status"] for row in await jobs_kept(backend, http)} == {"completed", "failed"}
