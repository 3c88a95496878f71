"""A gateway that a test tells what to say, on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve

Behaviour = Callable[["GatewayDouble", ServerConnection, dict[str, Any]], Awaitable[None]]


@dataclass
class GatewayDouble:
    """Notes what it hears, and behaves as it was told for each event."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    device_ids: list[str] = field(default_factory=list)
    sockets: list[ServerConnection] = field(default_factory=list)
    arrivals: asyncio.Queue[ServerConnection] = field(default_factory=asyncio.Queue)
    questions: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve_socket(self, socket: ServerConnection) -> None:
        assert socket.request
        query = parse_qs(urlsplit(socket.request.path).query)
        self.device_ids.append(query["device_id"][0])
        self.sockets.append(socket)
        self.arrivals.put_nowait(socket)
        async for text in socket:
            message = json.loads(text)
            self.heard.append(message)
            self.questions.put_nowait(message["event"])
            await self.behaviours[message["event"]](self, socket, message)

    async def push(self, event: str, data: object) -> None:
        for socket in self.sockets:
            await socket.send(envelope("event", event, data=data))


def envelope(
    kind: str,
    event: str,
    *,
    request_id: str | None = None,
    data: object = None,
    error: object = None,
) -> str:
    return json.dumps(
        {"type": kind, "event": event, "request_id": request_id, "data": data, "error": error}
    )


def answering(data: object) -> Behaviour:
    async def behave(_: GatewayDouble, socket: ServerConnection, message: dict[str, Any]) -> None:
        await socket.send(
            envelope("response", message["event"], request_id=message["request_id"], data=data)
        )

    return behave


def refusing(code: str, message: str = "No", details: dict[str, Any] | None = None) -> Behaviour:
    async def behave(_: GatewayDouble, socket: ServerConnection, asked: dict[str, Any]) -> None:
        error = {"code": code, "message": message, "details": details}
        await socket.send(
            envelope("error", asked["event"], request_id=asked["request_id"], error=error)
        )

    return behave


async def silent(_: GatewayDouble, __: ServerConnection, ___: dict[str, Any]) -> None:
    """Hear it, and say nothing."""


async def hanging_up(_: GatewayDouble, socket: ServerConnection, __: dict[str, Any]) -> None:
    """Break the connection without a closing handshake."""
    socket.transport.abort()


def first(once: Behaviour, then: Behaviour) -> Behaviour:
    behaviours = [once]

    async def behave(
        gateway: GatewayDouble, socket: ServerConnection, message: dict[str, Any]
    ) -> None:
        await (behaviours.pop() if behaviours else then)(gateway, socket, message)

    return behave


@asynccontextmanager
async def gateway_double(**behaviours: Behaviour) -> AsyncIterator[GatewayDouble]:
    """Serve for the time of the block; ``lobby__get=…`` is for the event ``lobby.get``."""
    events = {name.replace("__", "."): behave for name, behave in behaviours.items()}
    double = GatewayDouble(events)
    server: Server
    async with serve(double.serve_socket, "127.0.0.1", 0) as server:
        double.port = next(iter(server.sockets)).getsockname()[1]
        yield double
