"""The services as child processes, for tests: started once, killed and started again at will.

The processes are looked after by a thread with an event loop of its own. Their logs are read all
the time, also while a test blocks, and tests may run on as many event loops as they like.
"""

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from sonalyze.backend.environment import Environment, embedded_environment
from sonalyze.backend.process import ServiceProcess
from sonalyze.backend.services import (
    HOST,
    SERVICES,
    Ports,
    ServiceSpec,
    free_ports,
    url_of,
)
from sonalyze.backend.stack import Stack
from sonalyze_contracts.command import Service

ResultT = TypeVar("ResultT")

LIMIT_S = 90.0
FOR_TESTS = {
    "RATE_LIMIT_RPS": "1000000",
    "RATE_LIMIT_BURST": "1000000",
    "API_TOKEN": "what-readers-show",
}


class LiveBackend:
    """Some or all services, running."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        specs: Sequence[ServiceSpec],
        ports: Ports,
        environment: Environment,
    ) -> None:
        self._loop = loop
        self._specs = {spec.service: spec for spec in specs}
        self._processes: dict[Service, ServiceProcess] = {}
        self._log: list[str] = []
        self._environment = environment
        self.ports = ports

    @property
    def environment(self) -> Mapping[str, str]:
        """What all services were told."""
        return self._environment.shared

    @property
    def url(self) -> str:
        """The gateway's address, the only one that phones know."""
        return url_of(Service.GATEWAY, self.ports)

    @property
    def token(self) -> str:
        """What services show each other."""
        return self.environment["INTERNAL_AUTH_TOKEN"]

    @property
    def reader(self) -> dict[str, str]:
        """What apps show to read, through the gateway, what storage keeps."""
        return {"Authorization": f"Bearer {self.environment['API_TOKEN']}"}

    @property
    def log(self) -> str:
        """Everything that the services have logged so far."""
        return "\n".join(self._log)

    def url_of(self, service: Service) -> str:
        """Give a service's own address."""
        return url_of(service, self.ports)

    def pid(self, service: Service) -> int:
        """Give the process id of a service."""
        return self._processes[service]._process.pid

    async def kill(self, service: Service) -> None:
        """Let a service die without a word, as by ``kill -9``."""
        await self._within(self._kill(service))

    async def terminate(self, service: Service) -> int:
        """Ask a service to stop as an operator would, and give its exit code."""
        return await self._within(self._terminate(service))

    async def start(self, *services: Service) -> None:
        """Start services again: the same ports, the same data."""
        await self._within(self._start(services))

    async def restart(self, service: Service) -> None:
        """Kill a service and start it again."""
        await self.kill(service)
        await self.start(service)

    async def _within(self, act: Coroutine[Any, Any, ResultT]) -> ResultT:
        return await asyncio.wrap_future(self._submit(act))

    def _submit(self, act: Coroutine[Any, Any, ResultT]) -> "Future[ResultT]":
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(act, LIMIT_S), self._loop)

    async def _start(self, services: Sequence[Service]) -> None:
        for service in services:
            self._processes[service] = await ServiceProcess.start(
                self._specs[service],
                (HOST, self.ports[service]),
                self._environment.of(service),
                lambda _, line: self._log.append(line),
            )
        await Stack([self._processes[service] for service in services], self.ports).ready()

    async def _kill(self, service: Service) -> None:
        os.kill(self.pid(service), signal.SIGKILL)
        await self._processes[service].ended()

    async def _terminate(self, service: Service) -> int:
        os.kill(self.pid(service), signal.SIGTERM)
        return await self._processes[service].ended()

    async def _stop(self) -> None:
        await asyncio.gather(*(process.stop() for process in self._processes.values()))


@contextmanager
def live_backend(
    folder: Path,
    *services: Service,
    ports: Ports | None = None,
    **environment: str,
) -> Iterator[LiveBackend]:
    """Run these services, or all of them, for the time of the block.

    ``DATABASE_URL`` is the lobby's, ``STORAGE_DATABASE_URL`` storage's, as for ``./sonalyze up``.
    """
    ports = ports or free_ports()
    specs = [spec for spec in SERVICES if not services or spec.service in services]
    chosen = embedded_environment(ports, folder / "data", log_format="json")
    variables = chosen.overridden({**FOR_TESTS, **environment})
    # What a test leaves empty is meant to be empty; `up` would keep its own choice.
    emptied = {name: value for name, value in environment.items() if not value}
    variables = replace(variables, shared={**variables.shared, **emptied})
    with _loop_in_a_thread() as loop:
        backend = LiveBackend(loop, specs, ports, variables)
        try:
            backend._submit(backend._start([spec.service for spec in specs])).result()
            yield backend
        finally:
            backend._submit(backend._stop()).result()


@contextmanager
def _loop_in_a_thread() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="backend")
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
