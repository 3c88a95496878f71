"""Backends that tests may break."""

from collections.abc import Iterator

import pytest
from live_backend import LiveBackend, live_backend

from sonalyze_contracts.command import Service

PATIENCE_S = 1.0


@pytest.fixture(scope="session")
def fragile_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBackend]:
    """Run services that tests kill; each test has to leave them running again."""
    with live_backend(tmp_path_factory.mktemp("fragile")) as running:
        yield running


@pytest.fixture(scope="session")
def hurried_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBackend]:
    """Run a lobby that waits a second at most for any answer."""
    with live_backend(
        tmp_path_factory.mktemp("hurried"),
        Service.LOBBY,
        Service.GATEWAY,
        SESSION_STAGE_PATIENCE_SECONDS=str(PATIENCE_S),
    ) as running:
        yield running
