import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from storage_in_process import Storage, running
from throwaway_postgres import Server

from sonalyze_chassis.database import open_engine
from sonalyze_chassis.migrations import migrate
from sonalyze_storage.infra.tables import MIGRATIONS
from sonalyze_storage.settings import Settings


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'storage.db'}"


@pytest.fixture
async def postgres_url(postgres: Server) -> str:
    return postgres.url(await postgres.fresh_database())


@pytest.fixture(scope="session")
def schema(postgres: Server) -> str:
    """Give the name of a database that is migrated already, to make others from."""

    async def migrated() -> str:
        name = await postgres.fresh_database()
        engine = open_engine(postgres.url(name), pool_size=1)
        await migrate(engine, MIGRATIONS)
        await engine.dispose()
        return name

    return asyncio.run(migrated())


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the address of an empty database."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def migrated_sqlite_url(sqlite_url: str) -> str:
    engine = open_engine(sqlite_url, pool_size=1)
    await migrate(engine, MIGRATIONS)
    await engine.dispose()
    return sqlite_url


@pytest.fixture
async def migrated_postgres_url(postgres: Server, schema: str) -> str:
    return postgres.url(await postgres.fresh_database(schema))


@pytest.fixture(params=["sqlite", "postgres"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """Give the address of a database with the schema and no rows."""
    url: str = request.getfixturevalue(f"migrated_{request.param}_url")
    return url


@pytest.fixture
async def storage(migrated_url: str) -> AsyncIterator[Storage]:
    settings = Settings(_env_file=None, database_url=migrated_url, log_level="ERROR")
    async with running(settings) as storage:
        yield storage
