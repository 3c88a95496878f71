from collections.abc import AsyncIterator
from typing import Any

import httpx2
import numpy as np
import pytest
from broadcasts import Broadcasts, broadcasts_taken
from fastapi import FastAPI
from laboratory import RATE_HZ, RT_S, Laboratory, MakeSettings, Threads, audio_file

from sonalyze_measurement.app import create_app

DEVICE = "phone-1"
TOKEN = "a token that only services know"  # noqa: S105  of this test alone


def message(event: str, data: dict[str, Any], device_id: str = DEVICE) -> dict[str, Any]:
    return {
        "client": {"device_id": device_id, "connection_id": "c-1", "ip": "192.0.2.1"},
        "message": {"event": event, "request_id": "1", "data": data},
    }


async def handle(client: httpx2.AsyncClient, event: str, **data: object) -> httpx2.Response:
    return await client.post("/gateway/handle", json=message(event, data))


@pytest.fixture
async def gateway() -> AsyncIterator[Broadcasts]:
    async with broadcasts_taken() as broadcasts:
        yield broadcasts


@pytest.fixture
async def app(
    make_settings: MakeSettings, engine: Threads, gateway: Broadcasts
) -> AsyncIterator[FastAPI]:
    """The service with a gateway that takes its pushes."""
    app = create_app(make_settings(gateway_url=gateway.url), lambda _: engine)
    async with app.router.lifespan_context(app):
        yield app


async def test_a_created_job_remembers_its_device(client: httpx2.AsyncClient) -> None:
    created = await handle(
        client, "measurement.create_job", map={}, meta={"device_id": "somebody else", "x": 1}
    )
    job = await handle(client, "measurement.get_job", job_id=created.json()["job_id"])

    assert created.status_code == 200
    assert list(created.json()) == ["job_id"]
    assert job.json()["meta"] == {"device_id": DEVICE, "x": 1}
    assert job.json()["uploads"] == []


async def test_a_job_over_http_and_over_an_event_is_the_same(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    over_http = await client.get(f"/v1/jobs/{job_id}")

    over_event = await handle(client, "measurement.get_job", job_id=job_id)

    assert over_event.json() == over_http.json()


@pytest.mark.parametrize("rate_hz", [48_000, 16_000])
async def test_the_timeline_is_told_as_over_http(client: httpx2.AsyncClient, rate_hz: int) -> None:
    over_http = await client.get("/v1/measurement/audio/info", params={"sample_rate": rate_hz})

    over_event = await handle(client, "measurement.get_audio_info", sample_rate=rate_hz)

    assert over_event.json() == over_http.json()


async def test_an_analysis_answers_with_its_results(
    laboratory: Laboratory, recording_file: bytes
) -> None:
    await laboratory.upload("recording", recording_file)

    answer = await handle(
        laboratory.client,
        "analysis.run",
        job_id=laboratory.job_id,
        source="sweep_deconvolution_generated",
        audio_hash=laboratory.signal_hash,
    )

    assert set(answer.json()) == {"job_id", "results"}
    assert answer.json()["results"]["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)


async def test_a_requested_analysis_is_pushed_to_the_device_that_asked(
    laboratory: Laboratory, recording_file: bytes, gateway: Broadcasts
) -> None:
    await laboratory.upload("recording", recording_file)

    answer = await handle(
        laboratory.client,
        "analysis.request",
        job_id=laboratory.job_id,
        source="sweep_deconvolution_generated",
        audio_hash=laboratory.signal_hash,
    )
    pushes = [await gateway.next() for _ in range(4)]

    accepted = answer.json()
    assert (accepted["job_id"], accepted["status"]) == (laboratory.job_id, "accepted")
    assert {push["data"]["analysis_id"] for push in pushes} == {accepted["analysis_id"]}
    assert all(push["targets"] == {"device_ids": [DEVICE]} for push in pushes)
    assert [push["event"] for push in pushes] == ["analysis.progress"] * 3 + ["analysis.result"]
    assert [push["data"]["stage"] for push in pushes[:3]] == ["queued", "running", "storing"]
    assert pushes[3]["data"]["results"]["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)
    assert pushes[3]["data"]["error"] is None


async def test_a_requested_analysis_that_fails_pushes_why(
    laboratory: Laboratory, gateway: Broadcasts
) -> None:
    await laboratory.upload("recording", audio_file(np.zeros(17 * RATE_HZ)))

    await handle(
        laboratory.client,
        "analysis.request",
        job_id=laboratory.job_id,
        source="sweep_deconvolution_generated",
        audio_hash=laboratory.signal_hash,
    )
    pushes = [await gateway.next() for _ in range(3)]

    assert pushes[-1]["event"] == "analysis.result"
    assert pushes[-1]["data"]["results"] is None
    assert pushes[-1]["data"]["error"]["code"] == "not_a_measurement"
    assert "microphone" in pushes[-1]["data"]["error"]["message"]


async def test_an_analysis_that_cannot_run_is_refused_at_once(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    answer = await handle(client, "analysis.request", job_id=job_id, source="impulse_response")

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


@pytest.mark.parametrize(
    ("event", "data", "status", "code"),
    [
        ("measurement.create_job", {}, 400, "bad_request"),
        ("measurement.get_job", {}, 400, "bad_request"),
        ("measurement.get_job", {"job_id": "../x"}, 404, "not_found"),
        ("measurement.get_audio_info", {"sample_rate": 1}, 400, "bad_request"),
        ("analysis.run", {"job_id": "x"}, 400, "bad_request"),
        ("analysis.run", {"job_id": "x", "source": "impulse_response"}, 404, "not_found"),
        ("analysis.cancel", {}, 400, "unknown_event"),
        ("lobby.create", {}, 400, "unknown_event"),
    ],
)
async def test_what_is_wrong_with_an_event_is_told(
    client: httpx2.AsyncClient, event: str, data: dict[str, object], status: int, code: str
) -> None:
    answer = await handle(client, event, **data)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_only_the_gateway_may_forward_where_a_token_is_set(
    make_settings: MakeSettings,
    engine: Threads,
) -> None:
    app = create_app(make_settings(internal_auth_token=TOKEN), lambda _: engine)
    transport = httpx2.ASGITransport(app)
    body = message("measurement.get_audio_info", {})

    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://measurement") as client,
    ):
        stranger = await client.post("/gateway/handle", json=body)
        gateway = await client.post(
            "/gateway/handle", json=body, headers={"X-Internal-Token": TOKEN}
        )

    assert stranger.status_code == 403
    assert gateway.status_code == 200


async def test_the_last_pushes_leave_before_the_service_stops(
    make_settings: MakeSettings,
    engine: Threads,
    gateway: Broadcasts,
) -> None:
    app = create_app(make_settings(gateway_url=gateway.url), lambda _: engine)
    transport = httpx2.ASGITransport(app)

    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://measurement") as client,
    ):
        job = await client.post("/v1/jobs", json={"map": {}})
        path = f"/v1/jobs/{job.json()['job_id']}/uploads/impulse_response"
        await client.post(path, files={"file": b"no audio"})
        await handle(
            client, "analysis.request", job_id=job.json()["job_id"], source="impulse_response"
        )

    assert gateway.rest()[-1]["data"]["error"]["code"] == "unsupported_media"
