"""What only real processes can show: that they die, and that nobody waits for them."""

import asyncio
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from broadcasts import broadcasts_taken
from simulated_rooms import request, shoebox, source
from simulation_process import Running, SimulationProcess, simulation_process

pytestmark = pytest.mark.asyncio(loop_scope="session")

MOST_S = 2.0
"""Within which a cancelled child is dead."""


def lengthy(**fields: object) -> dict[str, Any]:
    """Give a simulation of about ten seconds."""
    return request(
        room=shoebox(default_material={"absorption": 0.02}),
        **({"rays": 60_000, "microphones": source(2.5, 3.5, name="m1")} | fields),
    )


async def requested(service: SimulationProcess, **fields: object) -> str:
    message = {"event": "simulation.request", "data": lengthy(**fields)}
    answer = await service.client.post(
        "/gateway/handle",
        json={"client": {"device_id": "phone", "connection_id": "c"}, "message": message},
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["job_id"])


async def until_dead(worker: psutil.Process) -> None:
    await asyncio.to_thread(worker.wait, 20)


async def test_a_cancelled_simulation_s_child_is_dead_within_two_seconds(running: Running) -> None:
    service = running.service
    job_id = await requested(service)
    worker = await service.busy_worker()

    since = time.monotonic()
    cancelled = await service.client.delete(f"/jobs/{job_id}")
    await until_dead(worker)

    assert time.monotonic() - since < MOST_S
    assert cancelled.json()["status"] == "cancelled"


async def test_the_child_of_a_caller_who_leaves_is_dead_within_two_seconds(
    running: Running,
) -> None:
    service = running.service
    asking = asyncio.create_task(service.client.post("/simulate", json=lengthy(seed=1)))
    worker = await service.busy_worker()

    since = time.monotonic()
    asking.cancel()
    await until_dead(worker)

    assert time.monotonic() - since < MOST_S


async def test_a_killed_worker_costs_one_simulation_that_can_be_repeated(
    running: Running,
) -> None:
    service = running.service
    asking = asyncio.create_task(service.client.post("/simulate", json=lengthy(seed=2)))
    worker = await service.busy_worker()

    worker.kill()

    lost = await asking
    again = await service.client.post("/simulate", json=request(rays=300))
    assert (lost.status_code, lost.json().get("retryable")) == (503, True), lost.text
    assert again.status_code == 200


async def test_the_service_lives_and_loads_no_numbers_while_four_simulations_run(
    running: Running,
) -> None:
    service = running.service
    simulations = [
        asyncio.create_task(service.client.post("/simulate", json=lengthy(seed=seed, rays=8_000)))
        for seed in range(4)
    ]
    lives: list[tuple[int, float]] = []

    while not all(simulation.done() for simulation in simulations):
        since = time.perf_counter()
        alive = await service.client.get("/livez", timeout=5)
        lives.append((alive.status_code, time.perf_counter() - since))
    answers = await asyncio.gather(*simulations)

    mapped = " ".join(region.path for region in service.parent.memory_maps())
    waits_s = sorted(wait_s for _, wait_s in lives)
    assert {answer.status_code for answer in answers} == {200}
    assert {status for status, _ in lives} == {200}
    assert waits_s[int(0.99 * len(waits_s))] < 0.5
    assert not [name for name in ("numpy", "shapely", "sndfile") if name in mapped]


async def test_progress_is_pushed_while_a_simulation_runs(running: Running) -> None:
    job_id = await requested(running.service, rays=20_000, seed=3)

    pushes = []
    while not pushes or pushes[-1]["event"] != "simulation.result":
        push = await running.gateway.next()
        if push["data"]["job_id"] == job_id:
            pushes.append(push)

    fractions = [push["data"]["fraction"] for push in pushes[:-1]]
    assert fractions == sorted(fractions)
    assert any(0.1 < fraction < 0.9 for fraction in fractions)
    assert pushes[-1]["data"]["result"]["pairs"]


async def test_a_stopping_service_lets_a_simulation_end_and_leaves_no_process(
    tmp_path: Path,
) -> None:
    async with (
        broadcasts_taken() as gateway,
        simulation_process(tmp_path, GATEWAY_URL=gateway.url) as service,
    ):
        await requested(service, rays=30_000)
        await service.busy_worker()
        descendants = service.parent.children(recursive=True)

        service.process.terminate()

        async with asyncio.timeout(30):
            exit_code = await service.process.wait()
        _, alive = psutil.wait_procs(descendants, timeout=10)
        told = gateway.rest()[-1]
        assert (told["event"], told["data"]["error"]) == ("simulation.result", None)
        assert exit_code in {0, -signal.SIGTERM}
        assert alive == []
