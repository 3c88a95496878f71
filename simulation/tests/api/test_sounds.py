"""How many may want sounds at once, how large they may be, and who leaves before the end."""

import asyncio
from typing import Any

import httpx2
import pytest
from rehearsal import Rehearsal
from simulated_rooms import request, source

from sonalyze_simulation.app import create_app
from sonalyze_simulation.settings import Settings
from sonalyze_simulation.sounds import MOST_WAITING

WORKERS = 2


@pytest.fixture
async def job(client: httpx2.AsyncClient) -> str:
    answer = await client.post("/simulate", json=request())
    return f"/jobs/{answer.headers['X-Job-ID']}"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "rir/s1/m1.wav"), ("GET", "sofa"), ("POST", "auralise/s1/m1")],
)
async def test_who_wants_one_more_sound_than_may_wait_is_sent_away_with_a_time_to_come_back(
    client: httpx2.AsyncClient, engine: Rehearsal, job: str, method: str, path: str
) -> None:
    engine.may_end.clear()
    engine.began = asyncio.Queue()
    most = WORKERS + MOST_WAITING
    waiting = [
        asyncio.create_task(client.post(f"{job}/auralise/s1/m1", content=b"a sound"))
        for _ in range(most)
    ]
    for _ in range(most):
        await engine.began.get()

    refused = await client.request(method, f"{job}/{path}", content=b"a sound")
    engine.may_end.set()
    answers = await asyncio.gather(*waiting)
    again = await client.request(method, f"{job}/{path}", content=b"a sound")

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert refused.json()["details"]["condition"] == "queue_full"
    assert {answer.status_code for answer in answers} == {200}
    assert again.status_code == 200


async def test_more_responses_than_one_file_holds_are_refused_with_another_way(
    client: httpx2.AsyncClient,
) -> None:
    asked = request(
        sample_rate_hz=48_000,
        rir_duration_s=10,
        sources=[place for n in range(1, 5) for place in source(n, 0.5, name=f"s{n}")],
        microphones=[place for n in range(1, 9) for place in source(n / 2, 3.5, name=f"m{n}")],
    )
    answer = await client.post("/simulate", json=asked)

    sofa = await client.get(f"/jobs/{answer.headers['X-Job-ID']}/sofa")

    assert (sofa.status_code, sofa.json()["details"]["condition"]) == (413, "sounds_too_large")
    assert "WAV" in sofa.json()["detail"]


async def test_a_caller_who_leaves_in_the_middle_of_a_sound_is_no_failure_of_the_service() -> None:
    app = create_app(Settings(_env_file=None, log_level="ERROR"), lambda _: Rehearsal())
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://s") as client,
    ):
        answer = await client.post("/simulate", json=request())
        caller = LeavingEarly(f"/jobs/{answer.headers['X-Job-ID']}/auralise/s1/m1")

        await app(caller.scope, caller.receive, caller.send)

    assert caller.status == 400


class LeavingEarly:
    """A caller that sends a part of a sound and closes the connection."""

    def __init__(self, path: str) -> None:
        self.status = 0
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"content-length", b"1000")],
        }
        self._says: list[dict[str, Any]] = [
            {"type": "http.request", "body": b"a sou", "more_body": True},
            {"type": "http.disconnect"},
        ]

    async def receive(self) -> dict[str, Any]:
        """Send a part, then leave."""
        return self._says.pop(0)

    async def send(self, message: Any) -> None:  # noqa: ANN401  as ASGI
        """Note what the service made of it."""
        self.status = message.get("status", self.status)
