"""The service in process."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from bucket import Bucket, bucket_served
from fastapi import FastAPI
from laboratory import RATE_HZ, Laboratory, MakeSettings, Threads, audio_file, room_recording

from sonalyze_measurement.app import create_app
from sonalyze_measurement.settings import Settings


@pytest.fixture
def make_settings(tmp_path: Path) -> MakeSettings:
    def make(**changes: object) -> Settings:
        plain: dict[str, Any] = {
            "measurement_data_dir": tmp_path / "data",
            "analysis_workers": 1,
            "log_level": "ERROR",
            "gateway_url": "http://127.0.0.1:9",
        }
        return Settings(_env_file=None, **(plain | changes))

    return make


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[Bucket]:
    with bucket_served() as bucket:
        yield bucket


@pytest.fixture
def bucket(bucket_server: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket that this process is configured for."""
    bucket_server.empty()
    bucket_server.configure(monkeypatch)
    return bucket_server


@pytest.fixture
def data_dir(make_settings: MakeSettings) -> Path:
    return make_settings().measurement_data_dir


@pytest.fixture
def files_in_data(data_dir: Path) -> Callable[[], list[str]]:
    """Name everything in the data folder."""
    return lambda: sorted(str(path.relative_to(data_dir)) for path in data_dir.rglob("*"))


@pytest.fixture
def engine() -> Threads:
    return Threads()


@pytest.fixture
async def app(make_settings: MakeSettings, engine: Threads) -> AsyncIterator[FastAPI]:
    limits = {"measurement_max_upload_mb": 2, "measurement_max_uploads": 4}
    app = create_app(make_settings(**limits), lambda _: engine)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://measurement", timeout=60
    ) as client:
        yield client


@pytest.fixture
async def job_id(client: httpx2.AsyncClient) -> str:
    answer = await client.post("/v1/jobs", json={"map": {}})
    return str(answer.json()["job_id"])


@pytest.fixture
async def laboratory(client: httpx2.AsyncClient, job_id: str, data_dir: Path) -> Laboratory:
    signal = await client.get("/v1/measurement/audio", params={"sample_rate": RATE_HZ})
    return Laboratory(client, job_id, data_dir / job_id, signal.headers["X-Audio-Hash"])


@pytest.fixture(scope="session")
def recording_file() -> bytes:
    return audio_file(room_recording())
