"""While four simulations run, everything else keeps answering; a room with a corner is quick."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import httpx2
from live_backend import LiveBackend
from simulated import LASTING, job_that_is
from wire import Device, device

from sonalyze_contracts.command import Service

SIMULATIONS: Final = 4
ASKED: Final = 1_000
"""Answers to each question: enough for a percentile, and done before the simulations are."""

LIVEZ_LIMIT_S: Final = 0.05
SLOWER_AT_MOST: Final = 2.0
QUICK_S: Final = 2.0

L_SHAPE: Final = {
    "room": {
        "type": "polygon",
        "corners_m": [[0, 0], [8, 0], [8, 4], [4, 4], [4, 7], [0, 7]],
        "height_m": 2.8,
    },
    "sources": [{"id": "s1", "position_m": [1.0, 1.0, 1.5]}],
    "microphones": [{"id": "m1", "position_m": [2.0, 5.5, 1.2]}],
}
"""Nothing but what has no default."""


@asynccontextmanager
async def simulations_running(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> AsyncIterator[None]:
    """Keep every worker busy for the time of the block."""
    url = f"{backend.url}/v1/simulation"
    rooms = (LASTING | {"seed": seed} for seed in range(SIMULATIONS))
    answers = await asyncio.gather(*(http.post(f"{url}/simulate", json=room) for room in rooms))
    jobs = [answer.json()["job_id"] for answer in answers]
    try:
        await job_that_is(http, backend.url, jobs[0], "running")
        yield
        states = [(await http.get(f"{url}/jobs/{job_id}")).json()["status"] for job_id in jobs]
        assert set(states) <= {"queued", "running"}, "a simulation ended too soon"
    finally:
        for job_id in jobs:
            await http.delete(f"{url}/jobs/{job_id}")


async def livez_waits_s(backend: LiveBackend, http: httpx2.AsyncClient) -> list[float]:
    waits_s = []
    for _ in range(ASKED):
        started_s = time.perf_counter()
        answer = await http.get(f"{backend.url_of(Service.SIMULATION)}/livez")
        waits_s.append(time.perf_counter() - started_s)
        assert answer.status_code == 200
    return waits_s


async def lobby_waits_s(one: Device, lobby_id: str) -> list[float]:
    waits_s = []
    for _ in range(ASKED):
        started_s = time.perf_counter()
        await one.answer("lobby.get", lobby_id=lobby_id)
        waits_s.append(time.perf_counter() - started_s)
    return waits_s


async def test_livez_answers_while_four_simulations_run(
    backend: LiveBackend, http: httpx2.AsyncClient, measured: Callable[[str, str], None]
) -> None:
    async with simulations_running(backend, http):
        waits_s = await livez_waits_s(backend, http)

    slow_s = statistics.quantiles(waits_s, n=100)[-1]
    measured(
        f"/livez while {SIMULATIONS} simulations run",
        f"median {1000 * statistics.median(waits_s):.1f} ms, 99 % {1000 * slow_s:.1f} ms,"
        f" {len(waits_s)} answers",
    )
    assert slow_s < LIVEZ_LIMIT_S


async def test_a_lobby_is_shown_as_fast_as_ever_while_four_simulations_run(
    backend: LiveBackend, http: httpx2.AsyncClient, measured: Callable[[str, str], None]
) -> None:
    async with device(backend.url) as one:
        lobby = await one.answer("lobby.create")
        await lobby_waits_s(one, lobby["lobby_id"])
        idle_s = statistics.median(await lobby_waits_s(one, lobby["lobby_id"]))

        async with simulations_running(backend, http):
            busy_s = statistics.median(await lobby_waits_s(one, lobby["lobby_id"]))

    measured(
        f"lobby.get while {SIMULATIONS} simulations run",
        f"median {1000 * busy_s:.1f} ms, idle {1000 * idle_s:.1f} ms",
    )
    assert busy_s < SLOWER_AT_MOST * idle_s


async def test_a_room_with_a_corner_is_answered_in_two_seconds(
    backend: LiveBackend, http: httpx2.AsyncClient, measured: Callable[[str, str], None]
) -> None:
    url = f"{backend.url}/v1/simulation/simulate"
    started_s = time.perf_counter()
    answer = await http.post(url, json=L_SHAPE)
    took_s = time.perf_counter() - started_s

    measured("an L-shaped room at the documented defaults", f"{took_s:.2f} s")
    assert answer.status_code == 200
    assert took_s < QUICK_S
