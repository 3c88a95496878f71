"""The variables with which the services of the embedded backend are started.

Two of them keep their data behind the same documented name, ``DATABASE_URL``, and must never share
a database. So each has its own here, and from outside each is reached by a name that says whose it
is: ``LOBBY_DATABASE_URL``, ``STORAGE_DATABASE_URL``. A plain ``DATABASE_URL`` is the lobby's.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sonalyze.backend.services import Ports, url_of
from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import Invalid

DATABASE_URL = "DATABASE_URL"
STORAGE_URL = "STORAGE_URL"

DATABASE_VARIABLES: Mapping[Service, tuple[str, ...]] = {
    Service.LOBBY: ("LOBBY_DATABASE_URL", DATABASE_URL),
    Service.STORAGE: ("STORAGE_DATABASE_URL",),
}
"""Where the database of a service is said from outside, what wins first."""


SIMULATION_FOLDER = "simulation_data"


class DatabaseShared(Invalid):
    """Two services were told to keep their data in one database."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What all services are told, and what one is told otherwise."""

    shared: Mapping[str, str]
    own: Mapping[Service, Mapping[str, str]] = field(default_factory=dict)

    def of(self, service: Service) -> dict[str, str]:
        """Give the variables of one service."""
        return {**self.shared, **self.own.get(service, {})}

    def overridden(self, given: Mapping[str, str]) -> "Environment":
        """Let what is given win, each database where it belongs.

        Raises
        ------
        DatabaseShared
            If the lobby and storage would then write to the same database.
        """
        databases = {service: self._database(service, given) for service in self.own}
        if len(set(databases.values())) < len(databases):
            raise DatabaseShared(
                "The lobby and storage need a database each: "
                "set LOBBY_DATABASE_URL and STORAGE_DATABASE_URL to different ones."
            )
        own = {
            service: {**self.own[service], DATABASE_URL: url} for service, url in databases.items()
        }
        return Environment({**self.shared, **self._said(given)}, own)

    def _said(self, given: Mapping[str, str]) -> dict[str, str]:
        """Leave out what is empty and so would only undo a choice; no storage is one, too."""
        return {
            name: value
            for name, value in given.items()
            if value or name not in self.shared or name == STORAGE_URL
        }

    def _database(self, service: Service, given: Mapping[str, str]) -> str:
        said = (given[name] for name in DATABASE_VARIABLES[service] if given.get(name))
        return next(said, self.own[service][DATABASE_URL])


def pace_beside(data_folder: Path) -> Path:
    """Say where this machine's measured pace of simulations is kept."""
    return data_folder.with_name(SIMULATION_FOLDER) / "pace.json"


def embedded_environment(ports: Ports, data_folder: Path, *, log_format: str) -> Environment:
    """Give the documented variables with which the services find each other and their data.

    The databases, what the simulation service keeps and what is kept for debugging lie beside the
    data folder, which is the measurement service's own.
    """
    shared = {
        **{f"{service.name}_URL": url_of(service, ports) for service in ports},
        "RUN_MIGRATIONS": "true",
        "MEASUREMENT_DATA_DIR": str(data_folder),
        "MEASUREMENT_DEBUG_DIR": str(data_folder.with_name("debug_audio")),
        "SIMULATION_DATA_DIR": str(data_folder.with_name(SIMULATION_FOLDER)),
        "INTERNAL_AUTH_TOKEN": secrets.token_urlsafe(32),
        "LOG_FORMAT": log_format,
        "PYTHONUNBUFFERED": "1",
    }
    pace = pace_beside(data_folder)
    if pace.is_file():
        shared["SIMULATION_PACE"] = str(pace)
    databases = {Service.LOBBY: "sonalyze.db", Service.STORAGE: "storage.db"}
    return Environment(
        shared,
        {
            service: {DATABASE_URL: f"sqlite+aiosqlite:///{data_folder.with_name(name)}"}
            for service, name in databases.items()
        },
    )
