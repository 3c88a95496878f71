"""Many sockets at once, as cheap as they can be: each notes when a text first arrived."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import quote, urlsplit

LONGEST_TEXT_BYTES = 256


class Ear(asyncio.Protocol):
    """A WebSocket that only listens; frames are searched, never taken apart."""

    def __init__(self, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._request = request
        self._tail = b""
        self._text: bytes | None = b"HTTP/1.1 101"
        self._heard_at: asyncio.Future[float] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Look for the text in what has arrived."""
        arrived_s = time.perf_counter()
        self._tail += data
        if self._text is not None and self._text in self._tail:
            self._text = None
            self._heard_at.set_result(arrived_s)
        self._tail = self._tail[-LONGEST_TEXT_BYTES:]

    def expect(self, text: bytes) -> None:
        """Begin to listen for another text."""
        self._tail = b""
        self._text = text
        self._heard_at = asyncio.get_running_loop().create_future()

    async def heard_at_s(self) -> float:
        """Wait for the text, and say when it came."""
        return await self._heard_at


@asynccontextmanager
async def crowd(url: str, device_ids: Iterable[str]) -> AsyncIterator[list[Ear]]:
    """Connect one ear per device."""
    loop, parts = asyncio.get_running_loop(), urlsplit(url)
    ears: list[Ear] = []
    transports: list[asyncio.Transport] = []
    try:
        for device_id in device_ids:
            ear = partial(Ear, _upgrade(device_id))
            transport, connected = await loop.create_connection(ear, parts.hostname, parts.port)  # type: ignore[arg-type]  # the URL names both
            transports.append(transport)
            ears.append(connected)
        await asyncio.gather(*(ear.heard_at_s() for ear in ears))
        yield ears
    finally:
        for transport in transports:
            transport.abort()


def _upgrade(device_id: str) -> bytes:
    key = base64.b64encode(device_id.encode().ljust(16, b"-")[:16]).decode()
    return (
        f"GET /ws?device_id={quote(device_id, safe='')} HTTP/1.1\r\nHost: crowd\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()
