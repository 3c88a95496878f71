"""The measurement service under the load of ``analysis.py``: eight analyses at once, and one."""

import asyncio
import io
import statistics
import tempfile
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import numpy as np
import soundfile
from analysing import RATE_HZ
from comparison import Comparison, Target
from numpy.typing import NDArray
from processes import serving

Samples = NDArray[np.float64]

SERVICE: Final = "sonalyze_measurement.main:app"
REPEATS: Final = 3


class Service:
    """The measurement service with recordings to analyse, one in each of some jobs."""

    def __init__(self, http: aiohttp.ClientSession, audio_hash: str, jobs: Sequence[str]) -> None:
        self._http, self._audio_hash, self._jobs = http, audio_hash, jobs

    @classmethod
    async def prepared(cls, http: aiohttp.ClientSession, files: Sequence[bytes]) -> "Service":
        """Ask for the signal, open jobs, and upload."""
        async with http.get(f"/v1/measurement/audio?sample_rate={RATE_HZ}") as signal:
            audio_hash = signal.headers["X-Audio-Hash"]
        jobs = []
        for content in files:
            async with http.post("/v1/jobs", json={"map": {}}) as created:
                job = str((await created.json())["job_id"])
            form = aiohttp.FormData()
            form.add_field("file", content, filename="a.wav", content_type="audio/wav")
            async with http.post(f"/v1/jobs/{job}/uploads/recording", data=form) as uploaded:
                assert uploaded.status < HTTPStatus.BAD_REQUEST, await uploaded.text()
            jobs.append(job)
        return cls(http, audio_hash, jobs)

    async def seconds_for(self, count: int) -> float:
        """Have some recordings analysed at once; each must be answered with its results."""
        started_s = time.perf_counter()
        answers = await asyncio.gather(*(self._analysed(job) for job in self._jobs[:count]))
        duration_s = time.perf_counter() - started_s
        assert all(answer["results"] for answer in answers), "a recording was lost"
        return duration_s

    async def _analysed(self, job: str) -> dict[str, Any]:
        analysis = {"source": "sweep_deconvolution_generated", "audio_hash": self._audio_hash}
        async with self._http.post(f"/v1/jobs/{job}/analyze", json=analysis) as answer:
            assert answer.status == HTTPStatus.OK, await answer.text()
            body: dict[str, Any] = await answer.json()
        return body


async def over_http(rounds: int, files: Sequence[bytes]) -> list[Comparison]:
    """Ask the service with two workers for eight analyses at once, and for one."""
    row = Comparison("eight at once over HTTP / one", "ms", Target("<=", 5))
    with tempfile.TemporaryDirectory() as folder:
        settings = {"MEASUREMENT_DATA_DIR": folder, "ANALYSIS_WORKERS": "2", "LOG_LEVEL": "INFO"}
        with serving(SERVICE, None, **settings) as server:
            async with aiohttp.ClientSession(server.url) as http:
                service = await Service.prepared(http, files)
                for counts in [False] + [True] * rounds:
                    all_s = await service.seconds_for(len(files))
                    one_s = statistics.median(
                        [await service.seconds_for(1) for _ in range(REPEATS)]
                    )
                    if counts:
                        row.add(1e3 * all_s, 1e3 * one_s)
    return [row]


def as_file(samples: Samples) -> bytes:
    """Write a recording as phones do."""
    content = io.BytesIO()
    soundfile.write(content, samples, RATE_HZ, format="WAV", subtype="PCM_16")
    return content.getvalue()
