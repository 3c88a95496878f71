"""The service in process, with numbers that come when a test says so."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
import pytest
from broadcasts import Broadcasts, broadcasts_taken
from rehearsal import Rehearsal

from sonalyze_simulation.app import create_app
from sonalyze_simulation.settings import Settings

Serve = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture
async def engine() -> Rehearsal:
    return Rehearsal()


@pytest.fixture
async def gateway() -> AsyncIterator[Broadcasts]:
    async with broadcasts_taken() as broadcasts:
        yield broadcasts


@pytest.fixture
def serve(engine: Rehearsal, gateway: Broadcasts) -> Serve:
    """Open the service with some settings changed."""

    @asynccontextmanager
    async def served(**changes: object) -> AsyncIterator[httpx2.AsyncClient]:
        plain: dict[str, Any] = {
            "simulation_workers": 2,
            "log_level": "ERROR",
            "gateway_url": gateway.url,
        }
        app = create_app(Settings(_env_file=None, **(plain | changes)), lambda _: engine)
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx2.AsyncClient(
                transport=transport, base_url="http://simulation", timeout=60
            ) as client,
        ):
            yield client

    return served


@pytest.fixture
async def client(serve: Serve) -> AsyncIterator[httpx2.AsyncClient]:
    async with serve() as client:
        yield client
