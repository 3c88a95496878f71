"""SIGTERM: each service ends by itself, within its limit, whatever it is doing."""

import asyncio
import time

import httpx2
import pytest
from laboratory import audio_file, room_response
from live_backend import LiveBackend
from party import party_at
from wire import device

from sonalyze_contracts.command import Service

LIMIT_S = 10.0
"""What a stopping service gives to those requests that still run."""


async def stop_and_start(backend: LiveBackend, service: Service) -> float:
    """Stop a service as an operator would, give how long it took, and start it again."""
    started_s = time.monotonic()
    code = await backend.terminate(service)
    duration_s = time.monotonic() - started_s
    await backend.start(service)
    assert code in {0, -15}, code
    return duration_s


@pytest.mark.parametrize("service", [Service.LOBBY, Service.GATEWAY])
async def test_a_service_stops_within_its_limit_while_a_session_runs(
    fragile_backend: LiveBackend, service: Service
) -> None:
    async with party_at(fragile_backend.url, microphones=1) as party:
        await party.plan()
        await party.start()

        assert await stop_and_start(fragile_backend, service) < LIMIT_S

    async with device(fragile_backend.url) as one:
        assert await one.answer("lobby.get", code=party.code)


async def test_the_measurement_service_finishes_or_refuses_what_runs(
    fragile_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    backend = fragile_backend
    job_id = (await http.post(f"{backend.url}/v1/jobs", json={"map": {}})).json()["job_id"]
    job = f"{backend.url}/v1/jobs/{job_id}"
    upload = audio_file(room_response())
    await http.post(f"{job}/uploads/impulse_response", files={"file": upload})
    source = {"source": "impulse_response"}

    many = [asyncio.create_task(http.post(f"{job}/analyze", json=source)) for _ in range(8)]
    await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)
    duration_s = await stop_and_start(backend, Service.MEASUREMENT)
    answers = await asyncio.gather(*many)

    assert duration_s < LIMIT_S
    assert {answer.status_code for answer in answers} <= {200, 502, 503}
    assert any(answer.status_code == 200 for answer in answers)
    assert all(answer.json()["retryable"] for answer in answers if answer.status_code != 200)
