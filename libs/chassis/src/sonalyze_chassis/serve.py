"""Run one service: ``python -m sonalyze_chassis.serve sonalyze_lobby.main:app --port 8001``.

``HOST`` and ``PORT`` of the environment are the defaults.

The server is uvicorn with the options that measured fastest for this backend (uvloop, the sans-I/O
WebSocket protocol, no compression), and with what is loaded at the start kept out of the garbage
collector's way.
"""

import argparse
import asyncio
import gc
import os
import socket
from collections.abc import Sequence
from typing import ClassVar

import structlog
import uvicorn

from sonalyze_chassis.allocation import keep_buffers
from sonalyze_chassis.answers import AnsweringConnection
from sonalyze_chassis.sockets import Socket

log = structlog.get_logger(__name__)

LARGEST_FRAME_BYTES = 1 << 20
"""A larger WebSocket message closes its socket with 1009; MAX_MESSAGE_BYTES answers before."""

GRACE_S = 10
"""How long a stopping service lets running requests end."""

LONGEST_STOP_S = 13.0
"""How long a stop may take altogether, closing what was opened included; Compose kills after 15."""

YOUNG_OBJECTS = 20_000
"""Allocations between two collections: fewer, so that slow requests are fewer too."""


class Server(uvicorn.Server):
    """uvicorn, which says where it listens, freezes what the start loaded, and stops in time."""

    longest_stop_s: ClassVar[float] = LONGEST_STOP_S

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start; port 0 becomes a number here."""
        await super().startup(sockets)
        for server in self.servers:
            for listener in server.sockets:
                host, port = listener.getsockname()[:2]
                log.info("server.listening", host=host, port=port)
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS, 10, 10)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; a database that does not answer cannot hold up the end."""
        try:
            async with asyncio.timeout(self.longest_stop_s):
                await super().shutdown(sockets)
        except TimeoutError:
            log.warning("server.stopped_unfinished", after_s=self.longest_stop_s)


def configuration(app: str, host: str, port: int) -> uvicorn.Config:
    """Give the one configuration with which every service runs."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http=AnsweringConnection,
        ws=Socket,
        ws_per_message_deflate=False,
        ws_max_size=LARGEST_FRAME_BYTES,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="Run one service of the backend.")
    parser.add_argument("app", help="for example sonalyze_lobby.main:app")
    parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
    chosen = parser.parse_args(arguments)
    keep_buffers()
    Server(configuration(chosen.app, chosen.host, chosen.port)).run()


if __name__ == "__main__":
    main()
