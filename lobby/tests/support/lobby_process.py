"""A lobby in a process of its own, which can be killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from lobby_harness import TOKEN, Lobby

SERVE = """
import socket, sys
from sonalyze_chassis.serve import Server, configuration
listening = socket.socket(fileno=int(sys.argv[1]))
Server(configuration("sonalyze_lobby.main:app", "127.0.0.1", 0)).run(sockets=[listening])
"""
"""Requests wait in the socket that the test has opened, until the process takes them."""


@dataclass
class LobbyProcess:
    """One running process."""

    process: asyncio.subprocess.Process
    lobby: Lobby

    async def kill(self) -> None:
        """End it as ``kill -9`` does: nothing is finished, nothing is said."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def started(environment: dict[str, str]) -> AsyncIterator[LobbyProcess]:
    """Start a lobby on a free port, and kill it at the end if nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            SERVE,
            str(listening.fileno()),
            env={**os.environ, "INTERNAL_AUTH_TOKEN": TOKEN, **environment},
            pass_fds=[listening.fileno()],
        )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            yield LobbyProcess(process, Lobby(http))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
