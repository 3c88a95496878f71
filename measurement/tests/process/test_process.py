import asyncio
import hashlib
import signal
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import psutil
import pytest
import pytest_asyncio
from broadcasts import Broadcasts, broadcasts_taken
from laboratory import GENERATED, RATE_HZ, RT_S, Laboratory
from running import running_service
from service_process import ServiceProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

MIB = 1 << 20


@dataclass
class Everything:
    """A running service with a worker, the gateway that it pushes to, and its folders."""

    service: ServiceProcess
    gateway: Broadcasts
    data_dir: Path
    debug_dir: Path

    async def laboratory(self, recording: bytes | None = None) -> Laboratory:
        """Make a new job, and upload a recording to it."""
        client = self.service.client
        job = await client.post("/v1/jobs", json={"map": {}})
        played = await client.get("/v1/measurement/audio", params={"sample_rate": RATE_HZ})
        job_id, audio_hash = job.json()["job_id"], played.headers["X-Audio-Hash"]
        laboratory = Laboratory(client, job_id, self.data_dir / job_id, audio_hash)
        if recording is not None:
            await laboratory.upload("recording", recording)
        return laboratory


@asynccontextmanager
async def everything_in(folder: Path) -> AsyncIterator[Everything]:
    data_dir, debug_dir = folder / "data", folder / "debug"
    async with (
        broadcasts_taken() as gateway,
        running_service(
            data_dir,
            GATEWAY_URL=gateway.url,
            MEASUREMENT_DEBUG="true",
            MEASUREMENT_DEBUG_DIR=str(debug_dir),
        ) as service,
    ):
        yield Everything(service, gateway, data_dir, debug_dir)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def everything(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Everything]:
    async with everything_in(tmp_path_factory.mktemp("service")) as everything:
        yield everything


def request_of(laboratory: Laboratory) -> dict[str, Any]:
    data = {
        "job_id": laboratory.job_id,
        "source": GENERATED,
        "audio_hash": laboratory.signal_hash,
    }
    return {
        "client": {"device_id": "phone", "connection_id": "c"},
        "message": {"event": "analysis.request", "data": data},
    }


async def test_the_parent_stays_free_of_numbers_and_answers_while_eight_analyses_run(
    everything: Everything, recording_file: bytes
) -> None:
    service, laboratory = everything.service, await everything.laboratory(recording_file)

    analyses = [asyncio.create_task(laboratory.analyse()) for _ in range(8)]
    lives = []
    while not all(analysis.done() for analysis in analyses):
        lives.append(await service.client.get("/livez", timeout=5))
    answers = await asyncio.gather(*analyses)

    mapped = " ".join(region.path for region in service.parent.memory_maps())
    assert {answer.status_code for answer in answers} == {200}
    assert len(lives) > len(analyses)
    assert {live.status_code for live in lives} == {200}
    assert "numpy" not in mapped
    assert "sndfile" not in mapped


async def test_an_upload_of_40_mib_takes_less_than_a_tenth_of_it_in_memory(
    everything: Everything,
) -> None:
    service, laboratory = everything.service, await everything.laboratory()
    await laboratory.upload("warm-up", bytes(2 * MIB))
    before_kib = service.peak_kib()

    await laboratory.upload("recording", bytes(40 * MIB))

    assert (laboratory.folder / "uploads/recording").stat().st_size == 40 * MIB
    assert service.peak_kib() - before_kib < 4 * 1024


async def test_a_bundle_with_50_mib_takes_a_tenth_of_it_in_memory_and_nobody_waits(
    everything: Everything, tmp_path: Path
) -> None:
    service, laboratory = everything.service, await everything.laboratory()
    recording = np.random.default_rng(1).bytes(50 * MIB)
    await laboratory.upload("recording", recording)
    await downloaded(service, (await everything.laboratory()).job_id, tmp_path / "warm-up")
    before_kib, answers = service.peak_kib(), []

    download = asyncio.create_task(downloaded(service, laboratory.job_id, tmp_path / "bundle"))
    while not download.done():
        answers.append(await service.client.get("/livez", timeout=5))

    with zipfile.ZipFile(tmp_path / "bundle") as bundle:
        assert sha256(bundle.read("recordings/recording")) == sha256(recording)
    assert service.peak_kib() - before_kib < 5 * 1024
    assert len(answers) > 10


