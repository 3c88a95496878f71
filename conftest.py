"""What holds for the tests of every package: fixtures, and nobody's configuration."""

import os

import pytest
from hypothesis import settings

settings.register_profile("here", deadline=None)
settings.load_profile("here")
"""How long an example takes says more of what else the machine does than of the code."""

pytest_plugins = ("throwaway_postgres", "throwaway_redis")

CONFIGURED = (
    *("DATABASE_URL", "GATEWAY_URL", "LOBBY_URL", "MEASUREMENT_URL", "SIMULATION_URL"),
    *("HTTP_TIMEOUT_SECONDS", "INTERNAL_AUTH_TOKEN", "LOG_FORMAT", "LOG_LEVEL", "PUBLIC_URL"),
    *("HOST", "PORT", "MAX_MESSAGE_BYTES", "RATE_LIMIT_BURST", "RATE_LIMIT_RPS"),
    *("MEASUREMENT_DATA_DIR", "MEASUREMENT_DEBUG_DIR", "MEASUREMENT_MAX_UPLOAD_MB"),
    *("MEASUREMENT_STORE_URL", "RAW_AUDIO_DAYS", "STORAGE_URL"),
    *("AWS_ALLOW_HTTP", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)
"""Variables that a developer's shell or a container may hold."""


@pytest.fixture(scope="session", autouse=True)
def nobodys_configuration(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep what somebody configured for this machine, or in a `.env` here, out of the tests."""
    for name in CONFIGURED:
        os.environ.pop(name, None)
    os.chdir(tmp_path_factory.mktemp("elsewhere"))
