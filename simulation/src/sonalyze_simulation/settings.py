"""The documented variables of the simulation service."""

import os
from pathlib import Path

from pydantic import Field, SecretStr

from sonalyze_chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read once at the start; the README lists every variable with its meaning."""

    simulation_workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    simulation_queue: int = Field(default=64, ge=0)
    simulation_max_seconds: float = Field(default=60.0, gt=0)
    simulation_answer_seconds: float = Field(default=8.0, gt=0)
    """Below the 10 s after which a gateway gives up by default."""

    simulation_memory_mb: int = Field(default=2048, ge=256)
    simulation_cache_mb: int = Field(default=64, ge=0)
    simulation_jobs_mb: int = Field(default=256, ge=1)
    simulation_broker_url: SecretStr = SecretStr("")
    simulation_pace: Path | None = None
    simulation_data_dir: Path = Path("/data")
    storage_url: str = ""
    gateway_url: str = "http://localhost:8000"
