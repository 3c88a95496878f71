"""WebSockets on which one peer cannot make others wait.

ASGI's ``send`` waits while a peer does not read, and ASGI has no word for "not now" or "hang up".
`Socket` is uvicorn's own protocol with three more verbs, which an app finds with `socket_of`. Under
any other ASGI server there is none, and the app has to do with ``send``.
"""

from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

EXTENSION = "sonalyze.socket"
"""The ASGI extension that holds the socket."""

_NOT_UNDERSTOOD = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"

CLOSING_S = 5.0
"""How long a peer may take to read what is on its way and to agree to the end."""


class Socket(WebSocketsSansIOProtocol):
    """One WebSocket connection of the server."""

    async def run_asgi(self) -> None:
        """Run the app, which finds this socket in its scope."""
        extensions = self.scope["extensions"]
        extensions[EXTENSION] = {"socket": self}
        try:
            await super().run_asgi()
        finally:
            del extensions[EXTENSION]

    def handle_events(self) -> None:
        """Act on what came, and refuse a handshake that was not understood.

        The head is complete when a connection becomes a socket. The parser says nothing to one
        with a line or a list of headers that is too long, and takes no other answer from then on.
        """
        super().handle_events()
        if not self.handshake_initiated:
            self.handshake_complete = self.close_sent = True
            self.transport.write(_NOT_UNDERSTOOD)
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on; stop reading when the app has not even taken the one before.

        uvicorn stops and starts reading for every message, which costs two system calls each.
        """
        was_paused, self.read_paused = self.read_paused, True
        super().send_receive_event_to_app()
        self.read_paused = was_paused
        if not was_paused and self.queue.qsize() > 1:
            self.read_paused = True
            self.transport.pause_reading()

    def write_now(self, frame: bytes) -> bool:
        """Write a complete frame unless the peer is behind; say whether it was written.

        Never waits. A server's frames are not masked: the same bytes serve every socket.
        """
        if not self.writable.is_set() or not self._is_open():
            return False
        self.transport.write(frame)
        return True

    async def write(self, frame: bytes) -> None:
        """Write a complete frame as soon as the peer has caught up.

        Raises
        ------
        ConnectionResetError
            The connection ended, or is about to.
        """
        while not self.write_now(frame):
            if not self._is_open():
                raise ConnectionResetError("The connection has ended")
            await self.writable.wait()

    def hang_up(self, code: int, reason: str) -> None:
        """Start the closing handshake; cut the connection if it does not end within `CLOSING_S`."""
        if self._is_open():
            self.conn.send_close(code, reason)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.stop_keepalive()
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
            self._listen_for_agreement()

    def shutdown(self) -> None:
        """Close with 1012; a peer that does not read cannot hold up the server's end."""
        super().shutdown()
        self.loop.call_later(CLOSING_S, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """Close a connection whose peer answers no ping, also when it reads nothing."""
        if self.read_paused:
            # It is the app that takes its time; the answer may be waiting to be read.
            self.pong_timer = None
            self.pending_ping_payload = None
            self.schedule_ping()
            return
        super().keepalive_timeout()
        self.loop.call_later(CLOSING_S, self.transport.abort)

    def _is_open(self) -> bool:
        return (
            self.handshake_complete
            and not self.close_sent
            and not self.disconnected
            and self.conn.state is OPEN
            and not self.transport.is_closing()
        )

    def _listen_for_agreement(self) -> None:
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(CLOSING_S, self.transport.abort)


def socket_of(scope: Mapping[str, Any]) -> Socket | None:
    """Find the socket that an ASGI scope belongs to, if the server offers it."""
    offered = (scope.get("extensions") or {}).get(EXTENSION)
    return offered["socket"] if offered else None
