from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from storage_double import StorageDouble
from throwaway_postgres import Server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'outbox.db'}"


@pytest.fixture
async def postgres_url(postgres: Server) -> str:
    return postgres.url(await postgres.fresh_database())


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def storage() -> AsyncIterator[StorageDouble]:
    async with StorageDouble().running() as storage:
        yield storage
