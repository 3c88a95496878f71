"""The Compose files and ``.env.example`` against the settings that the services really have."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sonalyze.backend.services import SERVICES as BACKEND
from sonalyze_contracts.command import Service

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DEVELOPMENT = yaml.safe_load((ROOT / "compose.dev.yml").read_text(encoding="utf-8"))
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
DATABASES = (ROOT / "deploy" / "create-databases.sh").read_text(encoding="utf-8")
EXAMPLE_VALUES = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
SERVICES = ("gateway", "lobby", "measurement", "simulation", "simulation-worker", "storage")
WIRED = {
    "LOBBY_URL",
    "MEASUREMENT_URL",
    "SIMULATION_URL",
    "GATEWAY_URL",
    "DATABASE_URL",
    "MEASUREMENT_DATA_DIR",
    "SIMULATION_DATA_DIR",
}
OTHER_THAN_THE_SERVICE = {
    "INTERNAL_AUTH_TOKEN",
    "HTTP_TIMEOUT_SECONDS",
    "RUN_MIGRATIONS",
    "STORAGE_URL",
}
OF_THE_OBJECT_STORE = {
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ALLOW_HTTP",
}
"""Variables that its client reads by itself."""
OPTIONAL = {
    "SESSION_STAGE_PATIENCE_SECONDS",
    "ANALYSIS_WORKERS",
    "SIMULATION_WORKERS",
    "SIMULATION_BROKER_URL",
    "SIMULATION_PACE",
}


def fields_of(service: str) -> dict[str, Any]:
    package = service.removesuffix("-worker")
    settings = importlib.import_module(f"sonalyze_{package}.settings").Settings
    return {name.upper(): field for name, field in settings.model_fields.items()}


def environment_of(service: str) -> dict[str, str | None]:
    environment: dict[str, str | None] = COMPOSE["services"][service]["environment"]
    return environment


def test_only_the_gateway_is_published() -> None:
    published = {name for name, service in COMPOSE["services"].items() if "ports" in service}

    assert published == {"gateway"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_variable_that_compose_sets_is_a_setting(service: str) -> None:
    assert set(environment_of(service)) - OF_THE_OBJECT_STORE <= set(fields_of(service))


def test_every_variable_of_the_example_is_effective() -> None:
    named = {name for service in SERVICES for name in environment_of(service)}
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text("utf-8")))

    assert set(EXAMPLE_VALUES) <= named | used


def test_every_variable_that_an_operator_may_set_is_in_the_example() -> None:
    named = {name for service in SERVICES for name in environment_of(service)}
    used = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text("utf-8")))

    assert (named - WIRED) | used == set(EXAMPLE_VALUES)


@pytest.mark.parametrize("service", SERVICES)
def test_the_example_states_the_defaults(service: str) -> None:
    differing = {
        name: (EXAMPLE_VALUES[name], field.default)
        for name, field in fields_of(service).items()
        if name in EXAMPLE_VALUES
        and name not in OTHER_THAN_THE_SERVICE | OPTIONAL | OF_THE_OBJECT_STORE
        and EXAMPLE_VALUES[name] != str(field.default)
    }

    assert differing == {}


def test_no_service_starts_before_what_it_needs_is_healthy() -> None:
    for service in SERVICES:
        needs = COMPOSE["services"][service].get("depends_on", {})
        assert all(need["condition"] == "service_healthy" for need in needs.values())


def test_nothing_waits_for_storage() -> None:
    waiting = {
        name
        for name, service in COMPOSE["services"].items()
        if "storage" in service.get("depends_on", {})
    }

    assert waiting == set()


def test_workers_and_their_broker_are_there_for_whoever_asks_for_them() -> None:
    optional = {name for name, each in COMPOSE["services"].items() if each.get("profiles")}

    assert optional == {"simulation-worker", "valkey"}
    assert all(COMPOSE["services"][name]["profiles"] == ["scale"] for name in optional)


def test_simulations_are_left_to_workers_exactly_where_their_broker_runs() -> None:
    broker_url = "redis://valkey:6379/0"
    simulation = COMPOSE["services"]["simulation"]

    assert simulation["depends_on"]["valkey"]["required"] is False
    assert "getent hosts valkey" in simulation["command"][-1]
    assert f"SIMULATION_BROKER_URL={broker_url}" in simulation["command"][-1]
    assert broker_url in str(environment_of("simulation-worker")["SIMULATION_BROKER_URL"])
    assert EXAMPLE_VALUES["SIMULATION_BROKER_URL"] == broker_url


def test_what_computes_cannot_take_the_whole_machine() -> None:
    for name in ("simulation", "simulation-worker"):
        assert COMPOSE["services"][name]["mem_limit"] == "${SIMULATION_CONTAINER_MEMORY:-4g}"
        assert COMPOSE["services"][name]["pids_limit"]


def test_the_services_that_keep_a_database_keep_one_each() -> None:
    urls = {environment_of(service)["DATABASE_URL"] for service in ("lobby", "storage")}

    assert len(urls) == 2
    assert all("@postgres:5432/" in str(url) for url in urls)


def test_the_script_that_makes_the_databases_is_told_all_that_it_asks_for() -> None:
    asked = set(re.findall(r"\$(POSTGRES_[A-Z_]+)", DATABASES))

    assert asked == set(environment_of("postgres")) - {"POSTGRES_PASSWORD"}


def test_each_service_has_its_documented_port_on_the_developers_own_machine() -> None:
    published = {
        name: service["ports"]
        for name, service in DEVELOPMENT["services"].items()
        if "ports" in service
    }

    assert published == {
        str(spec.service): [f"127.0.0.1:{spec.port}:8000"]
        for spec in BACKEND
        if spec.service is not Service.GATEWAY
    }


def test_what_the_development_image_writes_as_root_is_in_no_other_images_way() -> None:
    writable = {
        volume.partition(":")[0]
        for service in SERVICES
        for volume in COMPOSE["services"][service].get("volumes", [])
    }

    mounted = {
        volume.partition(":")[0]
        for service in SERVICES
        for volume in DEVELOPMENT["services"][service]["volumes"]
        if ":/app/" not in volume
    }

    assert mounted
    assert not mounted & writable
    assert mounted <= set(DEVELOPMENT["volumes"])
