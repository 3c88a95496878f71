"""``kill -9`` in the middle of uploads: afterwards storage knows exactly what is in the store."""

import asyncio
import hashlib
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from laboratory import RATE_HZ, Laboratory, audio_file, room_recording
from running import running_service
from storage_double import StorageDouble

from sonalyze_contracts.archive import recording_row_id
from sonalyze_contracts.identifiers import JobId, UploadName

NAMES = [f"{number}.flac" for number in range(12)]


def file_of(name: str) -> bytes:
    return audio_file(room_recording()[: RATE_HZ + NAMES.index(name)])


async def upload(laboratory: Laboratory, name: str, answered: "asyncio.Queue[str]") -> None:
    """Upload a file; say its name once the service has answered for it."""
    with suppress(httpx2.TransportError):
        await laboratory.upload(name, file_of(name))
        answered.put_nowait(name)


@pytest.mark.parametrize("answers", [1, 6])
async def test_after_a_kill_storage_knows_what_is_in_the_store(
    tmp_path: Path, answers: int
) -> None:
    data_dir = tmp_path / "data"
    async with StorageDouble().running() as storage:
        storage.is_open.clear()
        async with running_service(data_dir, STORAGE_URL=storage.url) as service:
            job = await service.client.post("/v1/jobs", json={"map": {}})
            laboratory = Laboratory(service.client, job.json()["job_id"], data_dir)
            news: asyncio.Queue[str] = asyncio.Queue()
            uploads = [asyncio.create_task(upload(laboratory, name, news)) for name in NAMES]
            answered = {await news.get() for _ in range(answers)}
            service.process.kill()
            await asyncio.gather(*uploads)
            answered |= {news.get_nowait() for _ in range(news.qsize())}
        known_before = dict(storage.rows)
        storage.is_open.set()

        async with running_service(data_dir, STORAGE_URL=storage.url):
            kept = {
                path.name: path for path in (data_dir / laboratory.job_id / "uploads").iterdir()
            }
            ids = {
                name: recording_row_id(JobId(laboratory.job_id), UploadName(name)) for name in kept
            }
            for name, row_id in ids.items():
                await storage.shows(
                    row_id,
                    sample_rate_hz=RATE_HZ,
                    raw_sha256=hashlib.sha256(file_of(name)).hexdigest(),
                )

    assert known_before == {}
    assert len(answered) >= answers
    assert answered <= kept.keys()
    assert storage.rows.keys() == {str(row_id) for row_id in ids.values()}
