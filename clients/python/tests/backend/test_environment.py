"""What each service is told, and whose database is whose."""

from pathlib import Path

import pytest

from sonalyze.backend.environment import (
    DatabaseShared,
    Environment,
    embedded_environment,
    pace_beside,
)
from sonalyze.backend.services import documented_ports
from sonalyze_contracts.command import Service

FOLDER = Path("/house/data")
POSTGRES = "postgresql+asyncpg://lobby:secret@database/lobby"


def embedded() -> Environment:
    return embedded_environment(documented_ports(), FOLDER, log_format="json")


def database_of(service: Service, environment: Environment) -> str:
    return environment.of(service)["DATABASE_URL"]


def test_the_services_find_each_other_by_the_documented_variables() -> None:
    environment = embedded().of(Service.LOBBY)

    assert environment["LOBBY_URL"] == "http://127.0.0.1:8001"
    assert environment["GATEWAY_URL"] == "http://127.0.0.1:8000"
    assert environment["MEASUREMENT_DATA_DIR"] == str(FOLDER)
    assert len(environment["INTERNAL_AUTH_TOKEN"]) > 32


def test_each_run_has_a_token_of_its_own() -> None:
    tokens = {embedded().shared["INTERNAL_AUTH_TOKEN"] for _ in range(2)}

    assert len(tokens) == 2


def test_each_database_lies_beside_the_data_folder() -> None:
    environment = embedded()

    assert database_of(Service.LOBBY, environment) == "sqlite+aiosqlite:////house/sonalyze.db"
    assert database_of(Service.STORAGE, environment) == "sqlite+aiosqlite:////house/storage.db"


def test_storage_prepares_its_database_by_itself() -> None:
    assert embedded().of(Service.STORAGE)["RUN_MIGRATIONS"] == "true"


def test_what_the_operator_says_wins_for_every_service() -> None:
    environment = embedded().overridden({"LOG_LEVEL": "DEBUG", "RUN_MIGRATIONS": "false"})

    assert environment.of(Service.GATEWAY)["LOG_LEVEL"] == "DEBUG"
    assert environment.of(Service.STORAGE)["RUN_MIGRATIONS"] == "false"


def test_an_empty_variable_undoes_no_choice() -> None:
    chosen = embedded()

    environment = chosen.overridden({"INTERNAL_AUTH_TOKEN": "", "MEASUREMENT_DATA_DIR": ""})

    assert environment.shared == chosen.shared


def test_an_empty_address_of_storage_means_that_there_is_none() -> None:
    environment = embedded().overridden({"STORAGE_URL": ""})

    assert environment.of(Service.LOBBY)["STORAGE_URL"] == ""


def test_a_database_without_a_service_in_its_name_is_the_lobbys_alone() -> None:
    environment = embedded().overridden({"DATABASE_URL": POSTGRES})

    assert database_of(Service.LOBBY, environment) == POSTGRES
    assert database_of(Service.STORAGE, environment) == database_of(Service.STORAGE, embedded())


def test_each_database_can_be_chosen_by_the_name_of_its_service() -> None:
    environment = embedded().overridden(
        {"DATABASE_URL": "a", "LOBBY_DATABASE_URL": "b", "STORAGE_DATABASE_URL": "c"}
    )

    assert database_of(Service.LOBBY, environment) == "b"
    assert database_of(Service.STORAGE, environment) == "c"


def test_an_empty_variable_chooses_no_database() -> None:
    environment = embedded().overridden({"DATABASE_URL": "", "STORAGE_DATABASE_URL": ""})

    assert database_of(Service.LOBBY, environment) == database_of(Service.LOBBY, embedded())
    assert database_of(Service.STORAGE, environment) == database_of(Service.STORAGE, embedded())


def test_two_services_are_not_let_into_one_database() -> None:
    with pytest.raises(DatabaseShared, match="a database each"):
        embedded().overridden({"DATABASE_URL": POSTGRES, "STORAGE_DATABASE_URL": POSTGRES})


def test_a_pace_that_was_measured_is_the_simulations(tmp_path: Path) -> None:
    folder = tmp_path / "measurement_data"
    pace = pace_beside(folder)
    before = embedded_environment(documented_ports(), folder, log_format="json")
    pace.parent.mkdir()
    pace.write_text("{}")

    after = embedded_environment(documented_ports(), folder, log_format="json")

    assert "SIMULATION_PACE" not in before.shared
    assert after.shared["SIMULATION_PACE"] == str(tmp_path / "simulation_data" / "pace.json")
