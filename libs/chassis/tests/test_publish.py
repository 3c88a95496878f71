import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pydantic import SecretStr

from sonalyze_chassis.context import bind_request_id
from sonalyze_chassis.publish import BROADCAST_PATH, GatewayPublisher
from sonalyze_chassis.upstream import open_http
from sonalyze_contracts.command import Push, Service

TOKEN = "secret of the services"  # noqa: S105  of this test


class Counted(Push, event="test.counted", owner=Service.STORAGE):
    number: int


class Gateway:
    """Notes what is published; ``statuses`` are its next answers, then it takes everything."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.heard: list[dict[str, object]] = []
        self.headers: list[dict[str, str]] = []
        self.is_open = asyncio.Event()
        self.is_open.set()
        self.url = ""

    async def broadcast(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["data"]["number"] >= 0:
            await self.is_open.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.heard.append(body)
            self.headers.append(dict(request.headers))
        return web.json_response({"sent": 1}, status=status)

    def numbers(self) -> list[int]:
        return [told["data"]["number"] for told in self.heard]


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    made = Gateway()
    app = web.Application()
    app.router.add_post(BROADCAST_PATH, made.broadcast)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield made
    await runner.cleanup()


@pytest.fixture
async def publisher(gateway: Gateway) -> AsyncIterator[GatewayPublisher]:
    async with open_http(timeout_s=5) as http:
        yield GatewayPublisher(http, gateway.url, SecretStr(TOKEN))


async def test_a_push_is_what_the_gateway_expects(
    gateway: Gateway, publisher: GatewayPublisher
) -> None:
    bind_request_id("request-1")

    publisher.publish("topic", Counted(number=1), ["a", "b"])
    await publisher.drained()

    assert gateway.heard == [
        {"event": "test.counted", "data": {"number": 1}, "targets": {"device_ids": ["a", "b"]}}
    ]
    assert gateway.headers[0]["X-Internal-Token"] == TOKEN
    assert gateway.headers[0]["X-Request-ID"] == "request-1"


async def test_pushes_of_a_topic_arrive_in_order_even_when_the_gateway_stumbles(
    gateway: Gateway, publisher: GatewayPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sonalyze_chassis.publish.FIRST_PAUSE_S", 0.001)
    gateway.statuses = [503, 200, 500, 502, 200]

    for number in range(10):
        publisher.publish("topic", Counted(number=number), ["a"])
    await publisher.drained()

    assert gateway.numbers() == list(range(10))


async def test_a_topic_that_waits_holds_up_no_other(
    gateway: Gateway, publisher: GatewayPublisher
) -> None:
    gateway.is_open.clear()

    publisher.publish("slow", Counted(number=1), ["a"])
    publisher.publish("quick", Counted(number=-1), ["a"])
    await publisher.delivered("quick")
    before = gateway.numbers()
    gateway.is_open.set()
    await publisher.drained()

    assert before == [-1]
    assert gateway.numbers() == [-1, 1]


async def test_a_push_that_is_refused_is_not_repeated(
    gateway: Gateway, publisher: GatewayPublisher
) -> None:
    gateway.statuses = [422]

    publisher.publish("topic", Counted(number=1), ["a"])
    publisher.publish("topic", Counted(number=2), ["a"])
    await publisher.drained()

    assert gateway.numbers() == [2]


async def test_a_gateway_that_is_gone_is_given_up_in_the_end(
    gateway: Gateway, publisher: GatewayPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sonalyze_chassis.publish.FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr("sonalyze_chassis.publish.PATIENCE_S", 0.05)
    monkeypatch.setattr(publisher, "_url", "http://127.0.0.1:9/internal/broadcast")

    publisher.publish("topic", Counted(number=1), ["a"])
    await asyncio.wait_for(publisher.drained(), 5)

    assert gateway.heard == []


async def test_telling_nobody_sends_nothing(gateway: Gateway, publisher: GatewayPublisher) -> None:
    publisher.publish("topic", Counted(number=1), [])
    await publisher.drained()

    assert json.dumps(gateway.heard) == "[]"
