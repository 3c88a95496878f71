import asyncio
from typing import Any

import httpx2
import pytest
from rehearsal import Rehearsal
from simulated_rooms import request, shoebox, source

from sonalyze_chassis.compute import WorkFailed
from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_simulation.app import create_app
from sonalyze_simulation.settings import Settings

LONG_S = 30.0
"""Longer than anybody waits for an answer, shorter than a simulation may take."""


async def job_of(client: httpx2.AsyncClient, job_id: str) -> dict[str, Any]:
    answer = await client.get(f"/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def test_an_answer_has_one_pair_for_each_microphone_and_source_microphones_outermost(
    client: httpx2.AsyncClient,
) -> None:
    body = request(
        sources=source(1, 1, name="s1") + source(1, 2, name="s2"),
        microphones=source(3, 1, name="m1") + source(3, 2, name="m2"),
    )

    answer = await client.post("/simulate", json=body)

    pairs = [(pair["microphone_id"], pair["source_id"]) for pair in answer.json()["pairs"]]
    assert answer.status_code == 200
    assert pairs == [("m1", "s1"), ("m1", "s2"), ("m2", "s1"), ("m2", "s2")]
    assert SimulationAnswer.model_validate_json(answer.content).sample_rate_hz == 16_000


async def test_an_answer_begins_with_the_documented_fields(client: httpx2.AsyncClient) -> None:
    answer = (await client.post("/simulate", json=request())).json()

    assert list(answer)[:3] == ["sample_rate_hz", "pairs", "warnings"]
    assert answer["pairs"][0]["rir"] is None
    assert (answer["version"], answer["method"], answer["seed"]) == ("1", "hybrid", 0)
    assert answer["volume_m3"] == pytest.approx(50)


