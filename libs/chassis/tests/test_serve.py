import asyncio
import json
import sys
from pathlib import Path
from subprocess import PIPE

import aiohttp
from starlette.types import Receive, Scope, Send

from sonalyze_chassis.heads import HttpConnection
from sonalyze_chassis.serve import GRACE_S, LARGEST_FRAME_BYTES, Server, configuration
from sonalyze_chassis.sockets import Socket
from sonalyze_chassis.upstream import IDLE_S, open_http

PATIENCE_S = 5.0
UVICORN_KEEPS_IDLE_CONNECTIONS_S = 5

APP = """
import asyncio, signal, os
from contextlib import asynccontextmanager
from fastapi import FastAPI
from sonalyze_chassis.app import build_app
from sonalyze_chassis.health import Health
from sonalyze_chassis.settings import ServiceSettings
from sonalyze_contracts.command import Service

@asynccontextmanager
async def lifespan(app):
    yield
    print('{"event": "closed"}', flush=True)

settings = ServiceSettings(_env_file=None, log_format="json")
app = build_app(
    Service.STORAGE, settings, lifespan=lifespan, health=Health(), health_path="/health"
)

@app.get("/slow")
async def slow() -> str:
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0.3)
    return "answered all the same"
"""


def test_the_configuration_is_the_measured_one() -> None:
    config = configuration("x:app", "127.0.0.1", 0)

    assert (config.loop, config.ws) == ("uvloop", Socket)
    assert isinstance(config.http, type)
    assert issubclass(config.http, HttpConnection)
    assert config.ws_per_message_deflate is False
    assert config.ws_max_size == LARGEST_FRAME_BYTES
    assert config.timeout_graceful_shutdown == GRACE_S


async def test_a_stopping_service_ends_what_runs_and_closes_what_it_opened(tmp_path: Path) -> None:
    (tmp_path / "served.py").write_text(APP)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sonalyze_chassis.serve", "served:app", "--port", "0"),
        cwd=tmp_path,
        stdout=PIPE,
    )
    assert process.stdout is not None
    started = json.loads(await process.stdout.readline())

    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://{started['host']}:{started['port']}/slow") as answer,
    ):
        body = await answer.json()
    rest, _ = await asyncio.wait_for(process.communicate(), GRACE_S)

    assert started["event"] == "server.listening"
    assert body == "answered all the same"
    assert b'{"event": "closed"}' in rest


async def test_a_stop_ends_although_something_cannot_be_closed() -> None:
    class Impatient(Server):
        longest_stop_s = 0.2

    is_up = asyncio.Event()

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        is_up.set()
        await receive()
        await asyncio.Event().wait()

    server = Impatient(configuration("", "127.0.0.1", 0))
    server.config.app = app
    serving = asyncio.create_task(server.serve())
    await is_up.wait()
    server.should_exit = True

    await asyncio.wait_for(serving, PATIENCE_S)

    assert server.started


async def test_idle_connections_end_before_the_other_side_ends_them() -> None:
    async with open_http(timeout_s=1) as http:
        assert http.connector is not None
        assert http.connector._keepalive_timeout == IDLE_S < UVICORN_KEEPS_IDLE_CONNECTIONS_S
