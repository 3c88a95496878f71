from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx2
import pytest
from broadcasts import Broadcasts
from rehearsal import Rehearsal
from simulated_rooms import request

from sonalyze_chassis.compute import DeadlinePassed
from sonalyze_simulation.domain.answers import MOST_EVENT_BYTES

DEVICE = "phone-1"
LONG_S = 30.0


async def handle(client: httpx2.AsyncClient, event: str, **data: object) -> httpx2.Response:
    message = {
        "client": {"device_id": DEVICE, "connection_id": "c-1", "ip": "192.0.2.1"},
        "message": {"event": event, "request_id": "1", "data": data},
    }
    return await client.post("/gateway/handle", json=message)


@pytest.fixture
async def held(engine: Rehearsal) -> AsyncIterator[Rehearsal]:
    """Let simulations take long, until the test ends."""
    engine.seconds = LONG_S
    engine.may_end.clear()
    yield engine
    engine.may_end.set()


async def started(client: httpx2.AsyncClient, **fields: object) -> str:
    answer = await handle(client, "simulation.request", **request(**fields))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["job_id"])


async def result_pushed(gateway: Broadcasts) -> dict[str, Any]:
    while (push := await gateway.next())["event"] != "simulation.result":
        continue
    data: dict[str, Any] = push["data"]
    return data


async def test_a_requested_simulation_has_an_id_at_once_and_its_estimate(
    client: httpx2.AsyncClient, held: Rehearsal
) -> None:
    answer = await handle(client, "simulation.request", **request())

    assert answer.json() | {"job_id": ""} == {
        "job_id": "",
        "status": "accepted",
        "estimated_seconds": LONG_S,
    }
    assert held.given_up == []


async def test_progress_and_result_are_pushed_to_the_device_that_asked(
    client: httpx2.AsyncClient, held: Rehearsal, gateway: Broadcasts
) -> None:
    job_id = await started(client)
    await held.began.get()
    held.reach(0, 0.5, "rays")
    held.reach(0, 0.9, "evaluating")
    held.may_end.set()

    pushes = [await gateway.next()]
    while pushes[-1]["event"] != "simulation.result":
        pushes.append(await gateway.next())

    progress = [push["data"] for push in pushes[:-1]]
    assert all(push["targets"] == {"device_ids": [DEVICE]} for push in pushes)
    assert {push["data"]["job_id"] for push in pushes} == {job_id}
    assert [data["stage"] for data in progress] == ["preparing", "images", "rays", "evaluating"]
    assert [data["fraction"] for data in progress] == [0.0, 0.0, 0.5, 0.9]
    assert progress[0]["seconds_left"] == LONG_S
    assert pushes[-1]["data"]["error"] is None
    assert pushes[-1]["data"]["result"]["pairs"][0]["metrics"]["sti"] == pytest.approx(0.6)


async def test_a_result_is_pushed_once_also_if_it_was_known(
    client: httpx2.AsyncClient, gateway: Broadcasts
) -> None:
    await client.post("/simulate", json=request())

    await started(client)
    await result_pushed(gateway)

    await handle(client, "simulation.health")
    assert gateway.rest() == []


async def test_progress_of_one_stage_is_pushed_at_most_twice_a_second(
    client: httpx2.AsyncClient, held: Rehearsal, gateway: Broadcasts
) -> None:
    await started(client)
    await held.began.get()
    for step in range(100):
        held.reach(0, step / 100, "rays")
    held.may_end.set()

    await result_pushed(gateway)

    assert gateway.rest() == []


async def test_the_progress_of_several_sources_is_their_mean_and_never_falls(
    client: httpx2.AsyncClient, held: Rehearsal
) -> None:
    sources = [{"id": name, "position_m": [1, y, 1]} for name, y in (("a", 1), ("b", 2))]
    job_id = await started(client, sources=sources)
    await held.began.get()
    await held.began.get()

    held.reach(0, 0.8, "evaluating")
    held.reach(1, 0.4, "rays")
    held.reach(0, 0.2, "evaluating")

    job = (await client.get(f"/jobs/{job_id}")).json()
    assert (job["fraction"], job["stage"]) == (pytest.approx(0.6), "rays")
    assert job["seconds_left"] is not None


async def test_a_room_that_cannot_be_is_refused_at_once(client: httpx2.AsyncClient) -> None:
    answer = await handle(client, "simulation.request", **request(sources=[]))

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_a_room_that_is_judged_late_fails_as_a_job(
    client: httpx2.AsyncClient, engine: Rehearsal, gateway: Broadcasts
) -> None:
    engine.may_judge.clear()
    answer = await handle(client, "simulation.request", **request(sources=[]))
    engine.may_judge.set()

    told = await result_pushed(gateway)

    job = (await client.get(f"/jobs/{answer.json()['job_id']}")).json()
    assert (told["result"], told["error"]["code"]) == (None, "bad_request")
    assert (job["status"], job["error"]) == ("failed", told["error"])


