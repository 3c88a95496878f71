"""A service as a process of its own, on a real socket, with real children."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import httpx2
import psutil

PATIENCE_S = 60


class ServiceProcess:
    """A service process and a client of it."""

    def __init__(
        self, process: asyncio.subprocess.Process, port: int, client: httpx2.AsyncClient
    ) -> None:
        self.process = process
        self.port = port
        self.client = client

    @property
    def parent(self) -> psutil.Process:
        """The process that answers requests."""
        return psutil.Process(self.process.pid)

    @property
    def descendants(self) -> list[psutil.Process]:
        """The fork server, the workers and whatever else belongs to it."""
        return self.parent.children(recursive=True)

    def workers(self) -> list[psutil.Process]:
        """The processes that compute: children of the fork server."""
        return [process for child in self.parent.children() for process in child.children()]

    def peak_kib(self) -> int:
        """Tell the most memory that the parent ever had resident."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1])

    async def ended(self) -> int:
        """Wait for the end of the process."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.process.wait()


Kind = TypeVar("Kind", bound=ServiceProcess)


@asynccontextmanager
async def service_process(
    kind: type[Kind], service: str, folder: Path, environment: dict[str, str]
) -> AsyncIterator[Kind]:
    """Start a service, wait until it is ready, and end it."""
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sonalyze_chassis.serve", f"sonalyze_{service}.main:app"),
        *("--port", str(port)),
        cwd=folder,
        env={
            **os.environ,
            "LOG_LEVEL": "ERROR",
            "GATEWAY_URL": "http://127.0.0.1:9",
            **environment,
        },
    )
    async with httpx2.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S
    ) as client:
        try:
            await _until_ready(client)
            yield kind(process, port, client)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _until_ready(client: httpx2.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                answer = await client.get("/readyz")
            except httpx2.ConnectError:
                await asyncio.sleep(0.02)
                continue
            assert answer.status_code == 200
            return


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
