"""All services together: up when every one is ready, down when one of them dies."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx2

from sonalyze.backend.environment import Environment
from sonalyze.backend.process import LineSink, ServiceProcess, ignore_line
from sonalyze.backend.services import HOST, SERVICES, Ports, ServiceSpec, url_of
from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import Unavailable

START_LIMIT_S = 60.0
POLL_S = 0.05


class ServiceDied(Unavailable):
    """A service ended by itself; the message holds the end of its log."""


class ServiceNotReady(Unavailable):
    """A service runs but does not get ready."""


class Stack:
    """The running services."""

    def __init__(self, processes: list[ServiceProcess], ports: Ports) -> None:
        self._processes = processes
        self.ports = ports

    async def ready(self) -> None:
        """Wait until every service says that it is ready."""
        async with httpx2.AsyncClient(trust_env=False, timeout=2.0) as http:
            await asyncio.gather(*(self._ready(process, http) for process in self._processes))

    async def watch(self) -> None:
        """Wait for ever; raise when a service dies."""
        ends = {asyncio.create_task(process.ended()): process for process in self._processes}
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        first = done.pop()
        raise _death(ends[first], first.result())

    async def _ready(self, process: ServiceProcess, http: httpx2.AsyncClient) -> None:
        url = f"{url_of(process.spec.service, self.ports)}/readyz"
        try:
            async with asyncio.timeout(START_LIMIT_S):
                while not await _answers(http, url):
                    if not process.is_running:
                        raise _death(process, await process.ended())
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            raise ServiceNotReady(
                _with_log(f"{process.spec.service} is not ready after {START_LIMIT_S:g} s", process)
            ) from None


async def _answers(http: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url)).status_code == HTTPStatus.OK
    except httpx2.TransportError:
        return False


def _death(process: ServiceProcess, code: int) -> ServiceDied:
    how = (
        f"was killed by {signal.Signals(-code).name}"
        if code < 0
        else f"ended with exit code {code}"
    )
    return ServiceDied(_with_log(f"{process.spec.service} {how}", process))


def _with_log(sentence: str, process: ServiceProcess) -> str:
    return "\n".join([f"{sentence}. Its log ends:", *(f"  {line}" for line in process.tail)])


@asynccontextmanager
async def running_stack(
    ports: Ports,
    environment: Environment,
    sink: LineSink = ignore_line,
    specs: Sequence[ServiceSpec] = SERVICES,
    *,
    gateway_host: str = HOST,
) -> AsyncIterator[Stack]:
    """Run all services, or those of ``specs``, for the time of the block.

    Only the gateway may listen beyond this machine.
    """
    processes: list[ServiceProcess] = []
    try:
        for spec in specs:
            host = gateway_host if spec.service is Service.GATEWAY else HOST
            address = (host, ports[spec.service])
            variables = environment.of(spec.service)
            processes.append(await ServiceProcess.start(spec, address, variables, sink))
        yield Stack(processes, ports)
    finally:
        await asyncio.gather(*(process.stop() for process in processes))
