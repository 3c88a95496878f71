"""A device at the gateway, as raw as it comes: JSON in, JSON out, everything checked.

Every message that arrives has to have the five documented keys and to fit the reference; what was
sent and heard is noted in ``Traffic``, so that a test can tell whether anything was left out.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from reference_schemas import (
    NAMES,
    kind_of_push,
    require_documented_push,
    require_documented_reply,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from sonalyze_contracts.command import Push

Json = dict[str, Any]

ENVELOPE = ["type", "event", "request_id", "data", "error"]
PATIENCE_S = 20.0


@dataclass
class Traffic:
    """What went over the wire."""

    answered: set[str] = field(default_factory=set)
    pushed: set[type[Push]] = field(default_factory=set)

    def forget(self) -> None:
        """Begin anew."""
        self.answered.clear()
        self.pushed.clear()


TRAFFIC = Traffic()


class Device:
    """One socket of one device."""

    def __init__(self, socket: ClientConnection, device_id: str) -> None:
        self._socket = socket
        self._ids = count(1)
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._pushes: asyncio.Queue[Json] = asyncio.Queue()
        self._unasked: asyncio.Queue[Json] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())
        self.device_id = device_id

    async def ask(self, event: str, **data: object) -> Json:
        """Send a request and give the message that answers it."""
        request_id = f"{self.device_id}-{next(self._ids)}"
        answer = self._waiting[request_id] = asyncio.get_running_loop().create_future()
        await self.say({"event": event, "request_id": request_id, "data": data})
        message: Json = await asyncio.wait_for(answer, PATIENCE_S)
        if message["type"] == "response" and event in NAMES:
            require_documented_reply(event, message["data"])
            TRAFFIC.answered.add(event)
        return message

    async def answer(self, event: str, **data: object) -> Json:
        """Send a request and give the data of its response."""
        message = await self.ask(event, **data)
        assert message["type"] == "response", message
        assert message["event"] == event
        assert message["error"] is None
        reply: Json = message["data"]
        return reply

    async def refusal(self, event: str, **data: object) -> Json:
        """Send a request and give the error that it meets."""
        message = await self.ask(event, **data)
        assert message["type"] == "error", message
        assert message["event"] == event
        assert message["data"] is None
        error: Json = message["error"]
        return error

    async def say(self, message: object) -> None:
        """Send anything: text and bytes as they are, the rest as JSON."""
        raw = message if isinstance(message, str | bytes) else json.dumps(message)
        await self._socket.send(raw)

    async def unasked(self) -> Json:
        """Give the next message that answers no request of ``ask`` and is no push."""
        return await asyncio.wait_for(self._unasked.get(), PATIENCE_S)

    async def push(self) -> Json:
        """Give the next push, event and data."""
        return await asyncio.wait_for(self._pushes.get(), PATIENCE_S)

    async def push_of(self, event: str, **facts: object) -> Json:
        """Give the data of the next push of this event with these facts; skip the others."""
        while True:
            message = await self.push()
            data: Json = message["data"]
            if message["event"] == event and facts.items() <= data.items():
                return data

    async def pushes_until(self, event: str, **facts: object) -> list[Json]:
        """Give all pushes up to one of this event with these facts, which is left out."""
        heard: list[Json] = []
        while True:
            message = await self.push()
            if message["event"] == event and facts.items() <= message["data"].items():
                return heard
            heard.append(message)

    async def closed(self) -> int:
        """Wait for the end of the connection, and give its code."""
        await asyncio.wait_for(asyncio.wait({self._reader}), PATIENCE_S)
        assert self._socket.close_code is not None
        return self._socket.close_code

    async def leave(self) -> None:
        """Close the socket."""
        await self._socket.close()
        await self._reader

    async def _read(self) -> None:
        try:
            async for raw in self._socket:
                assert isinstance(raw, str), "the gateway sends text only"
                self._sort(json.loads(raw))
        except ConnectionClosed:
            return
        except BaseException as error:
            self._fail(error)
            raise

    def _sort(self, message: Json) -> None:
        assert list(message) == ENVELOPE
        if message["type"] == "event":
            assert message["request_id"] is None
            assert message["error"] is None
            note_push(message)
            self._pushes.put_nowait(message)
            return
        if message["type"] == "error":
            assert set(message["error"]) == {"code", "message", "details"}
        waiting = self._waiting.pop(message["request_id"], None)
        if waiting is None:
            self._unasked.put_nowait(message)
        else:
            waiting.set_result(message)

    def _fail(self, error: BaseException) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(AssertionError(f"the socket's reader failed: {error!r}"))


def note_push(message: Json) -> None:
    """Check a push against the reference; tests' own events are theirs to judge."""
    if message["event"].startswith("test."):
        return
    require_documented_push(message["event"], message["data"])
    kind = kind_of_push(message["event"], message["data"])
    assert set(message["data"]) == set(kind.model_fields), message
    TRAFFIC.pushed.add(kind)


@asynccontextmanager
async def device(
    url: str, device_id: str | None = None, *, identified: bool = True
) -> AsyncIterator[Device]:
    """Connect a device for the time of the block."""
    name = device_id or f"device-{uuid4().hex[:8]}"
    address = url.replace("http", "ws", 1) + "/ws"
    if identified:
        address += f"?device_id={quote(name, safe='')}"
    async with connect(address, proxy=None, max_size=None, compression=None) as socket:
        connected = Device(socket, name)
        try:
            yield connected
        finally:
            await connected.leave()


def events_of(pushes: Iterable[Json]) -> list[str]:
    """Give the names of pushes."""
    return [push["event"] for push in pushes]