async def test_a_simulation_that_fails_tells_why(
    client: httpx2.AsyncClient, held: Rehearsal, gateway: Broadcasts
) -> None:
    held.failure = DeadlinePassed("Took longer than 20 s")
    job_id = await started(client)
    held.may_end.set()

    told = await result_pushed(gateway)

    job = (await client.get(f"/jobs/{job_id}")).json()
    assert told["error"]["code"] == "unavailable"
    assert told["error"]["details"]["retryable"] is True
    assert job["status"] == "failed"


async def test_a_finished_job_says_when_it_was_what(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/simulate", json=request())

    job = (await client.get(f"/jobs/{answer.headers['X-Job-ID']}")).json()

    times = [datetime.fromisoformat(job[f"{name}_at"]) for name in ("created", "started")]
    assert times[0] <= times[1] <= datetime.fromisoformat(job["finished_at"])
    assert (job["fraction"], job["stage"], job["seconds_left"]) == (1.0, None, None)


@pytest.mark.parametrize("over", ["http", "event"])
async def test_a_cancelled_job_ends_and_says_so(
    client: httpx2.AsyncClient, held: Rehearsal, gateway: Broadcasts, over: str
) -> None:
    job_id = await started(client)
    await held.began.get()

    if over == "http":
        cancelled = await client.delete(f"/jobs/{job_id}")
    else:
        cancelled = await handle(client, "simulation.cancel", job_id=job_id)

    told = await result_pushed(gateway)
    assert cancelled.status_code == 200
    assert cancelled.json()["status"] == "cancelled"
    assert told["error"]["details"]["condition"] == "simulation_cancelled"
    assert held.given_up == [0]


async def test_cancelling_twice_is_cancelling_once(
    client: httpx2.AsyncClient, held: Rehearsal
) -> None:
    job_id = await started(client)
    await held.began.get()
    first = await client.delete(f"/jobs/{job_id}")

    again = await client.delete(f"/jobs/{job_id}")

    assert again.json() == first.json()


async def test_an_ended_job_stays_as_it_is(client: httpx2.AsyncClient) -> None:
    job_id = (await client.post("/simulate", json=request())).headers["X-Job-ID"]

    cancelled = await client.delete(f"/jobs/{job_id}")

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "completed")
    assert cancelled.json()["result"]["pairs"]


@pytest.mark.parametrize("job_id", ["unknown", "..%2f..", "8b1a7f9c-0000-4000-8000-000000000000"])
async def test_an_unknown_job_is_404(client: httpx2.AsyncClient, job_id: str) -> None:
    shown = await client.get(f"/jobs/{job_id}")
    cancelled = await client.delete(f"/jobs/{job_id}")

    assert (shown.status_code, shown.json()["code"]) == (404, "not_found")
    assert (cancelled.status_code, cancelled.json()["code"]) == (404, "not_found")


async def test_an_unknown_job_cannot_be_cancelled_over_an_event(
    client: httpx2.AsyncClient,
) -> None:
    answer = await handle(client, "simulation.cancel", job_id="unknown")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_run_over_an_event_answers_as_over_http(client: httpx2.AsyncClient) -> None:
    over_http = await client.post("/simulate", json=request())

    over_event = await handle(client, "simulation.run", **request())

    assert over_event.status_code == 200
    assert over_event.json() == over_http.json()


async def test_a_run_over_an_event_that_takes_long_becomes_a_job_that_is_pushed(
    client: httpx2.AsyncClient, held: Rehearsal, gateway: Broadcasts
) -> None:
    answer = await handle(client, "simulation.run", **request())
    held.may_end.set()

    told = await result_pushed(gateway)

    assert answer.json()["status"] == "accepted"
    assert told["job_id"] == answer.json()["job_id"]
    assert told["result"]["pairs"]


async def test_responses_too_large_for_an_event_are_left_out_with_a_warning(
    client: httpx2.AsyncClient, engine: Rehearsal
) -> None:
    engine.rir = "[0.0" + ",0.5" * (MOST_EVENT_BYTES // 4) + "]"
    engine.decay_curves = "[]"

    over_event = (await handle(client, "simulation.run", **request())).json()
    over_http = (await client.post("/simulate", json=request())).json()

    assert over_event["pairs"][0]["rir"] is None
    assert over_event["pairs"][0]["decay_curves"] == []
    assert "responses were left out" in over_event["warnings"][-1]
    assert len(over_http["pairs"][0]["rir"]) > MOST_EVENT_BYTES // 4
    assert over_http["warnings"] == over_event["warnings"][:-1]


async def test_health_is_told_over_an_event(client: httpx2.AsyncClient) -> None:
    answer = await handle(client, "simulation.health")

    assert answer.json() == {"status": "ok"}


@pytest.mark.parametrize("event", ["simulation.unknown", "lobby.create"])
async def test_an_unknown_event_is_refused(client: httpx2.AsyncClient, event: str) -> None:
    answer = await handle(client, event)

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_event")


async def test_a_stopping_service_tells_who_waits(
    serve: Any,  # noqa: ANN401  a factory of clients
    engine: Rehearsal,
    gateway: Broadcasts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sonalyze_simulation.app.PATIENCE_S", 0.2)
    engine.seconds = LONG_S
    engine.may_end.clear()
    async with serve() as client:
        await started(client)

    told = await result_pushed(gateway)
    assert told["error"]["details"]["condition"] == "service_stopped"
    assert engine.given_up == [0]
