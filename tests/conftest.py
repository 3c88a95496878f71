"""Running backends that tests share, each started when the first test asks for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from live_backend import LiveBackend, live_backend
from throwaway_postgres import Server

UPLOAD_LIMIT_MB = "6"
"""Room for every documented signal (192 kHz: 5.5 MiB), small enough to be exceeded in a moment."""


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBackend]:
    """Run all services on SQLite; no test may leave it other than running."""
    folder = tmp_path_factory.mktemp("backend")
    with live_backend(folder, MEASUREMENT_MAX_UPLOAD_MB=UPLOAD_LIMIT_MB) as running:
        yield running


@pytest.fixture(scope="session")
def backend_on_postgres(
    tmp_path_factory: pytest.TempPathFactory, empty_postgres_url: str
) -> Iterator[LiveBackend]:
    """Run all services, the lobby on PostgreSQL."""
    folder = tmp_path_factory.mktemp("backend-on-postgres")
    with live_backend(folder, DATABASE_URL=empty_postgres_url) as running:
        yield running


@pytest.fixture(scope="session")
def empty_postgres_url(postgres: Server) -> str:
    """Give the address of an empty database."""
    return postgres.url(asyncio.run(postgres.fresh_database()))


@pytest.fixture(params=["sqlite", "postgresql"])
def lobby_backend(request: pytest.FixtureRequest) -> LiveBackend:
    """Run what concerns the lobby on both databases."""
    name = "backend" if request.param == "sqlite" else "backend_on_postgres"
    running: LiveBackend = request.getfixturevalue(name)
    return running


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    """Give an HTTP client that stays on this machine."""
    async with httpx2.AsyncClient(trust_env=False, timeout=30.0) as client:
        yield client
