"""A room whose acoustics are known, and a client that measures it."""

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import soundfile

from sonalyze_acoustics import SignalSpec, measurement_signal
from sonalyze_measurement.app import create_app
from sonalyze_measurement.settings import Settings

Samples = np.ndarray[Any, Any]
MakeSettings = Callable[..., Settings]

RATE_HZ = 16_000
RT_S = 0.4
LATENCY_S = 0.3
PULSE_DISTANCE_S = 0.005
GENERATED = "sweep_deconvolution_generated"


def room_response(rate_hz: int = RATE_HZ) -> Samples:
    """Decay exactly by 60 dB in `RT_S`, in every band: a train of pulses, no chance in it."""
    response = np.zeros(round(0.8 * rate_hz))
    at = np.arange(0, response.size, round(PULSE_DISTANCE_S * rate_hz))
    response[at] = 10 ** (-3 * at / rate_hz / RT_S)
    return response


@lru_cache
def room_recording() -> Samples:
    """Hear the signal in that room, late, with a little noise."""
    heard = convolved(measurement_signal(SignalSpec(RATE_HZ)), room_response())
    late = np.concatenate([np.zeros(round(LATENCY_S * RATE_HZ)), heard])
    noise = np.random.default_rng(8).standard_normal(late.size) * 1e-5
    return np.asarray(late * (0.5 / np.abs(late).max()) + noise)


def convolved(one: Samples, other: Samples) -> Samples:
    """Convolve through the spectrum."""
    size = one.size + other.size
    return np.fft.irfft(np.fft.rfft(one, size) * np.fft.rfft(other, size), size)


def audio_file(samples: Samples, rate_hz: int = RATE_HZ, **how: str) -> bytes:
    """Give the samples as the bytes of an audio file, 24 bit FLAC unless told otherwise."""
    buffer = BytesIO()
    soundfile.write(buffer, samples, rate_hz, **({"format": "FLAC", "subtype": "PCM_24"} | how))
    return buffer.getvalue()


class Threads:
    """A quick stand-in for the worker processes, which have tests of their own."""

    def __init__(self) -> None:
        self.works: list[str] = []

    async def run(
        self,
        work: str,
        *arguments: object,
        deadline_s: float,
        started: Callable[[], None] | None = None,
    ) -> object:
        """Do the work in a thread, and remember that it was asked for."""
        if started is not None:
            started()
        self.works.append(work)
        module, _, name = work.partition(":")
        function = getattr(importlib.import_module(module), name)
        async with asyncio.timeout(deadline_s):
            return await asyncio.to_thread(function, *arguments)

    async def warm(self) -> None:
        """Threads are always warm."""

    async def close(self) -> None:
        """Threads end by themselves."""


@asynccontextmanager
async def client_of(settings: Settings, engine: Threads) -> AsyncIterator[httpx2.AsyncClient]:
    """Start a service of its own in this process, and talk to it."""
    app = create_app(settings, lambda _: engine)
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://measurement") as client,
    ):
        yield client


@dataclass
class Laboratory:
    """A job and who uploads to it and has it analysed."""

    client: httpx2.AsyncClient
    job_id: str
    folder: Path
    signal_hash: str = field(default="")

    async def upload(self, name: str, content: bytes) -> None:
        """Upload a file, which has to be taken."""
        path = f"/v1/jobs/{self.job_id}/uploads/{name}"
        answer = await self.client.post(path, files={"file": content})
        assert answer.status_code == 200, answer.text

    async def analyse(self, source: str = GENERATED, **request: object) -> httpx2.Response:
        """Ask for an analysis, of the generated signal unless told otherwise."""
        if source == GENERATED:
            request = {"audio_hash": self.signal_hash} | request
        return await self.client.post(
            f"/v1/jobs/{self.job_id}/analyze", json={"source": source, **request}
        )

    async def job(self) -> dict[str, Any]:
        """Look at the job."""
        view: dict[str, Any] = (await self.client.get(f"/v1/jobs/{self.job_id}")).json()
        return view
