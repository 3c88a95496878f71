"""A gateway on a real port before a service that does what a test tells it."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import uvicorn
import websockets
from aiohttp import web
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection

from sonalyze_chassis.serve import configuration
from sonalyze_gateway.app import create_app
from sonalyze_gateway.settings import Settings

TOKEN = "the services' secret"  # noqa: S105  known to this test run only
PATIENCE_S = 5.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def echo(request: web.Request) -> web.StreamResponse:
    """Answer with what was asked."""
    body = await request.read()
    return web.json_response(
        {
            "method": request.method,
            "path": request.raw_path,
            "headers": [list(pair) for pair in request.headers.items()],
            "size": len(body),
            "body": body.decode(errors="replace")[:2000],
        }
    )


async def echo_message(request: web.Request) -> web.StreamResponse:
    """Answer an event with what the gateway forwarded."""
    return web.json_response(await request.json())


class Upstream:
    """A service; ``on_event`` and ``on_request`` say what it does."""

    def __init__(self) -> None:
        self.on_event: Handler = echo_message
        self.on_request: Handler = echo
        self.events: list[web.Request] = []
        self.requests: list[web.Request] = []
        self.address = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Serve on a free port."""
        app = web.Application(client_max_size=1 << 30)
        app.router.add_post("/gateway/handle", self._event)
        app.router.add_route("*", "/{path:.*}", self._request)
        runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _event(self, request: web.Request) -> web.StreamResponse:
        self.events.append(request)
        return await self.on_event(request)

    async def _request(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        return await self.on_request(request)


class Phone:
    """A client's end of a socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, event: str, request_id: str | None = None, **data: object) -> None:
        """Send one event."""
        message = {"event": event, "request_id": request_id, "data": data}
        await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """Receive one message."""
        return json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE_S))

    async def ask(self, event: str, request_id: str | None = None, **data: object) -> Any:  # noqa: ANN401  any JSON
        """Send one event and receive the next message."""
        await self.say(event, request_id, **data)
        return await self.hear()

    async def hear_to_the_end(self) -> list[dict[str, Any]]:
        """Receive what comes until the gateway closes the socket."""
        heard = []
        while True:
            try:
                heard.append(await self.hear())
            except websockets.ConnectionClosed:
                return heard

    async def ends(self) -> int | None:
        """Wait until the gateway closes the socket, and give the code."""
        await asyncio.wait_for(self.socket.wait_closed(), 3 * PATIENCE_S)
        return self.socket.close_code


@dataclass
class RunningGateway:
    """A gateway that listens."""

    port: int
    app: FastAPI
    server: uvicorn.Server

    @property
    def url(self) -> str:
        """Where it answers HTTP."""
        return f"http://127.0.0.1:{self.port}"

    async def push(self, event: str, device_ids: list[str], **data: object) -> int:
        """Broadcast as a service does, and give how many sockets were reached."""
        body = {"event": event, "data": data, "targets": {"device_ids": device_ids}}
        headers = {"X-Internal-Token": TOKEN}
        async with (
            aiohttp.ClientSession() as http,
            http.post(
                f"{self.url}/internal/broadcast",
                data=io.BytesIO(json.dumps(body).encode()),
                headers=headers,
            ) as answer,
        ):
            receipt: dict[str, int] = await answer.json()
            return receipt["sent"]

    @asynccontextmanager
    async def phone(self, device_id: str | None = None, **options: Any) -> AsyncIterator[Phone]:  # noqa: ANN401  websockets' own options
        """Connect a client; with a device id it is identified."""
        query = "" if device_id is None else f"?device_id={device_id}"
        options = {"proxy": None, "close_timeout": 1, **options}
        async with websockets.connect(f"ws://127.0.0.1:{self.port}/ws{query}", **options) as socket:
            yield Phone(socket)


class Gateways:
    """Starts gateways and stops them at the end of a test."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._stack = AsyncExitStack()

    async def start(self, *, ws: Any = None, **settings: Any) -> RunningGateway:  # noqa: ANN401  any setting
        """Start one, with these settings beside those that a test needs."""
        chosen = {
            "lobby_url": self._upstream.address,
            "measurement_url": self._upstream.address,
            "simulation_url": self._upstream.address,
            "storage_url": self._upstream.address,
            "internal_auth_token": TOKEN,
            "log_level": "ERROR",
            "_env_file": None,
            **settings,
        }
        app = create_app(Settings(**chosen))
        config = configuration(app, "127.0.0.1", 0)
        config.timeout_graceful_shutdown = 2
        if ws is not None:
            config.ws = ws
        return await self._stack.enter_async_context(_running(app, config))

    async def __aenter__(self) -> Self:
        """Start nothing yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop all."""
        await self._stack.aclose()


class _Server(uvicorn.Server):
    """Tells when it listens, and stops at once when told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = asyncio.Event()
        self.is_stopped = asyncio.Event()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.is_stopped.wait()

    async def startup(self, sockets: Any = None) -> None:  # noqa: ANN401  uvicorn's signature
        await super().startup(sockets)
        self.is_listening.set()


@asynccontextmanager
async def _running(app: FastAPI, config: uvicorn.Config) -> AsyncIterator[RunningGateway]:
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    listening = asyncio.create_task(server.is_listening.wait())
    await asyncio.wait((serving, listening), return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        listening.cancel()
        serving.result()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield RunningGateway(port, app, server)
    finally:
        server.is_stopped.set()
        await serving
