"""The logs: one request id through all services, and nothing that is nobody's business."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

from live_backend import LiveBackend, live_backend
from wire import Json, device

from sonalyze_contracts.command import Service

LIMIT_S = 10


def lines_about(backend: LiveBackend, request_id: str) -> Iterator[Json]:
    """Give what the services have logged while they handled a request."""
    for line in backend.log.splitlines():
        if request_id in line:
            yield json.loads(line)


async def test_the_id_that_a_client_is_given_finds_the_request_in_the_log_of_its_service(
    backend: LiveBackend,
) -> None:
    async with device(backend.url) as one:
        error = await one.refusal("lobby.get", lobby_id="nowhere")

    request_id = error["details"]["correlation_id"]
    async with asyncio.timeout(LIMIT_S):
        while not (lines := list(lines_about(backend, request_id))):  # noqa: ASYNC110  a log has no event
            await asyncio.sleep(0.01)
    (line,) = lines
    assert line["service"] == "lobby"
    assert line["request_id"] == request_id
    assert line["device_id"] == one.device_id
    assert line["event"] == "request.refused"
    assert line["code"] == "not_found"


async def test_a_service_that_is_away_is_logged_with_the_device_that_asked(
    tmp_path: Path,
) -> None:
    with live_backend(tmp_path, Service.GATEWAY) as lonely:
        async with device(lonely.url) as one:
            await one.refusal("simulation.run")

        async with asyncio.timeout(LIMIT_S):
            while not (lines := list(lines_about(lonely, one.device_id))):  # noqa: ASYNC110  a log has no event
                await asyncio.sleep(0.01)
    (line,) = lines
    assert line["service"] == "gateway"
    assert line["event"] == "forwarding.failed"
    assert line["upstream_event"] == "simulation.run"


async def test_neither_tokens_nor_payloads_are_logged(backend: LiveBackend) -> None:
    async with device(backend.url) as one:
        lobby = await one.answer("lobby.create")
        await one.answer("lobby.room_snapshot", lobby_id=lobby["lobby_id"], room={"s": "my-secret"})
        error = await one.refusal("lobby.room_snapshot", lobby_id="x", room={"s": "my-secret"})
        request_id = error["details"]["correlation_id"]
        async with asyncio.timeout(LIMIT_S):
            while request_id not in backend.log:  # noqa: ASYNC110  a log has no event
                await asyncio.sleep(0.01)

    assert "my-secret" not in backend.log
    assert backend.token not in backend.log
