"""The way to a client: through the server's own socket, or through plain ASGI."""

import asyncio

from starlette.types import Send

from sonalyze_chassis.sockets import CLOSING_S, Socket
from sonalyze_gateway.domain.outgoing import Outgoing


class SocketWire:
    """Writes ready frames to the server's socket."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket

    def write_now(self, message: Outgoing) -> bool:
        """Write without waiting, unless the client is behind; say whether it was written."""
        return self._socket.write_now(message.frame)

    async def write(self, message: Outgoing) -> None:
        """Write as soon as the client has caught up."""
        await self._socket.write(message.frame)

    def hang_up(self, code: int, reason: str) -> None:
        """End the connection within a limit, whether or not the client still reads."""
        self._socket.hang_up(code, reason)


class AsgiWire:
    """Writes with ASGI's ``send``, which may wait for ever: every message takes a task's turn."""

    def __init__(self, send: Send, reader: asyncio.Task[None]) -> None:
        self._send = send
        self._reader = reader
        self._closing: asyncio.Task[None] | None = None

    @property
    def is_closing(self) -> bool:
        """Whether it was us who ended the connection."""
        return self._closing is not None

    def write_now(self, message: Outgoing) -> bool:  # noqa: ARG002  the port's signature
        """Say that it takes waiting."""
        return False

    async def write(self, message: Outgoing) -> None:
        """Write as soon as the client has caught up."""
        await self._send({"type": "websocket.send", "text": message.payload.decode()})

    def hang_up(self, code: int, reason: str) -> None:
        """End the connection within a limit, whether or not the client still reads."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(code, reason))

    async def _close(self, code: int, reason: str) -> None:
        message = {"type": "websocket.close", "code": code, "reason": reason}
        try:
            await asyncio.wait_for(self._send(message), CLOSING_S)
        except (TimeoutError, ConnectionError):
            self._reader.cancel()
