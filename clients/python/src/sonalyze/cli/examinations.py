"""What the doctor looks at; each examination finds one thing and knows one remedy."""

import importlib.util
import platform
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from enum import IntEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sonalyze.backend.environment import DATABASE_URL, DATABASE_VARIABLES
from sonalyze.backend.services import SERVICES, taken_ports

OLDEST_PYTHON = (3, 11)
PACKAGES = (
    "sonalyze",
    "fastapi",
    "uvicorn",
    "pydantic",
    "sqlalchemy",
    "numpy",
    "scipy",
    "soundfile",
)
RESERVED_PORTS = range(8000, 8005)
POSTGRESQL_PORT = 5432
DATABASE_LIMIT_S = 3.0


class Verdict(IntEnum):
    """How bad it is."""

    FINE = 0
    NOTE = 1
    BROKEN = 2


@dataclass(frozen=True, slots=True)
class Examination:
    """What was looked at, what was found, and what to do if it is not fine."""

    subject: str
    verdict: Verdict
    finding: str
    remedy: str = ""


def of_python() -> Examination:
    """Look at the interpreter."""
    found = f"{platform.python_version()} at {sys.executable}"
    if sys.version_info < OLDEST_PYTHON:
        return Examination("Python", Verdict.BROKEN, found, "Install Python 3.11 or newer.")
    return Examination("Python", Verdict.FINE, found)


def of_uv() -> Examination:
    """Look for uv, which keeps the environment as the lock file says."""
    found = shutil.which("uv")
    if found is None:
        remedy = "./sonalyze installs it into .uv; nothing to do."
        return Examination("uv", Verdict.NOTE, "not on PATH", remedy)
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)  # noqa: S603  uv
    return Examination("uv", Verdict.FINE, f"{told.stdout.strip()} at {found}")


def of_packages() -> Iterator[Examination]:
    """Look whether the environment is complete."""
    found, missing = [], []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    yield Examination("Packages", Verdict.FINE, ", ".join(found))
    if missing:
        remedy = "Run ./sonalyze, which completes the environment."
        yield Examination("Packages", Verdict.BROKEN, f"missing: {', '.join(missing)}", remedy)


def of_ports() -> Iterator[Examination]:
    """Look whether the documented ports are free."""
    needed = {spec.port: str(spec.service) for spec in SERVICES}
    taken = taken_ports(RESERVED_PORTS)
    free = [str(port) for port in RESERVED_PORTS if port not in taken]
    yield Examination("Ports", Verdict.FINE, f"free: {', '.join(free) or 'none'}")
    for port in taken:
        owner = needed.get(port, "a service to come")
        yield Examination(
            "Ports",
            Verdict.NOTE,
            f"{port} ({owner}) is taken",
            "Unless that is Sonalyze itself, stop it before ./sonalyze up.",
        )


def of_folder(folder: Path) -> Examination:
    """Look whether the data folder, or the folder it would be made in, can be written."""
    place = folder.resolve()
    if place.exists() and not place.is_dir():
        remedy = "Choose another folder with --data."
        return Examination("Data", Verdict.BROKEN, f"{place} is no folder", remedy)
    existing = next(each for each in (place, *place.parents) if each.is_dir())
    try:
        with tempfile.TemporaryFile(dir=existing):
            free_gib = shutil.disk_usage(existing).free / 2**30
            return Examination("Data", Verdict.FINE, f"{place} ({free_gib:.0f} GiB free)")
    except OSError as fault:
        remedy = "Choose another folder with --data, or change its owner."
        return Examination("Data", Verdict.BROKEN, f"{place}: {fault.strerror}", remedy)


def of_databases(environment: Mapping[str, str]) -> Iterator[Examination]:
    """Look whether the databases that the environment names are there."""
    variables = [name for names in DATABASE_VARIABLES.values() for name in names]
    named = [name for name in variables if environment.get(name)]
    if not named:
        found = f"SQLite {sqlite3.sqlite_version}, embedded ({DATABASE_URL} is not set)"
        yield Examination("Database", Verdict.FINE, found)
    for name in named:
        yield of_database(name, environment[name])


def of_database(variable: str, url: str) -> Examination:
    """Look whether the database at the URL of this variable is there."""
    parts = urlsplit(url)
    shown = f"{parts.scheme} at {parts.hostname or parts.path}"
    try:
        _reach(parts)
    except (OSError, ValueError, sqlite3.Error) as fault:
        remedy = f"Start it, or correct {variable}."
        return Examination("Database", Verdict.BROKEN, f"{shown}: {fault}", remedy)
    return Examination("Database", Verdict.FINE, f"{shown} answers")


def _reach(url: SplitResult) -> None:
    if url.scheme.startswith("sqlite"):
        path = url.path.removeprefix("/") or ":memory:"
        with closing(sqlite3.connect(path, timeout=DATABASE_LIMIT_S)) as database:
            database.execute("PRAGMA schema_version")
        return
    address = (url.hostname or "localhost", url.port or POSTGRESQL_PORT)
    socket.create_connection(address, DATABASE_LIMIT_S).close()


def of_audio() -> Examination:
    """Look which audio formats can be read, and that what is written is read back."""
    # Imported here, and caught: that it cannot be loaded is what this is to find out.
    try:
        from sonalyze.audio import readable_formats, writes_what_it_reads  # noqa: PLC0415 - see above
    except (ImportError, OSError) as fault:
        remedy = "Install libsndfile (Debian: apt install libsndfile1)."
        return Examination("Audio", Verdict.BROKEN, f"libsndfile does not load: {fault}", remedy)
    formats = ", ".join(readable_formats())
    if not writes_what_it_reads():
        remedy = "Reinstall soundfile: its libsndfile is damaged."
        return Examination("Audio", Verdict.BROKEN, "WAV and FLAC do not survive", remedy)
    return Examination("Audio", Verdict.FINE, f"writes WAV and FLAC; reads {formats}")


def of_rooms() -> Examination:
    """Look for the room simulator that the demo needs."""
    if importlib.util.find_spec("pyroomacoustics") is None:
        remedy = "Install the extra: uv sync --all-packages --extra rooms."
        return Examination("Rooms", Verdict.NOTE, "no room simulator: no demo", remedy)
    return Examination("Rooms", Verdict.FINE, f"pyroomacoustics {version('pyroomacoustics')}")
