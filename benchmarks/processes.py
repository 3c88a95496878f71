"""Servers as processes of their own, on one core or on all."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Server:
    """A server that listens."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        """Where it answers HTTP."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(app: str, core: int | None, **environment: str) -> Iterator[Server]:
    """Run an app, on one core unless it is None, for as long as the context lasts."""
    process = subprocess.Popen(  # noqa: S603  our own servers
        [sys.executable, "-m", "sonalyze_chassis.serve", app, "--port", "0"],
        cwd=HERE,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
    )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    assert process.stdout is not None
    try:
        port = next(
            event["port"]
            for event in map(orjson.loads, process.stdout)
            if event["event"] == "server.listening"
        )
        # A server whose log nobody reads stops once the pipe is full.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield Server(process.pid, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def resident_bytes(pid: int, field: str = "VmRSS") -> int:
    """Give a process' resident memory, or with ``VmHWM`` the most since it was last forgotten."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) << 10


def forget_peak(pid: int) -> None:
    """Let the kernel count a process' most resident memory anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def cpu_seconds(pid: int) -> float:
    """Give how long a process has run on its core."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
