"""One service as a child process: started, listened to, stopped."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

from sonalyze.backend.services import ServiceSpec

MOST_REMEMBERED_LINES = 40
LONGEST_LINE_BYTES = 1 << 20
GRACE_S = 12.0
"""A stopping service lets running requests end for 10 s; whatever lasts longer is killed."""

LineSink = Callable[[ServiceSpec, str], None]


def ignore_line(_: ServiceSpec, __: str) -> None:
    """Let a service's log go unseen; its end is remembered for the case that it dies."""


class ServiceProcess:
    """A running service and the end of its log."""

    def __init__(self, spec: ServiceSpec, process: asyncio.subprocess.Process) -> None:
        self.spec = spec
        self._process = process
        self._tail: deque[str] = deque(maxlen=MOST_REMEMBERED_LINES)
        self._listener: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        spec: ServiceSpec,
        address: tuple[str, int],
        environment: Mapping[str, str],
        sink: LineSink,
    ) -> "ServiceProcess":
        """Start a service in a session of its own, out of reach of the terminal's Ctrl-C."""
        host, port = address
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sonalyze_chassis.serve",
            spec.application,
            "--host",
            host,
            "--port",
            str(port),
            env={**os.environ, **environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE_BYTES,
            start_new_session=True,
        )
        service = cls(spec, process)
        service._listener = asyncio.create_task(service._listen(sink))
        return service

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process.returncode is None

    @property
    def tail(self) -> list[str]:
        """The last lines that it logged."""
        return list(self._tail)

    async def ended(self) -> int:
        """Wait for the end of the process and of its log, and give its exit code."""
        code = await self._process.wait()
        if self._listener is not None:
            await self._listener
        return code

    async def stop(self) -> None:
        """Ask the process to stop; kill it, and what it left behind, if it does not."""
        if self.is_running:
            self._process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await self._process.wait()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self.ended()

    async def _listen(self, sink: LineSink) -> None:
        stream = self._process.stdout
        if stream is None:
            return
        async for raw in stream:
            line = raw.decode(errors="replace").rstrip()
            self._tail.append(line)
            sink(self.spec, line)
