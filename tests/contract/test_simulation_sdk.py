"""Simulations by the SDK, answered at once or as a job that it waits for."""

from collections.abc import Iterator

import pytest
from live_backend import LiveBackend, live_backend
from simulated import example

from sonalyze.client import Client
from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import Invalid
from sonalyze_contracts.simulation_jobs import JobStatus, SimulationStart
from sonalyze_contracts.simulations import SimulationRequest


@pytest.fixture(scope="module")
def impatient_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBackend]:
    """Run simulations for whose answer nobody waits."""
    with live_backend(
        tmp_path_factory.mktemp("impatient"),
        Service.SIMULATION,
        Service.GATEWAY,
        SIMULATION_ANSWER_SECONDS="0.001",
    ) as running:
        yield running


async def test_an_answer_is_the_same_whether_it_came_at_once_or_as_a_job(
    backend: LiveBackend, impatient_backend: LiveBackend
) -> None:
    request = SimulationRequest.model_validate(example(seed=41))

    async with Client(backend.url) as patient, Client(impatient_backend.url) as impatient:
        at_once = await patient.simulations.simulate(request)
        waited_for = await impatient.simulations.simulate(request)

    assert waited_for == at_once


async def test_a_job_that_was_asked_for_by_event_is_looked_up(backend: LiveBackend) -> None:
    request = SimulationRequest.model_validate(example(seed=42))

    async with Client(backend.url) as client:
        with client.pushes() as pushes:
            accepted = await client.send(SimulationStart.of(request))
            async for push in pushes:
                if getattr(push, "event", "") == "simulation.result":
                    break
        job = await client.simulations.get_job(accepted.job_id)

    assert job.status is JobStatus.COMPLETED
    assert job.result is not None


async def test_a_room_that_cannot_be_is_refused_with_a_sentence(
    impatient_backend: LiveBackend,
) -> None:
    outside = [{"id": "m1", "position_m": [9, 9, 9]}]
    request = SimulationRequest.model_validate(example(microphones=outside))

    async with Client(impatient_backend.url) as client:
        with pytest.raises(Invalid, match="m1"):
            await client.simulations.simulate(request)
