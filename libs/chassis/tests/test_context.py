import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
import structlog
from fastapi import FastAPI

from sonalyze_chassis.app import build_app
from sonalyze_chassis.context import bind_request_id, current_request_id
from sonalyze_chassis.health import Health
from sonalyze_chassis.settings import ServiceSettings
from sonalyze_contracts.command import Service


@asynccontextmanager
async def nothing_to_open(_: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    app = build_app(
        Service.STORAGE,
        ServiceSettings(_env_file=None, log_level="ERROR"),
        lifespan=nothing_to_open,
        health=Health(),
        health_path="/health",
    )

    @app.get("/things/{number}")
    async def thing(number: int) -> str | None:
        await asyncio.sleep(0)
        return f"{number} {current_request_id()}"

    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


async def test_a_request_keeps_the_id_that_it_came_with(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/things/1", headers={"X-Request-ID": "gateway:1.a_b-c"})

    assert answer.json() == "1 gateway:1.a_b-c"
    assert answer.headers["X-Request-ID"] == "gateway:1.a_b-c"


@pytest.mark.parametrize("unprintable", ["", "a b", "x" * 129, "<script>", "ä"])
async def test_an_id_that_does_not_belong_in_a_log_is_replaced(
    client: httpx2.AsyncClient, unprintable: str
) -> None:
    answer = await client.get("/things/1", headers={b"X-Request-ID": unprintable.encode()})

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


async def test_requests_at_the_same_time_do_not_mix_their_ids(client: httpx2.AsyncClient) -> None:
    names = [f"request-{number}" for number in range(20)]

    answers = await asyncio.gather(
        *(client.get("/things/1", headers={"X-Request-ID": name}) for name in names)
    )

    assert [answer.json() for answer in answers] == [f"1 {name}" for name in names]


async def test_a_task_binds_its_own_id_and_no_other_sees_it() -> None:
    async def bound() -> tuple[str, str | None, object]:
        request_id = bind_request_id(None)
        await asyncio.sleep(0)
        logged = structlog.contextvars.get_contextvars()["request_id"]
        return request_id, current_request_id(), logged

    one, other = await asyncio.gather(asyncio.create_task(bound()), asyncio.create_task(bound()))

    assert one[0] == one[1] == one[2]
    assert other[0] == other[1] == other[2]
    assert one[0] != other[0]
    assert current_request_id() is None


async def test_metrics_count_routes_and_never_paths(client: httpx2.AsyncClient) -> None:
    await client.get("/things/1")
    await client.get("/things/2")
    await client.get("/nowhere/3")

    metrics = (await client.get("/metrics")).text

    labels = 'method="GET",route="/things/{number}",service="storage",status="200"'
    assert f"sonalyze_http_request_duration_seconds_count{{{labels}}} 2.0" in metrics
    assert 'route="unmatched",service="storage",status="404"' in metrics
    assert "/nowhere" not in metrics
