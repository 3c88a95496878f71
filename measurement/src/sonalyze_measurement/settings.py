"""The documented variables of the measurement service."""

import os
from pathlib import Path

from pydantic import Field

from sonalyze_chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read once at the start; the README lists every variable with its meaning."""

    measurement_data_dir: Path = Path("/data")
    measurement_store_url: str = Field(default="", pattern=r"^(s3://[^/?#]+(/[^?#]*)?)?$")
    aws_allow_http: bool = False
    raw_audio_days: int = Field(default=0, ge=0, le=36_500)
    measurement_debug: bool = False
    measurement_debug_dir: Path = Path("debug_audio")
    measurement_max_upload_mb: int = Field(default=50, ge=1)
    measurement_max_uploads: int = Field(default=512, ge=1)
    measurement_max_job_kb: int = Field(default=1024, ge=1)
    measurement_max_references: int = Field(default=64, ge=1)
    upload_idle_s: float = Field(default=30.0, gt=0)
    analysis_workers: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    analysis_queue: int = Field(default=64, ge=0)
    analysis_deadline_s: float = Field(default=60.0, gt=0)
    storage_url: str = ""
    gateway_url: str = "http://localhost:8000"
