"""The service in process, with its real child processes, and recordings of a known room."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import soundfile
from fastapi import FastAPI

from sonalyze_acoustics import SignalSpec, measurement_signal
from sonalyze_measurement.app import create_app
from sonalyze_measurement.settings import Settings

RT_S = 0.4
RATE_HZ = 16_000

MakeSettings = Callable[..., Settings]


class Threads:
    """A quick stand-in for the worker processes, which have tests of their own."""

    async def run(
        self,
        work: str,
        *arguments: object,
        deadline_s: float,
        started: Callable[[], None] | None = None,
    ) -> object:
        if started is not None:
            started()
        module, _, name = work.partition(":")
        function = getattr(importlib.import_module(module), name)
        async with asyncio.timeout(deadline_s):
            return await asyncio.to_thread(function, *arguments)

    async def warm(self) -> None:
        pass

    async def close(self) -> None:
        pass


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


@pytest.fixture
def data_dir(make_settings: MakeSettings) -> Path:
    return make_settings().measurement_data_dir


@pytest.fixture
async def app(make_settings: MakeSettings) -> AsyncIterator[FastAPI]:
    limits = {"measurement_max_upload_mb": 2, "measurement_max_uploads": 4}
    app = create_app(make_settings(**limits), lambda _: Threads())
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
def files_in_data(data_dir: Path) -> Callable[[], list[str]]:
    """Name everything in the data folder."""
    return lambda: sorted(str(path.relative_to(data_dir)) for path in data_dir.rglob("*"))


@pytest.fixture
async def job_id(client: httpx2.AsyncClient) -> str:
    answer = await client.post("/v1/jobs", json={"map": {}})
    return str(answer.json()["job_id"])


@pytest.fixture(scope="session")
def room_response() -> np.ndarray[Any, Any]:
    """The response of a room with 0.4 s of reverberation in every band."""
    rng = np.random.default_rng(7)
    time_s = np.arange(round(0.8 * RATE_HZ)) / RATE_HZ
    response = rng.standard_normal(time_s.size) * 10 ** (-3 * time_s / RT_S) * 0.1
    response[0] = 1.0
    return response


@pytest.fixture(scope="session")
def room_recording(room_response: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What a microphone in that room hears of the signal, 0.3 s late."""
    played = measurement_signal(SignalSpec(RATE_HZ))
    heard = np.fft.irfft(
        np.fft.rfft(played, played.size + room_response.size)
        * np.fft.rfft(room_response, played.size + room_response.size)
    )
    late = np.concatenate([np.zeros(round(0.3 * RATE_HZ)), heard])
    noise = np.random.default_rng(8).standard_normal(late.size) * 1e-5
    return late * (0.5 / np.abs(late).max()) + noise


def audio_file(samples: np.ndarray[Any, Any], rate_hz: int = RATE_HZ, **how: str) -> bytes:
    """Give the samples as the bytes of an audio file, 24 bit WAV unless told otherwise."""
    buffer = BytesIO()
    soundfile.write(buffer, samples, rate_hz, **({"format": "WAV", "subtype": "PCM_24"} | how))
    return buffer.getvalue()


@pytest.fixture
def as_file() -> Callable[..., bytes]:
    return audio_file


@pytest.fixture(scope="session")
def recording_file(room_recording: np.ndarray[Any, Any]) -> bytes:
    return audio_file(room_recording)


@pytest.fixture
async def signal_hash(client: httpx2.AsyncClient) -> str:
    answer = await client.get("/v1/measurement/audio", params={"sample_rate": RATE_HZ})
    return str(answer.headers["X-Audio-Hash"])
