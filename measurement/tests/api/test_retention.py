import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from laboratory import (
    RATE_HZ,
    Laboratory,
    MakeSettings,
    Threads,
    audio_file,
    client_of,
    room_response,
)
from pydantic import ValidationError
from storage_double import StorageDouble

from sonalyze_contracts.archive import recording_row_id
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_measurement.domain.conditions import StoreUnavailable
from sonalyze_measurement.domain.files import upload_key
from sonalyze_measurement.retention import Retention

DAY_S = 86_400


class Hours:
    """A clock on which an hour is as long as it takes to ask; the day ends at some point."""

    def __init__(self, hours: int) -> None:
        self.pauses_s: list[float] = []
        self._hours = hours

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=sum(self.pauses_s))

    async def pause(self, duration_s: float) -> None:
        self.pauses_s.append(duration_s)
        if len(self.pauses_s) == self._hours:
            raise asyncio.CancelledError


class AwayAtFirst:
    """Recordings that cannot be looked for the first time; later there are none."""

    def __init__(self) -> None:
        self.asked: list[datetime] = []

    async def forget_beginnings(self) -> None:
        pass

    async def older_than(self, before: datetime) -> AsyncIterator[tuple[JobId, UploadName]]:
        self.asked.append(before)
        if len(self.asked) == 1:
            raise StoreUnavailable("away")
        for recording in ():
            yield recording

    async def delete(self, job_id: JobId, name: UploadName, before: datetime) -> bool:
        raise NotImplementedError(job_id, name, before)


def grow_old(data_dir: Path, job_id: str, name: str = "recording") -> None:
    """Let an upload have come two days ago."""
    then = time.time() - 2 * DAY_S
    os.utime(data_dir / upload_key(JobId(job_id), UploadName(name)), (then, then))


async def swept(client: httpx2.AsyncClient, job_id: str) -> dict[str, Any]:
    """Ask until no upload is left."""
    async with asyncio.timeout(20):
        while (job := (await client.get(f"/v1/jobs/{job_id}")).json())["uploads"]:
            pass
    return job


@pytest.fixture
async def deleted(
    make_settings: MakeSettings, engine: Threads, data_dir: Path, recording_file: bytes
) -> AsyncIterator[Laboratory]:
    """Analyse a recording, and come back when it has been deleted."""
    async with client_of(make_settings(), engine) as client:
        job_id = (await client.post("/v1/jobs", json={"map": {}})).json()["job_id"]
        played = await client.get("/v1/measurement/audio", params={"sample_rate": RATE_HZ})
        laboratory = Laboratory(client, job_id, data_dir / job_id, played.headers["X-Audio-Hash"])
        await laboratory.upload("recording", recording_file)
        await laboratory.analyse()
    grow_old(data_dir, job_id)
    async with client_of(make_settings(raw_audio_days=1), engine) as client:
        laboratory.client = client
        await swept(client, job_id)
        yield laboratory


async def test_a_job_lists_what_is_left_and_keeps_its_results(deleted: Laboratory) -> None:
    job = await deleted.job()

    assert job["uploads"] == []
    assert job["analysed"] == ["recording"]
    assert job["results"]["alignment"]["success"]
    assert not (deleted.folder / "checksums/recording.json").exists()
    assert (deleted.folder / "uploads/recording").read_bytes() == b""


async def test_analysing_a_deleted_recording_says_that_it_was_deleted(deleted: Laboratory) -> None:
    answer = await deleted.analyse()

    assert answer.status_code == 400
    assert answer.json()["details"]["condition"] == "upload_expired"
    assert "RAW_AUDIO_DAYS" in answer.json()["detail"]


async def test_the_progress_of_a_deleted_recording_is_none(deleted: Laboratory) -> None:
    answer = await deleted.client.head(f"/v1/jobs/{deleted.job_id}/uploads/recording")

    assert answer.status_code == 404


async def test_what_was_deleted_can_be_uploaded_again(
    deleted: Laboratory, recording_file: bytes
) -> None:
    await deleted.upload("recording", recording_file)

    again = await deleted.analyse()

    assert again.status_code == 200
    assert (await deleted.job())["uploads"] == ["recording"]


async def test_a_response_that_was_uploaded_stays(
    make_settings: MakeSettings, engine: Threads, data_dir: Path
) -> None:
    async with client_of(make_settings(), engine) as client:
        job_id = (await client.post("/v1/jobs", json={"map": {}})).json()["job_id"]
        laboratory = Laboratory(client, job_id, data_dir / job_id)
        await laboratory.upload("response", audio_file(room_response()))
        await laboratory.upload("recording", b"RIFF")
        asked = {"impulse_response_upload": "response"}
        analysed = await laboratory.analyse("impulse_response", **asked)
    for name in ("response", "recording"):
        grow_old(data_dir, job_id, name)

    async with client_of(make_settings(raw_audio_days=1), engine) as client:
        async with asyncio.timeout(20):
            while (await client.get(f"/v1/jobs/{job_id}")).json()["uploads"] != ["response"]:
                pass
        again = await client.post(
            f"/v1/jobs/{job_id}/analyze", json={"source": "impulse_response", **asked}
        )

    assert analysed.status_code == again.status_code == 200


async def test_storage_is_told_that_a_recording_is_nowhere_any_more(
    make_settings: MakeSettings, engine: Threads, data_dir: Path
) -> None:
    async with StorageDouble().running() as storage:
        settings = make_settings(storage_url=storage.url)
        async with client_of(settings, engine) as client:
            job_id = (await client.post("/v1/jobs", json={"map": {}})).json()["job_id"]
            await Laboratory(client, job_id, data_dir / job_id).upload("recording", b"RIFF")
            row_id = recording_row_id(JobId(job_id), UploadName("recording"))
            where = f"file:{job_id}/uploads/recording"
            await storage.shows(row_id, raw_blob_ref=where)
        grow_old(data_dir, job_id)

        async with client_of(settings.model_copy(update={"raw_audio_days": 1}), engine) as client:
            await swept(client, job_id)
            await storage.shows(row_id, raw_blob_ref=None, raw_bytes=4)


async def test_nothing_is_deleted_unless_it_is_asked_for(
    make_settings: MakeSettings, engine: Threads, data_dir: Path
) -> None:
    async with client_of(make_settings(), engine) as client:
        job_id = (await client.post("/v1/jobs", json={"map": {}})).json()["job_id"]
        await Laboratory(client, job_id, data_dir / job_id).upload("recording", b"RIFF")
    grow_old(data_dir, job_id)

    async with client_of(make_settings(), engine) as client:
        ready = await client.get("/readyz")
        job = await client.get(f"/v1/jobs/{job_id}")

    assert "retention" not in ready.json()["checks"]
    assert job.json()["uploads"] == ["recording"]


async def test_sweeps_come_every_hour_even_after_one_that_failed() -> None:
    clock, recordings = Hours(3), AwayAtFirst()
    retention = Retention(recordings, clock, kept_days=7)

    with pytest.raises(asyncio.CancelledError):
        await retention.keep_going()

    first = datetime(2025, 12, 25, tzinfo=UTC)
    assert recordings.asked == [first + timedelta(hours=hour) for hour in range(3)]
    assert clock.pauses_s == [3600.0] * 3


@pytest.mark.parametrize("days", [-1, 10**7])
def test_a_time_that_no_calendar_has_is_refused_at_the_start(
    make_settings: MakeSettings, days: int
) -> None:
    with pytest.raises(ValidationError):
        make_settings(raw_audio_days=days)