async def test_a_client_that_leaves_in_the_middle_of_a_bundle_leaves_nothing_behind(
    everything: Everything,
) -> None:
    service, laboratory = everything.service, await everything.laboratory()
    await laboratory.upload("recording", bytes(40 * MIB))
    incoming = everything.data_dir / ".incoming"

    reader, writer = await asyncio.open_connection("127.0.0.1", service.port, limit=1 << 10)
    writer.write(f"GET /v1/jobs/{laboratory.job_id}/bundle HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await reader.readline()
    await until(service.client, lambda: any(incoming.iterdir()))
    writer.transport.abort()

    await until(service.client, lambda: not any(incoming.iterdir()))


async def test_a_bundle_that_cannot_be_completed_is_cut_off(
    everything: Everything, tmp_path: Path
) -> None:
    laboratory = await everything.laboratory()
    broken = laboratory.folder / "results/by_upload/recording.json"
    broken.parent.mkdir(parents=True)
    broken.write_bytes(b'{"provenance": "nonsense"}')

    with pytest.raises(httpx2.RemoteProtocolError, match="incomplete"):
        await downloaded(everything.service, laboratory.job_id, tmp_path / "bundle")


async def test_an_upload_announced_above_the_limit_is_refused_before_it_is_sent(
    everything: Everything,
) -> None:
    service, laboratory = everything.service, await everything.laboratory()
    head = (
        f"POST /v1/jobs/{laboratory.job_id}/uploads/recording HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 60000000\r\n\r\n"
    )

    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    writer.write(head.encode())
    async with asyncio.timeout(10):
        status_line = await reader.readline()
    writer.close()

    assert status_line.split()[1] == b"413"


async def test_an_upload_that_breaks_off_leaves_nothing(everything: Everything) -> None:
    service, laboratory = everything.service, await everything.laboratory()
    incoming = everything.data_dir / ".incoming"

    _, writer = await asyncio.open_connection("127.0.0.1", service.port)
    await begin_upload(writer, laboratory.job_id)
    await until(service.client, lambda: any(incoming.iterdir()))
    writer.transport.abort()

    await until(service.client, lambda: not any(incoming.iterdir()))
    assert (await laboratory.job())["uploads"] == []


async def test_a_killed_worker_costs_one_analysis_that_can_be_repeated(
    everything: Everything, recording_file: bytes
) -> None:
    service, gateway = everything.service, everything.gateway
    laboratory = await everything.laboratory(recording_file)
    (worker,) = service.workers()
    worker.send_signal(signal.SIGSTOP)
    await service.client.post("/gateway/handle", json=request_of(laboratory))
    stages = [(await gateway.next())["data"]["stage"] for _ in range(2)]

    worker.kill()

    lost = (await gateway.next())["data"]["error"]
    again = await laboratory.analyse()
    assert stages == ["queued", "running"]
    assert (lost["code"], lost["details"]["retryable"]) == ("unavailable", True)
    assert again.json()["results"]["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)


async def test_debug_copies_are_kept_where_they_are_asked_for(
    everything: Everything, recording_file: bytes
) -> None:
    laboratory = await everything.laboratory(recording_file)

    await laboratory.analyse()

    copy = everything.debug_dir / f"{laboratory.job_id}-recording.wav"
    assert copy.stat().st_size > 15 * RATE_HZ * 2


async def test_a_stopping_service_lets_an_analysis_end_and_leaves_no_process(
    tmp_path: Path, recording_file: bytes
) -> None:
    async with everything_in(tmp_path) as everything:
        service, gateway = everything.service, everything.gateway
        laboratory = await everything.laboratory(recording_file)
        await service.client.post("/gateway/handle", json=request_of(laboratory))
        assert (await gateway.next())["data"]["stage"] == "queued"
        descendants = service.descendants

        service.process.terminate()

        exit_code = await service.ended()
        _, alive = psutil.wait_procs(descendants, timeout=10)
        results = gateway.rest()[-1]["data"]["results"]
        assert results["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)
        assert exit_code in {0, -signal.SIGTERM}
        assert alive == []


async def downloaded(service: ServiceProcess, job_id: str, target: Path) -> None:
    """Stream a bundle to a file."""
    async with service.client.stream("GET", f"/v1/jobs/{job_id}/bundle") as answer:
        assert answer.status_code == 200
        with target.open("wb") as file:
            async for piece in answer.aiter_raw():
                file.write(piece)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def begin_upload(writer: asyncio.StreamWriter, job_id: str) -> None:
    """Send the head and two thirds of an upload."""
    writer.write(
        f"POST /v1/jobs/{job_id}/uploads/recording HTTP/1.1\r\nHost: x\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 3000000\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
    )
    writer.write(bytes(2_000_000))
    await writer.drain()


async def until(client: httpx2.AsyncClient, condition: Any) -> None:  # noqa: ANN401  a condition
    """Wait for what the service does by itself, one request after the other."""
    async with asyncio.timeout(20):
        while not condition():
            await client.get("/livez")
