"""Simulations by event: asked for, waited for, watched and stopped over the WebSocket."""

import json

import httpx2
import pytest
from live_backend import LiveBackend
from simulated import EXAMPLE, LASTING, example, job_that_is, places
from wire import Json, device, events_of

from sonalyze_contracts.simulation_jobs import SimulationResult

LARGEST_EVENT_BYTES = 2 << 20


async def test_the_request_of_the_documents_is_answered_as_over_http(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    over_http = await http.post(f"{backend.url}/v1/simulation/simulate", json=json.loads(EXAMPLE))

    async with device(backend.url) as one:
        answer = await one.answer("simulation.run", **json.loads(EXAMPLE))

    assert answer == over_http.json()


async def test_the_service_says_that_it_is_well(backend: LiveBackend) -> None:
    async with device(backend.url) as one:
        assert await one.answer("simulation.health") == {"status": "ok"}


async def test_a_requested_simulation_is_accepted_at_once_and_its_result_pushed(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    asked = example(seed=21, rays=20_000)
    async with device(backend.url) as one:
        accepted = await one.answer("simulation.request", **asked)
        stages: list[Json] = []
        while (push := await one.push())["event"] == "simulation.progress":
            stages.append(push["data"])
        job = await http.get(f"{backend.url}/v1/simulation/jobs/{accepted['job_id']}")

        assert accepted["status"] == "accepted"
        assert push["event"] == SimulationResult.event
        assert push["data"]["job_id"] == accepted["job_id"]
        assert push["data"]["error"] is None
        assert push["data"]["result"] == job.json()["result"]
        fractions = [stage["fraction"] for stage in stages]
        assert fractions == sorted(fractions)
        assert stages
        assert all(stage["job_id"] == accepted["job_id"] for stage in stages)


async def test_a_simulation_that_lasts_is_answered_with_a_job_and_can_be_stopped(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    async with device(backend.url) as one:
        accepted = await one.answer("simulation.run", **LASTING, seed=22)
        await job_that_is(http, backend.url, accepted["job_id"], "running")

        stopped = await one.answer("simulation.cancel", job_id=accepted["job_id"])
        told = await one.push_of("simulation.result", job_id=accepted["job_id"])

        assert set(accepted) == {"job_id", "status", "estimated_seconds"}
        assert stopped["status"] == "cancelled"
        assert told["result"] is None
        assert told["error"]["details"]["condition"] == "simulation_cancelled"


async def test_an_answer_is_cut_to_what_an_event_may_carry(backend: LiveBackend) -> None:
    asked = example(
        sources=places("s", 2, 0.5),
        microphones=places("m", 8, 3.5),
        include_rir=True,
        rir_duration_s=1.0,
    )
    async with device(backend.url) as one:
        answer = await one.answer("simulation.run", **asked)

        assert len(json.dumps(answer)) <= LARGEST_EVENT_BYTES
        assert len(answer["pairs"]) == 16
        assert all(pair["rir"] is None for pair in answer["pairs"])
        assert any("event" in warning for warning in answer["warnings"])


REFUSED = [
    ("simulation.run", {}, "room"),
    ("simulation.run", {"room": {"type": "sphere"}}, "shoebox"),
    ("simulation.request", {"room": {"type": "shoebox"}}, "dimensions_m"),
    ("simulation.cancel", {}, "job_id"),
]


@pytest.mark.parametrize(("event", "data", "said"), REFUSED)
async def test_what_is_wrong_with_a_command_is_told(
    backend: LiveBackend, event: str, data: Json, said: str
) -> None:
    async with device(backend.url) as one:
        error = await one.refusal(event, **data)

        assert error["code"] == "bad_request"
        assert said in error["message"]


async def test_stopping_what_nobody_knows_is_not_found(backend: LiveBackend) -> None:
    async with device(backend.url) as one:
        error = await one.refusal("simulation.cancel", job_id="none")

        assert error["code"] == "not_found"


async def test_a_simulation_holds_up_nothing_else_on_the_same_socket(
    backend: LiveBackend,
) -> None:
    async with device(backend.url) as one:
        accepted = await one.answer("simulation.request", **LASTING, seed=23)
        lobby = await one.answer("lobby.create")
        await one.answer("simulation.cancel", job_id=accepted["job_id"])
        heard = await one.pushes_until("simulation.result", job_id=accepted["job_id"])

        assert lobby["code"]
        assert set(events_of(heard)) <= {"simulation.progress"}
