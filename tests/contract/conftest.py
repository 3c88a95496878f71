"""One storage service per database, for all tests of its contract."""

import asyncio
from collections.abc import Iterator

import httpx2
import pytest
from storage_client import Storage
from storage_process import PATIENCE_S, StorageProcess, serving_storage
from throwaway_postgres import Server


@pytest.fixture(scope="session")
def storage_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageProcess]:
    """Run it on a file."""
    file = tmp_path_factory.mktemp("storage") / "storage.db"
    with serving_storage(f"sqlite+aiosqlite:///{file}") as running:
        yield running


@pytest.fixture(scope="session")
def storage_on_postgresql(postgres: Server) -> Iterator[StorageProcess]:
    """Run it on a database server of this test run's own."""
    with serving_storage(postgres.url(asyncio.run(postgres.fresh_database()))) as running:
        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    """Give a client of each; tests share the databases and make rows of their own."""
    running: StorageProcess = request.getfixturevalue(f"storage_on_{request.param}")
    with httpx2.Client(base_url=running.url, trust_env=False, timeout=PATIENCE_S) as http:
        yield Storage(http)
