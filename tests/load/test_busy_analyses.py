"""While eight analyses run, every service keeps answering."""

import asyncio
import statistics
import time
from collections.abc import Callable

import httpx2
import pytest
from laboratory import audio_file, convolved, room_response
from live_backend import LiveBackend

from sonalyze_acoustics import SignalSpec, measurement_signal
from sonalyze_contracts.command import Service

RATE_HZ = 48_000
ANALYSES = 8
LIMIT_S = 0.25
"""All cores compute, so that an answer waits for its time slice, but for no analysis."""


@pytest.fixture(scope="module")
def recording() -> bytes:
    """Give a recording as a phone makes it."""
    heard = convolved(measurement_signal(SignalSpec(RATE_HZ)), room_response(RATE_HZ))
    return audio_file(heard / abs(heard).max(), RATE_HZ)


async def test_livez_answers_while_eight_analyses_run(
    backend: LiveBackend,
    http: httpx2.AsyncClient,
    recording: bytes,
    measured: Callable[[str, str], None],
) -> None:
    signal = await http.get(f"{backend.url}/v1/measurement/audio?sample_rate={RATE_HZ}")
    job_id = (await http.post(f"{backend.url}/v1/jobs", json={"map": {}})).json()["job_id"]
    job = f"{backend.url}/v1/jobs/{job_id}"
    for number in range(ANALYSES):
        await http.post(f"{job}/uploads/{number}", files={"file": recording})
    analysis = {
        "source": "sweep_deconvolution_generated",
        "audio_hash": signal.headers["x-audio-hash"],
    }
    running = [
        asyncio.create_task(
            http.post(f"{job}/analyze", json=analysis | {"recording_upload": str(number)})
        )
        for number in range(ANALYSES)
    ]

    waits_s: list[float] = []
    while not all(task.done() for task in running):
        for url in (f"{backend.url_of(Service.MEASUREMENT)}/livez", f"{backend.url}/healthz"):
            started_s = time.perf_counter()
            answer = await http.get(url)
            waits_s.append(time.perf_counter() - started_s)
            assert answer.status_code == 200

    results = [task.result() for task in running]
    slow_s = statistics.quantiles(waits_s, n=20)[-1]
    measured(
        f"an answer while {ANALYSES} analyses run",
        f"median {1000 * statistics.median(waits_s):.0f} ms, 95 % {1000 * slow_s:.0f} ms,"
        f" {len(waits_s)} answers",
    )
    assert [answer.status_code for answer in results] == [200] * ANALYSES
    assert len(waits_s) >= 20
    assert slow_s < LIMIT_S
