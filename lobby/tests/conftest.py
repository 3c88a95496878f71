"""A gateway that notes what it is told, phones that speak to the lobby, and a lobby to test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from aiohttp import web
from pydantic import SecretStr

from sonalyze_lobby.app import create_app
from sonalyze_lobby.settings import Settings

TOKEN = "a token for tests"  # noqa: S105  shared by the doubles of one test
PATIENCE_S = 10.0


class Gateway:
    """Takes broadcasts on a real port and keeps them in the order of their arrival."""

    def __init__(self) -> None:
        self.url = ""
        self.told: list[dict[str, Any]] = []
        self._news = asyncio.Condition()

    async def broadcast(self, request: web.Request) -> web.Response:
        assert request.headers["X-Internal-Token"] == TOKEN
        push = orjson.loads(await request.read())
        async with self._news:
            self.told.append(push)
            self._news.notify_all()
        return web.json_response({"sent": len(push["targets"]["device_ids"])})

    async def until(self, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: enough(self.told))
        return self.told

    async def until_event(self, event: str, **data: Any) -> dict[str, Any]:
        """Wait for a push with this name and these fields, and give its data."""

        def find() -> dict[str, Any] | None:
            return next(
                (
                    push
                    for push in self.told
                    if push["event"] == event and data.items() <= push["data"].items()
                ),
                None,
            )

        await self.until(lambda _: find() is not None)
        found = find()
        assert found is not None
        return found

    def heard_by(self, device_id: str) -> list[tuple[str, dict[str, Any]]]:
        return [
            (push["event"], push["data"])
            for push in self.told
            if device_id in push["targets"]["device_ids"]
        ]

    def forget(self) -> None:
        self.told.clear()


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    double = Gateway()
    app = web.Application()
    app.router.add_post("/internal/broadcast", double.broadcast)
    async with serving(app) as url:
        double.url = url
        yield double


class Lobby:
    """A running lobby, spoken to as the gateway and as services inside the house do."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def forward(self, device_id: str, event: str, **data: Any) -> httpx2.Response:
        body = {
            "client": {"device_id": device_id, "connection_id": f"of {device_id}", "ip": None},
            "message": {"event": event, "request_id": "1", "data": data},
        }
        return await self.http.post(
            "/gateway/handle", json=body, headers={"X-Internal-Token": TOKEN}
        )

    async def ask(self, device_id: str, event: str, **data: Any) -> Any:
        answer = await self.forward(device_id, event, **data)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refusal(self, device_id: str, event: str, **data: Any) -> tuple[int, str]:
        answer = await self.forward(device_id, event, **data)
        return answer.status_code, answer.json()["code"]


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Lobby]:
    app = create_app(settings)
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://lobby") as http,
    ):
        yield Lobby(http)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'lobby.db'}"


@pytest.fixture
def settings(database_url: str, gateway: Gateway) -> Settings:
    return Settings(
        database_url=database_url,
        gateway_url=gateway.url,
        internal_auth_token=SecretStr(TOKEN),
        log_level="WARNING",
    )


@pytest.fixture
async def lobby(settings: Settings) -> AsyncIterator[Lobby]:
    async with running(settings) as lobby:
        yield lobby
