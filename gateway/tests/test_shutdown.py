import asyncio
import json
import os
import signal
import sys
import time

import pytest
import websockets
from aiohttp import web
from gateway_harness import Upstream

WITHIN_S = 8.0


async def start(upstream: Upstream) -> tuple[asyncio.subprocess.Process, int]:
    """Start a gateway as its own process; give it and the port that it listens on."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sonalyze_chassis.serve", "sonalyze_gateway.main:app"),
        *("--port", "0"),
        env=os.environ | {"LOBBY_URL": upstream.address, "LOG_LEVEL": "INFO", "LOG_FORMAT": "json"},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "server.listening":
            return process, event["port"]
    pytest.fail("the gateway did not start")


async def test_a_stopping_gateway_tells_phones_to_come_back_and_ends_what_runs(
    upstream: Upstream,
) -> None:
    arrived, released, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        arrived.set()
        await released.wait()
        ended.set()
        return web.json_response({})

    upstream.on_event = slow
    process, port = await start(upstream)
    url = f"ws://127.0.0.1:{port}/ws?device_id="
    async with (
        websockets.connect(url + "a", proxy=None) as phone,
        websockets.connect(url + "b", proxy=None) as stalled,
    ):
        await phone.send('{"event": "lobby.leave", "data": {}}')
        await arrived.wait()
        stalled.transport.pause_reading()

        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        await phone.wait_closed()
        with pytest.raises(OSError, match="refused"):
            await websockets.connect(url + "c", proxy=None)
        assert not ended.is_set()
        released.set()
        await asyncio.wait_for(process.communicate(), WITHIN_S)
        stalled.transport.abort()

    assert phone.close_code == 1012
    assert ended.is_set()
    assert time.monotonic() - started < WITHIN_S
    assert process.returncode in (0, -signal.SIGTERM)
