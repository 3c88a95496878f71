"""The same service with workers behind a broker."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from celery_workers import kill_family
from simulated_rooms import request, source
from simulation_process import Running, SimulationProcess, simulation_process

pytestmark = pytest.mark.asyncio(loop_scope="session")


@contextmanager
def simulation_worker(broker_url: str, folder: Path) -> Iterator[psutil.Process]:
    """Start a worker as the README says, and end it with its children."""
    with (
        (folder / "worker.log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "sonalyze_simulation.worker", "worker",
             "--concurrency=2"],
            cwd=folder,
            env={**os.environ, "SIMULATION_BROKER_URL": broker_url},
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as worker,
    ):  # fmt: skip
        try:
            yield psutil.Process(worker.pid)
        finally:
            kill_family(worker.pid)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scaled(
    redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[SimulationProcess]:
    folder = tmp_path_factory.mktemp("scaled")
    with simulation_worker(redis_url, folder):
        async with simulation_process(
            folder, SIMULATION_BROKER_URL=redis_url, SIMULATION_ANSWER_SECONDS="60"
        ) as service:
            yield service


async def test_workers_answer_as_local_processes_do_to_the_bit(
    scaled: SimulationProcess, running: Running
) -> None:
    body = request(
        rays=300,
        include_rir=True,
        rir_duration_s=0.2,
        sources=source(1, 1, name="s1") + source(1, 2, name="s2"),
    )

    far = await scaled.client.post("/simulate", json=body)
    near = await running.service.client.post("/simulate", json=body)

    assert far.status_code == 200, far.text
    assert far.content == near.content
    assert scaled.workers() == []


async def test_workers_give_the_sounds(scaled: SimulationProcess) -> None:
    simulated = await scaled.client.post("/simulate", json=request(rays=300, rir_duration_s=0.2))
    job = f"/jobs/{simulated.headers['X-Job-ID']}"

    response = await scaled.client.get(f"{job}/rir/s1/m1.wav")
    sofa = await scaled.client.get(f"{job}/sofa")
    heard = await scaled.client.post(f"{job}/auralise/s1/m1", content=response.content)

    assert [answer.status_code for answer in (response, sofa, heard)] == [200, 200, 200]


async def test_workers_say_what_is_wrong_with_a_room(scaled: SimulationProcess) -> None:
    answer = await scaled.client.post("/simulate", json=request(sources=source(9, 9)))

    assert (answer.status_code, answer.json()["details"]["condition"]) == (400, "outside_room")
