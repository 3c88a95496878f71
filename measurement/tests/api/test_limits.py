import os
from pathlib import Path

import httpx2
import pytest
from laboratory import MakeSettings, Threads

from sonalyze_chassis.compute import DeadlinePassed, QueueFull, WorkerDied
from sonalyze_contracts.errors import Unavailable
from sonalyze_measurement.app import create_app


class Busy(Threads):
    """An engine that cannot do it now."""

    def __init__(self, condition: Unavailable) -> None:
        super().__init__()
        self.condition = condition

    async def run(self, *_: object, **__: object) -> object:
        raise self.condition


@pytest.mark.parametrize(
    "condition",
    [QueueFull("busy", retry_after_s=5), DeadlinePassed("too long"), WorkerDied("killed")],
)
async def test_what_may_work_later_is_unavailable_and_retryable(
    make_settings: MakeSettings, condition: Unavailable
) -> None:
    app = create_app(make_settings(), lambda _: Busy(condition))
    transport = httpx2.ASGITransport(app)

    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://measurement") as client,
    ):
        answer = await client.get("/v1/measurement/audio/info")

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert answer.json()["retryable"] is True
    assert answer.headers.get("Retry-After") == ("5" if type(condition) is QueueFull else None)


async def test_what_a_killed_service_left_is_swept_at_the_start(
    make_settings: MakeSettings, engine: Threads, data_dir: Path
) -> None:
    incoming = data_dir / ".incoming"
    (incoming / "half a job").mkdir(parents=True)
    (incoming / "half an upload").write_bytes(b"RIFF")
    app = create_app(make_settings(), lambda _: engine)

    async with app.router.lifespan_context(app):
        left = list(incoming.iterdir())

    assert left == []


async def test_old_pieces_are_swept_and_fresh_ones_are_not(
    make_settings: MakeSettings, engine: Threads, data_dir: Path
) -> None:
    partial = data_dir / "job" / "partial"
    partial.mkdir(parents=True)
    for name in ("old", "fresh"):
        (partial / name).write_bytes(b"RIFF")
    os.utime(partial / "old", (0, 0))
    app = create_app(make_settings(), lambda _: engine)

    async with app.router.lifespan_context(app):
        left = [path.name for path in partial.iterdir()]

    assert left == ["fresh"]


async def test_a_disk_that_takes_nothing_is_unavailable(
    client: httpx2.AsyncClient, job_id: str, data_dir: Path
) -> None:
    (data_dir / ".incoming").rmdir()
    (data_dir / ".incoming").write_bytes(b"no folder")
    (data_dir / job_id / "partial").write_bytes(b"no folder")
    path = f"/v1/jobs/{job_id}/uploads/recording"

    answers = [
        await client.post("/v1/jobs", json={"map": {}}),
        await client.post(path, files={"file": b"x"}),
        await client.patch(path, content=b"x", headers={"Upload-Offset": "0"}),
    ]

    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert {answer.json()["code"] for answer in answers} == {"unavailable"}
    assert not any(str(data_dir) in answer.text for answer in answers)
