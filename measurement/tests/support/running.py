"""The measurement service as a process of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from service_process import ServiceProcess, service_process


@asynccontextmanager
async def running_service(data_dir: Path, **environment: str) -> AsyncIterator[ServiceProcess]:
    """Start the service with one worker on a folder, and end it."""
    settings = {"MEASUREMENT_DATA_DIR": str(data_dir), "ANALYSIS_WORKERS": "1"}
    async with service_process(
        ServiceProcess, "measurement", data_dir.parent, settings | environment
    ) as service:
        yield service
