"""Whatever is sent gets an answer or a sentence: never a 5xx, never a hang, never a dead worker."""

import asyncio
import copy
import json
import math
import random
from typing import Any

import pytest
from simulated_rooms import box, polygon, request, shoebox, source
from simulation_process import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

BODIES = 200
POLYGONS = 50
PATIENCE_S = 60
STRANGE = (
    None, True, False, 0, -1, 1, 2.5, 1e308, -1e308, 1e-300, 2**53, 2**70, "", "x", "\x00", "ü",
    "9" * 400, [], [[]], [None], {}, {"a": 1}, [1, 2], [1, 2, 3], [1e9, 1e9, 1e9], {"id": "brick"},
)  # fmt: skip


def typical() -> dict[str, Any]:
    """Give a request that names every field."""
    return request(
        room=polygon((0, 0), (5, 0), (5, 4), (0, 4), wall_material={"absorption": 0.3}),
        sources=source(1, 1, name="s1"),
        microphones=source(3, 3, name="m1"),
        furniture=[box([2, 2, 0], [2.5, 2.5, 1], material={"id": "brick"})],
        sample_rate_hz=8_000,
        max_order=2,
        air_absorption=True,
        rir_duration_s=0.2,
        include_rir=False,
        use_raytracing=False,
        raytracing_bounces=3,
        method="auto",
        seed=1,
        rays=100,
        temperature_c=20,
        humidity_percent=50,
        include_decay_curves=False,
        allow_degraded=True,
    )


def disturbed(chance: random.Random) -> dict[str, Any]:
    """Change a few places of a typical request to something strange, or take them away."""
    body = typical() if chance.random() < 0.7 else request(room=shoebox(), rays=100)
    for _ in range(chance.choice((1, 1, 2, 4))):
        place: Any = body
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and chance.random() < 0.7:
                place = place[key]
                continue
            if isinstance(place, dict) and chance.random() < 0.2:
                del place[key]
            else:
                place[key] = copy.deepcopy(chance.choice(STRANGE))
            break
    return body


def star(chance: random.Random) -> dict[str, Any]:
    """Draw a room whose corners are seen from its middle, in either direction."""
    corners = chance.randint(3, 12)
    turn = chance.choice((1, -1))
    angles = [2 * math.pi * (step + 0.6 * chance.random()) / corners for step in range(corners)]
    points = []
    for angle in angles:
        reach = chance.uniform(2.0, 8.0)
        points.append((reach * math.cos(turn * angle), reach * math.sin(turn * angle)))
    return request(
        room=polygon(*points, height_m=chance.uniform(2.2, 6.0), wall_material={"absorption": 0.4}),
        sources=source(0.0, 0.0, name="s1"),
        microphones=source(0.3, 0.2, name="m1"),
        rays=100,
        max_order=2,
        seed=chance.randrange(100),
    )


async def statuses(running: Running, bodies: list[str]) -> list[tuple[int, str]]:
    """Send bodies, four at a time."""
    client, turns = running.service.client, asyncio.Semaphore(4)

    async def status_of(body: str) -> tuple[int, str]:
        async with turns:
            answer = await client.post(
                "/simulate",
                content=body.encode(),
                headers={"Content-Type": "application/json"},
                timeout=PATIENCE_S,
            )
        detail = "" if answer.status_code == 200 else str(answer.json()["detail"])
        return answer.status_code, detail

    return list(await asyncio.gather(*map(status_of, bodies)))


async def test_disturbed_requests_get_an_answer_or_a_sentence(running: Running) -> None:
    chance = random.Random(4)  # noqa: S311  tests
    workers = {worker.pid for worker in running.service.workers()}
    bodies = [json.dumps(disturbed(chance)) for _ in range(BODIES)]

    answers = await statuses(running, bodies)

    strange = [
        (status, detail, body)
        for (status, detail), body in zip(answers, bodies, strict=True)
        if status not in {200, 400, 422} or (status != 200 and " " not in detail)
    ]
    assert strange == []
    assert {200, 400} <= {status for status, _ in answers}
    assert {worker.pid for worker in running.service.workers()} == workers


async def test_every_valid_polygon_is_a_room(running: Running) -> None:
    chance = random.Random(5)  # noqa: S311  tests
    bodies = [json.dumps(star(chance)) for _ in range(POLYGONS)]

    answers = await statuses(running, bodies)

    assert {status for status, _ in answers} <= {200, 400}
    assert sum(status == 200 for status, _ in answers) > 0.9 * POLYGONS
    assert all(" " in detail for status, detail in answers if status != 200)
