"""The backend that a command works with: one that runs already, or one of its own."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Protocol

from sonalyze.backend.environment import embedded_environment
from sonalyze.backend.services import free_ports, url_of
from sonalyze.backend.stack import running_stack
from sonalyze_contracts.command import Service


class Announcer(Protocol):
    """Whoever shows what is going on."""

    def step(self, sentence: str) -> None:
        """See a new step begin."""


@asynccontextmanager
async def backend_at(url: str | None, display: Announcer) -> AsyncIterator[str]:
    """Give the gateway at a URL, or start all services for the time of the block."""
    if url is not None:
        yield url
        return
    async with AsyncExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="sonalyze-demo-"))
        ports = free_ports()
        environment = embedded_environment(
            ports, Path(folder, "measurement_data"), log_format="console"
        )
        display.step("Start the services")
        stack = await opened.enter_async_context(running_stack(ports, environment))
        await stack.ready()
        yield url_of(Service.GATEWAY, ports)
