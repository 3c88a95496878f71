import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import FastAPI

from sonalyze_chassis.app import build_app
from sonalyze_chassis.health import Health
from sonalyze_chassis.settings import ServiceSettings
from sonalyze_contracts.command import Service


async def works() -> None:
    return


async def fails() -> None:
    raise ConnectionError("postgres://user:secret@db")


async def hangs() -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def nothing_to_open(_: FastAPI) -> AsyncIterator[None]:
    yield


async def get(path: str, **checks: object) -> httpx2.Response:
    health = Health()
    for name, check in checks.items():
        health.add(name, check)
    app = build_app(
        Service.LOBBY,
        ServiceSettings(_env_file=None, log_level="ERROR"),
        lifespan=nothing_to_open,
        health=health,
        health_path="/health",
        health_body=lambda ready: {"service": "lobby", "ok": ready},
    )
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.get(path)


async def test_a_service_whose_checks_pass_is_ready() -> None:
    answer = await get("/readyz", database=works)

    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "checks": {"database": "ok"}},
    )


async def test_a_service_with_a_failing_check_is_alive_but_not_ready() -> None:
    alive = await get("/livez", database=fails)
    ready = await get("/readyz", database=fails, disk=works)
    documented = await get("/health", database=fails)

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["checks"]) == (
        503,
        {"database": "failed", "disk": "ok"},
    )
    assert (documented.status_code, documented.json()) == (503, {"service": "lobby", "ok": False})
    assert "secret" not in ready.text + documented.text


async def test_a_check_that_hangs_counts_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sonalyze_chassis.health.PATIENCE_S", 0.05)

    answer = await get("/readyz", database=hangs)

    assert answer.status_code == 503
