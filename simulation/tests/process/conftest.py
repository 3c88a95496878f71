"""One service with real children for all tests of this folder."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from broadcasts import broadcasts_taken
from simulation_process import Running, simulation_process


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with (
        broadcasts_taken() as gateway,
        simulation_process(
            tmp_path_factory.mktemp("simulation"),
            GATEWAY_URL=gateway.url,
            SIMULATION_ANSWER_SECONDS="30",
            SIMULATION_CACHE_MB="0",
        ) as service,
    ):
        yield Running(service, gateway)
