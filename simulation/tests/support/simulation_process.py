"""The simulation service as a process of its own, on a real socket, with real children."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
from broadcasts import Broadcasts

PATIENCE_S = 60

BUSY_S = 1.0
"""Of processor time: a worker takes 0.06 to start, which a slow machine multiplies; a lengthy
simulation takes some ten."""


class SimulationProcess:
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

    def workers(self) -> list[psutil.Process]:
        """The processes that compute: children of the fork server."""
        return [process for child in self.parent.children() for process in child.children()]

    async def busy_worker(self) -> psutil.Process:
        """Wait for a worker that computes: one that has taken processor time of late."""
        before: dict[int, float] = {}
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await self.client.get("/livez")
                for worker in self.workers():
                    user_s = worker.cpu_times().user
                    if user_s - before.setdefault(worker.pid, user_s) > BUSY_S:
                        return worker


@dataclass
class Running:
    """The service, and the gateway that it pushes to."""

    service: SimulationProcess
    gateway: Broadcasts


@asynccontextmanager
async def simulation_process(folder: Path, **environment: str) -> AsyncIterator[SimulationProcess]:
    """Start the service, wait until it is ready, and end it."""
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sonalyze_chassis.serve", "sonalyze_simulation.main:app"),
        *("--port", str(port)),
        cwd=folder,
        env={
            **os.environ,
            "SIMULATION_WORKERS": "2",
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
            yield SimulationProcess(process, port, client)
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
