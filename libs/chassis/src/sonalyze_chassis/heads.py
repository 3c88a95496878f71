"""HTTP connections on which the head of a request is small and comes soon.

uvicorn's protocol takes heads of any size at any pace: one peer can fill the memory, and a header
of 40 MB keeps the event loop busy for seconds. Heads that are too large, take too long, or announce
a body that could not be read are refused here, before any app sees them.
"""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD_BYTES = 64 << 10
"""Twice what browsers send at most with a URL of 32 KiB."""

_BODY = -1
"""In place of the bytes of a head: what comes now belongs to a body."""


class BodyBehindUpgrade(ValueError):
    """The parser drops a body that comes with an ``Upgrade``, whatever becomes of the upgrade."""


class HttpConnection(HttpToolsProtocol):
    """One HTTP connection of the server."""

    head_patience_s: ClassVar[float] = 30.0
    """How long a head may take, the first one from the moment of the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._head_bytes = 0
        self._patience: asyncio.TimerHandle | None = None
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Read on, and refuse a head that does not come to its end."""
        if self._head_bytes == _BODY:
            super().data_received(data)
            return
        piece, rest = data[:LARGEST_HEAD_BYTES], data[LARGEST_HEAD_BYTES:]
        self._head_bytes += len(piece)
        super().data_received(piece)
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return
        if self._head_bytes > LARGEST_HEAD_BYTES:
            self.send_400_response("The head of the request is too large.")
        elif rest:
            self.data_received(rest)
        elif self._head_bytes > 0 and self._patience is None:
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        """Go on to the body."""
        self._head_bytes = _BODY
        self._stop_waiting()
        is_unknown_upgrade = self.parser.should_upgrade() and not self._should_upgrade()
        if is_unknown_upgrade and self._has_body():
            raise BodyBehindUpgrade
        super().on_headers_complete()
        if is_unknown_upgrade:
            # What came in the same piece is lost: nothing more is to be expected here.
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        """Be ready for the next head."""
        self._head_bytes = 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _has_body(self) -> bool:
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0"))
            for name, value in self.headers
        )

    def _wait_for_head(self) -> None:
        self._patience = self.loop.call_later(self.head_patience_s, self._lose_patience)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        if not self.transport.is_closing():
            self.send_400_response("The head of the request took too long.")
