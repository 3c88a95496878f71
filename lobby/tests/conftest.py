from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from lobby_harness import TOKEN, Gateway, Lobby, Measurement, running
from pydantic import SecretStr
from throwaway_postgres import Server

from sonalyze_lobby.settings import Settings


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    async with Gateway().running() as gateway:
        yield gateway


@pytest.fixture
async def measurement() -> AsyncIterator[Measurement]:
    async with Measurement().running() as measurement:
        yield measurement


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'lobby.db'}"


@pytest.fixture
async def postgres_url(postgres: Server) -> str:
    return postgres.url(await postgres.fresh_database())


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def settings(database_url: str, gateway: Gateway, measurement: Measurement) -> Settings:
    return Settings(
        _env_file=None,
        database_url=database_url,
        gateway_url=gateway.url,
        measurement_url=measurement.url,
        internal_auth_token=SecretStr(TOKEN),
        log_level="ERROR",
    )


@pytest.fixture
async def lobby(settings: Settings) -> AsyncIterator[Lobby]:
    async with running(settings) as lobby:
        yield lobby