async def test_every_answer_names_its_job(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/simulate", json=request())

    job = await job_of(client, answer.headers["X-Job-ID"])

    assert job["status"] == "completed"
    assert job["result"] == answer.json()


async def test_what_is_expected_to_take_long_becomes_a_job(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.seconds = LONG_S
    engine.may_end.clear()

    answer = await client.post("/simulate", json=request())

    job = await job_of(client, answer.json()["job_id"])
    assert answer.status_code == 202
    assert answer.json()["status"] == "accepted"
    assert answer.json()["estimated_seconds"] == LONG_S
    assert answer.headers["X-Job-ID"] == answer.json()["job_id"]
    assert (job["status"], job["result"], job["error"]) == ("running", None, None)
    engine.may_end.set()


async def test_what_takes_longer_than_expected_becomes_a_job(
    serve: Any,  # noqa: ANN401  a factory of clients
    engine: Rehearsal,
) -> None:
    engine.may_end.clear()
    async with serve(simulation_answer_seconds=0.2) as client:
        answer = await client.post("/simulate", json=request())

        assert answer.status_code == 202
        engine.may_end.set()
        await ended(client, answer.json()["job_id"])


async def test_what_waits_for_its_turn_too_long_becomes_a_job_without_an_estimate(
    serve: Any,  # noqa: ANN401  a factory of clients
    engine: Rehearsal,
) -> None:
    engine.may_judge.clear()
    async with serve(simulation_answer_seconds=0.1) as client:
        answer = await client.post("/simulate", json=request())

        assert answer.status_code == 202
        assert answer.json()["estimated_seconds"] is None
        engine.may_judge.set()


async def test_a_known_answer_is_given_at_once_however_long_it_took(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.seconds = LONG_S
    engine.may_end.clear()
    job_id = (await client.post("/simulate", json=request())).json()["job_id"]
    engine.may_end.set()
    await ended(client, job_id)

    answer = await client.post("/simulate", json=request())

    assert answer.status_code == 200
    assert engine.computed == [0]


async def test_the_same_request_gets_the_same_bytes_and_is_computed_once(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    first = await client.post("/simulate", json=request())

    again = await client.post("/simulate", json=request(sample_rate_hz=16_000))

    assert again.content == first.content
    assert again.headers["X-Job-ID"] != first.headers["X-Job-ID"]
    assert engine.computed == [0]


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"rays": 200}, {"room": shoebox(dimensions_m=[5.0, 4.0, 2.6])}],
)
async def test_another_request_is_computed(
    client: httpx2.AsyncClient, engine: Rehearsal, change: dict[str, Any]
) -> None:
    await client.post("/simulate", json=request())

    await client.post("/simulate", json=request(**change))

    assert engine.computed == [0, 0]


async def test_nothing_is_kept_where_the_cache_has_no_room(
    serve: Any,  # noqa: ANN401  a factory of clients
    engine: Rehearsal,
) -> None:
    async with serve(simulation_cache_mb=0) as client:
        for _ in range(2):
            await client.post("/simulate", json=request())

    assert engine.computed == [0, 0]


async def test_equal_requests_that_come_together_are_computed_once(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.may_end.clear()
    asked = [asyncio.create_task(client.post("/simulate", json=request())) for _ in range(5)]
    await engine.began.get()

    engine.may_end.set()
    answers = await asyncio.gather(*asked)

    assert {answer.content for answer in answers} == {answers[0].content}
    assert engine.computed == [0]


async def test_who_cancels_a_shared_simulation_leaves_it_to_the_others(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.seconds = LONG_S
    engine.may_end.clear()
    first, second = [
        (await client.post("/simulate", json=request())).json()["job_id"] for _ in range(2)
    ]

    cancelled = await client.delete(f"/jobs/{first}")
    engine.may_end.set()
    other = await ended(client, second)

    assert cancelled.json()["status"] == "cancelled"
    assert other["status"] == "completed"
    assert (engine.computed, engine.given_up) == ([0], [])


async def test_the_last_who_cancels_ends_it(client: httpx2.AsyncClient, engine: Rehearsal) -> None:
    engine.seconds = LONG_S
    engine.may_end.clear()
    jobs = [(await client.post("/simulate", json=request())).json()["job_id"] for _ in range(2)]

    for job_id in jobs:
        await client.delete(f"/jobs/{job_id}")

    assert engine.given_up == [0]


async def test_what_is_too_expensive_is_refused_with_what_would_be_cheaper(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.seconds = 600.0

    answer = await client.post("/simulate", json=request(rays=100_000))

    problem = answer.json()
    assert answer.status_code == 422
    assert problem["code"] == "simulation_too_expensive"
    assert problem["details"]["estimated_seconds"] == 600
    assert problem["details"]["suggestion"] == {"rays": 9000, "allow_degraded": True}
    assert "9000 rays" in problem["detail"]
    assert engine.computed == []


async def test_what_may_be_degraded_is_computed_with_fewer_rays_and_says_so(
    serve: Any,  # noqa: ANN401  a factory of clients
) -> None:
    async with serve(simulation_max_seconds=0.5) as client:
        refused = await client.post("/simulate", json=request(rays=1_000_000))
        answer = await client.post("/simulate", json=request(rays=1_000_000, allow_degraded=True))

    assert refused.status_code == 422
    assert answer.status_code == 200
    assert answer.json()["rays"] < 1_000_000
    assert any("instead of 1000000" in warning for warning in answer.json()["warnings"])


async def test_a_full_queue_is_503_with_the_time_to_come_back(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.refuses = True

    answer = await client.post("/simulate", json=request())

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["retryable"] is True


async def test_more_simulations_than_may_wait_are_sent_away_and_those_let_in_are_not(
    serve: Any,  # noqa: ANN401  a factory of clients
    engine: Rehearsal,
) -> None:
    engine.seconds = LONG_S
    engine.may_end.clear()
    async with serve(simulation_workers=1, simulation_queue=1) as client:
        answers = [await client.post("/simulate", json=request(seed=seed)) for seed in range(3)]
        engine.may_end.set()
        jobs = [await ended(client, answer.json()["job_id"]) for answer in answers[:2]]
        again = await client.post("/simulate", json=request(seed=0))

    assert [answer.status_code for answer in answers] == [202, 202, 503]
    assert answers[2].headers["Retry-After"] == "5"
    assert {job["status"] for job in jobs} == {"completed"}
    assert again.status_code == 200


async def test_a_failure_that_nobody_foresaw_is_told_without_its_inside(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.failure = WorkFailed("Something went wrong here")

    answer = await client.post("/simulate", json=request())

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")


async def test_one_source_that_fails_ends_the_others(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.failure = WorkFailed("Something went wrong here")

    answer = await client.post(
        "/simulate", json=request(sources=source(1, 1) + source(1, 2, name="s2"))
    )

    assert answer.status_code == 500
    assert (await client.get("/livez")).status_code == 200


@pytest.mark.parametrize("body", ["[]", '"room"', "1", "null", "{", "\xff", '{"a": NaN}', ""])
async def test_a_body_that_is_no_object_is_422(client: httpx2.AsyncClient, body: str) -> None:
    answer = await client.post(
        "/simulate",
        content=body.encode("latin-1"),
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_request"


async def test_the_simulation_of_a_caller_who_leaves_ends(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.may_end.clear()
    app = create_app(Settings(_env_file=None, log_level="ERROR"), lambda _: engine)
    async with app.router.lifespan_context(app):
        caller = Leaving(request())

        asking = asyncio.create_task(app(caller.scope, caller.receive, caller.send))
        await engine.began.get()
        caller.leaves.set()
        await asyncio.wait({asking}, timeout=5)

    assert asking.done()
    assert engine.given_up == [0]
    assert (await client.get("/livez")).status_code == 200


class Leaving:
    """A caller that sends its request and closes the connection when told."""

    def __init__(self, body: dict[str, Any]) -> None:
        self.leaves = asyncio.Event()
        encoded = httpx2.Request("POST", "http://s/simulate", json=body)
        self._body: bytes | None = encoded.read()
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/simulate",
            "raw_path": b"/simulate",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
        }

    async def receive(self) -> dict[str, Any]:
        """Send the body, then nothing, then leave."""
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:  # noqa: ANN401  as ASGI
        """Nobody is there to read."""


async def ended(client: httpx2.AsyncClient, job_id: str) -> dict[str, Any]:
    """Look at a job until it has ended."""
    async with asyncio.timeout(10):
        while (job := await job_of(client, job_id))["finished_at"] is None:
            continue
    return job
