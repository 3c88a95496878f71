"""HTTP answers in one piece.

uvicorn writes the head and the body of an answer one after the other, as two packets, for which
the other side wakes up twice. What is written in one turn of the event loop leaves together here.
"""

import asyncio
from typing import Any

from sonalyze_chassis.heads import HttpConnection

MOST_GATHERED_BYTES = 64 << 10
"""What is larger is not worth copying, and who writes more in one turn has to feel the peer's pace.
"""


class Gathering:
    """A transport that writes once per turn of the event loop what is small."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.transport = transport
        self._loop = loop
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  everything else is the transport's
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        """Write before the next turn of the event loop; what is or becomes large, at once."""
        if len(data) > MOST_GATHERED_BYTES:
            self.flush()
            self.transport.write(data)
            return
        if not self._gathered:
            self._loop.call_soon(self.flush)
        self._gathered.append(data)
        self._gathered_bytes += len(data)
        if self._gathered_bytes > MOST_GATHERED_BYTES:
            self.flush()

    def close(self) -> None:
        """Close after what was written."""
        self.flush()
        self.transport.close()

    def flush(self) -> None:
        """Write what was gathered."""
        if self._gathered and not self.transport.is_closing():
            self.transport.write(b"".join(self._gathered))
        self._gathered.clear()
        self._gathered_bytes = 0


class AnsweringConnection(HttpConnection):
    """One HTTP connection of the server."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Gather what is written from now on."""
        gathering: Any = Gathering(transport, self.loop)
        super().connection_made(gathering)

    def handle_websocket_upgrade(self) -> None:
        """Give a WebSocket the plain transport."""
        gathering = self.transport
        assert isinstance(gathering, Gathering)  # noqa: S101  made above
        gathering.flush()
        self.transport = gathering.transport
        super().handle_websocket_upgrade()
