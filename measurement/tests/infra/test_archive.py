"""What an earlier process intended is compared with what the store really holds."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from laboratory import RATE_HZ, MakeSettings, Threads, audio_file, client_of, room_recording
from sqlalchemy import func, select
from storage_double import StorageDouble

from sonalyze_chassis.database import Database
from sonalyze_chassis.outbox import Outbox
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.provenance import Versions
from sonalyze_measurement.domain.archive import Arrival, Header
from sonalyze_measurement.domain.uploads import Upload
from sonalyze_measurement.infra.archive import OUTBOX, OutboxArchive, database_url, prepare
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.stores import open_files

VERSIONS = Versions(
    analysis="1", sonalyze="0", python="3", numpy="2", scipy="1", soxr="1", libsndfile="1"
)
FILE = audio_file(room_recording()[:RATE_HZ])


@pytest.fixture
async def storage() -> AsyncIterator[StorageDouble]:
    async with StorageDouble().running() as storage:
        yield storage


@pytest.fixture
async def published(make_settings: MakeSettings) -> Arrival:
    """An upload that is in the store, and of which nothing was written down."""
    async with client_of(make_settings(), Threads()) as client:
        job_id = JobId((await client.post("/v1/jobs", json={"map": {}})).json()["job_id"])
        path = f"/v1/jobs/{job_id}/uploads/recording"
        receipt = (await client.post(path, files={"file": FILE})).json()
    upload = Upload(UploadName("recording"), receipt["bytes"], receipt["sha256"])
    return Arrival(job_id, upload, f"file:{job_id}/uploads/recording")


async def intend(data_dir: Path, *arrivals: Arrival) -> None:
    database = Database(database_url(data_dir), pool_size=1)
    await prepare(database)
    async with database.transaction() as connection:
        for arrival in arrivals:
            await Outbox(OUTBOX).intend(connection, arrival.row())
    await database.close()


async def left_in(data_dir: Path) -> int | None:
    database = Database(database_url(data_dir), pool_size=1)
    async with database.statement() as connection:
        left: int | None = await connection.scalar(select(func.count()).select_from(OUTBOX))
    await database.close()
    return left


async def test_a_file_that_was_published_before_a_crash_is_told(
    make_settings: MakeSettings, storage: StorageDouble, published: Arrival
) -> None:
    settings = make_settings(storage_url=storage.url)
    await intend(settings.measurement_data_dir, published)

    async with client_of(settings, Threads()):
        await storage.shows(published.row_id, sample_rate_hz=RATE_HZ, raw_bytes=len(FILE))

    assert await left_in(settings.measurement_data_dir) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"upload": Upload(UploadName("recording"), len(FILE), "0" * 64)},
        {"upload": Upload(UploadName("recording"), 7, "0" * 64)},
        {"upload": Upload(UploadName("other"), 7, "0" * 64)},
        {"blob_ref": "s3://elsewhere/6f9619ff/uploads/recording"},
    ],
)
async def test_what_is_not_there_as_it_was_intended_is_not_told(
    make_settings: MakeSettings,
    storage: StorageDouble,
    published: Arrival,
    change: dict[str, Upload | str],
) -> None:
    settings = make_settings(storage_url=storage.url)
    other = replace(published, **change)  # type: ignore[arg-type]  fields by their names
    if "blob_ref" not in change:
        other = replace(other, blob_ref=f"file:{other.job_id}/uploads/{other.upload.name}")
    await intend(settings.measurement_data_dir, other, published)

    async with client_of(settings, Threads()):
        await storage.shows(published.row_id, sample_rate_hz=RATE_HZ)

    told = [row.get("raw_sha256") for row in storage.history]
    assert set(told) == {published.upload.sha256}
    assert await left_in(settings.measurement_data_dir) == 0


async def test_a_header_that_is_read_after_the_deletion_brings_nothing_back(
    tmp_path: Path, published: Arrival
) -> None:
    database = Database(database_url(tmp_path), pool_size=2)
    await prepare(database)
    files = open_files("", tmp_path, Staging(tmp_path))
    archive = OutboxArchive(database, Outbox(OUTBOX), files, VERSIONS)
    async with archive.arrival(published.job_id, published.upload):
        pass
    number, arrival, _ = archive.unsettled.get_nowait()

    await archive.deleted(published.job_id, published.upload.name)
    await archive.describe(number, arrival, Header(RATE_HZ, 1))

    async with database.statement() as connection:
        last = await connection.scalar(select(OUTBOX.c.fields).order_by(OUTBOX.c.id.desc()))
    await database.close()
    assert last == '{"kind":"raw","raw_blob_ref":null}'
    assert await left_in(tmp_path) == 2
