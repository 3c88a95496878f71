"""The simulation service as a process of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from broadcasts import Broadcasts
from service_process import PATIENCE_S, ServiceProcess, service_process

BUSY_S = 1.0
"""Of processor time: a worker takes 0.06 to start, which a slow machine multiplies; a lengthy
simulation takes some ten."""


class SimulationProcess(ServiceProcess):
    """A service process whose workers can be watched."""

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
    """Start the service with two workers, and end it."""
    settings = {"SIMULATION_WORKERS": "2"}
    async with service_process(
        SimulationProcess, "simulation", folder, settings | environment
    ) as service:
        yield service
