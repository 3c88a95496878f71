from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel

from sonalyze_chassis.app import build_app
from sonalyze_chassis.body import allow_body
from sonalyze_chassis.health import Health
from sonalyze_chassis.settings import ServiceSettings
from sonalyze_contracts.command import Service


class Letter(BaseModel):
    text: str


@asynccontextmanager
async def nothing_to_open(_: FastAPI) -> AsyncIterator[None]:
    yield


def app_with_limit(most_bytes: int) -> FastAPI:
    app = build_app(
        Service.STORAGE,
        ServiceSettings(_env_file=None, log_level="ERROR"),
        lifespan=nothing_to_open,
        health=Health(),
        health_path="/health",
        max_body_bytes=most_bytes,
    )

    @app.post("/letters")
    async def read_letter(letter: Letter) -> int:
        return len(letter.text)

    @app.post("/parcels")
    async def read_parcel(request: Request) -> int:
        allow_body(request, None)
        return len(await request.body())

    return app


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 50


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app_with_limit(100))
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


async def test_a_body_within_the_limit_is_read(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/letters", json={"text": "a" * 10})

    assert answer.status_code == 200
    assert answer.json() == 10


async def test_an_announced_body_above_the_limit_is_refused_in_the_documented_shape(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.post("/letters", json={"text": "a" * 1000})

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert answer.json()["correlation_id"] == answer.headers["X-Request-ID"]


async def test_an_endless_body_is_refused_when_the_limit_is_reached(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.post(
        "/letters", content=pieces(1000), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body is larger than 100 bytes"


async def test_a_route_may_allow_itself_more(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/parcels", content=pieces(100))

    assert answer.json() == 5000
