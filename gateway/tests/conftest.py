from collections.abc import AsyncIterator, Callable

import pytest
import uvloop
from gateway_harness import Gateways, Upstream


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], uvloop.Loop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream().running() as running:
        yield running


@pytest.fixture
async def gateways(upstream: Upstream) -> AsyncIterator[Gateways]:
    async with Gateways(upstream) as started:
        yield started
