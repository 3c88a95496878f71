"""What arrives and what is found in it reaches storage, and nobody waits for that."""

import asyncio
from collections.abc import AsyncIterator
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
    room_recording,
)
from storage_double import StorageDouble

from sonalyze_chassis.compute import QueueFull, WorkerDied
from sonalyze_contracts.archive import recording_row_id
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_measurement.infra import descriptions
from sonalyze_measurement.settings import Settings

HEADER = "sonalyze_measurement.infra.evaluate:header_of"


@pytest.fixture
async def storage() -> AsyncIterator[StorageDouble]:
    async with StorageDouble().running() as storage:
        yield storage


@pytest.fixture
def settings(make_settings: MakeSettings, storage: StorageDouble) -> Settings:
    return make_settings(storage_url=storage.url)


@pytest.fixture
async def archived(settings: Settings) -> AsyncIterator[Laboratory]:
    async with client_of(settings, Threads()) as client:
        yield await laboratory_of(client, settings.measurement_data_dir)


async def laboratory_of(client: httpx2.AsyncClient, data_dir: Path) -> Laboratory:
    job = await client.post("/v1/jobs", json={"map": {}})
    signal = await client.get("/v1/measurement/audio", params={"sample_rate": RATE_HZ})
    job_id = job.json()["job_id"]
    return Laboratory(client, job_id, data_dir / job_id, signal.headers["X-Audio-Hash"])


def row_of(laboratory: Laboratory, name: str = "recording") -> str:
    return str(recording_row_id(JobId(laboratory.job_id), UploadName(name)))


async def output_in(storage: StorageDouble, times: int = 1) -> dict[str, Any]:
    """Wait for so many batches of outputs, and give the only output in them."""
    while sum(batch.resource == "analysis-outputs" for batch in storage.batches) < times:
        await storage.asked(len(storage.batches) + 1)
    await storage.has(*storage.batches[-1].ids)
    (output,) = storage.of("analysis-outputs")
    return output


async def test_an_upload_is_a_measurement(
    archived: Laboratory, storage: StorageDouble, recording_file: bytes
) -> None:
    receipt = await archived.client.post(
        f"/v1/jobs/{archived.job_id}/uploads/recording", files={"file": recording_file}
    )
    await storage.shows(row_of(archived), sample_rate_hz=RATE_HZ)

    assert storage.rows[row_of(archived)] == {
        "id": row_of(archived),
        "kind": "raw",
        "sample_rate_hz": RATE_HZ,
        "channels": 1,
        "raw_bytes": len(recording_file),
        "raw_sha256": receipt.json()["sha256"],
        "raw_blob_ref": f"file:{archived.job_id}/uploads/recording",
    }


async def test_an_upload_in_pieces_is_one_measurement(
    archived: Laboratory, storage: StorageDouble, recording_file: bytes
) -> None:
    path = f"/v1/jobs/{archived.job_id}/uploads/recording"
    half = len(recording_file) // 2
    for offset, piece, complete in (
        (0, recording_file[:half], "?0"),
        (half, recording_file[half:], "?1"),
    ):
        headers = {"Upload-Offset": f"{offset}", "Upload-Complete": complete}
        await archived.client.patch(path, content=piece, headers=headers)

    await storage.shows(row_of(archived), channels=1, raw_bytes=len(recording_file))


async def test_what_is_no_audio_is_a_measurement_without_rate_and_channels(
    archived: Laboratory, storage: StorageDouble
) -> None:
    await archived.upload("recording", b"a diary")

    await storage.shows(row_of(archived), raw_bytes=7, sample_rate_hz=None, channels=None)


async def test_an_upload_that_replaces_another_is_the_same_measurement(
    archived: Laboratory, storage: StorageDouble
) -> None:
    await archived.upload("recording", audio_file(room_recording()[:RATE_HZ]))
    await storage.shows(row_of(archived), channels=1)

    await archived.upload("recording", b"a diary")

    await storage.shows(row_of(archived), raw_bytes=7, sample_rate_hz=None, channels=None)


async def test_results_are_an_output_with_what_produced_them(
    archived: Laboratory, storage: StorageDouble, recording_file: bytes
) -> None:
    await archived.upload("recording", recording_file)

    answer = await archived.analyse()

    output = await output_in(storage)
    assert (output["type"], output["status"]) == ("room_acoustics", "completed")
    assert output["measurement_id"] == row_of(archived)
    assert output["result"]["results"] == answer.json()["results"]
    assert output["result"]["parameters"]["audio_hash"] == archived.signal_hash
    assert {"analysis", "sonalyze", "python", "numpy", "scipy"} <= output["result"][
        "versions"
    ].keys()


async def test_all_recordings_together_are_an_output_beside_those_of_each(
    archived: Laboratory, storage: StorageDouble, recording_file: bytes
) -> None:
    for name in ("one", "two"):
        await archived.upload(name, recording_file)

    answer = await archived.analyse("all", audio_hash=archived.signal_hash)

    while len(storage.of("analysis-outputs")) < 3:
        await storage.asked(len(storage.batches) + 1)
        await storage.has(*storage.batches[-1].ids)
    by_source = {
        (each["result"]["parameters"]["source"], each["measurement_id"]): each["result"]["results"]
        for each in storage.of("analysis-outputs")
    }
    results = answer.json()["results"]
    mean = by_source["all", row_of(archived, "one")]
    assert (mean["rt"], mean["spatial"]) == (results["rt"], results["spatial"])
    assert [set(each) for each in mean["positions"]] == [
        {"uploads", "source_id", "receiver_id"}
    ] * 2
    for name, position in zip(("one", "two"), results["positions"], strict=True):
        single = by_source["sweep_deconvolution_generated", row_of(archived, name)]
        assert single == position["results"]


async def test_a_refusal_is_an_output_that_failed(
    archived: Laboratory, storage: StorageDouble
) -> None:
    await archived.upload("recording", b"a diary")

    answer = await archived.analyse()

    output = await output_in(storage)
    assert answer.status_code == 415
    assert output["status"] == "failed"
    assert output["result"]["error"]["code"] == answer.json()["code"]
    assert "results" not in output["result"]
    assert "numpy" in output["result"]["versions"]


async def test_an_analysis_that_is_repeated_is_the_same_output(
    archived: Laboratory, storage: StorageDouble, recording_file: bytes
) -> None:
    await archived.upload("recording", b"a diary")
    await archived.analyse()
    await output_in(storage)

    await archived.upload("recording", recording_file)
    await archived.analyse()

    assert (await output_in(storage, times=2))["status"] == "completed"


async def test_what_a_request_forgot_is_no_output(
    archived: Laboratory, storage: StorageDouble
) -> None:
    await archived.analyse()
    await archived.upload("recording", b"a diary")

    await storage.has(row_of(archived))

    assert storage.of("analysis-outputs") == []


async def test_with_storage_down_everything_works_and_is_told_afterwards(
    settings: Settings, storage: StorageDouble, recording_file: bytes
) -> None:
    await storage.stop()
    async with client_of(settings, Threads()) as client:
        laboratory = await laboratory_of(client, settings.measurement_data_dir)
        await laboratory.upload("recording", recording_file)
        answer = await laboratory.analyse()
        metrics = await client.get("/metrics")
    await storage.start()

    async with client_of(settings, Threads()):
        output = await output_in(storage)

    assert answer.status_code == 200
    assert "sonalyze_archive_backlog_rows" in metrics.text
    assert output["measurement_id"] == row_of(laboratory)
    resources = [batch.resource for batch in storage.batches]
    assert resources[0] == "measurements"


async def test_without_storage_there_is_no_outbox(make_settings: MakeSettings) -> None:
    settings = make_settings()

    async with client_of(settings, Threads()) as client:
        laboratory = await laboratory_of(client, settings.measurement_data_dir)
        await laboratory.upload("recording", b"a diary")

    assert not (settings.measurement_data_dir / "outbox.db").exists()


class Reluctant(Threads):
    """Reads headers only when it may, and fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__()
        self.failures = list(failures)
        self.may_read = asyncio.Event()

    async def run(self, work: str, *arguments: object, **options: Any) -> object:  # noqa: ANN401
        """Hold headers back."""
        if work == HEADER:
            await self.may_read.wait()
            if self.failures:
                raise self.failures.pop(0)
        return await super().run(work, *arguments, **options)


async def test_an_upload_does_not_wait_until_its_header_is_read(
    settings: Settings, storage: StorageDouble, recording_file: bytes
) -> None:
    engine = Reluctant()
    async with client_of(settings, engine) as client:
        laboratory = await laboratory_of(client, settings.measurement_data_dir)

        await laboratory.upload("recording", recording_file)
        await storage.shows(row_of(laboratory), sample_rate_hz=None)
        engine.may_read.set()

        await storage.shows(row_of(laboratory), sample_rate_hz=RATE_HZ)


async def test_a_header_that_is_read_too_late_is_not_taken_for_the_next_files(
    settings: Settings, storage: StorageDouble, recording_file: bytes
) -> None:
    engine = Reluctant()
    async with client_of(settings, engine) as client:
        laboratory = await laboratory_of(client, settings.measurement_data_dir)
        await laboratory.upload("recording", recording_file)
        await laboratory.upload("recording", b"a diary")

        engine.may_read.set()
        await laboratory.upload("other", recording_file)
        await storage.shows(row_of(laboratory, "other"), sample_rate_hz=RATE_HZ)

    row = storage.rows[row_of(laboratory)]
    assert (row["raw_bytes"], row["sample_rate_hz"]) == (7, None)


async def test_a_header_is_asked_for_again_while_there_is_no_room(
    settings: Settings,
    storage: StorageDouble,
    recording_file: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(descriptions, "PAUSE_S", 0.0)
    engine = Reluctant(QueueFull("busy"), QueueFull("busy"))
    engine.may_read.set()
    async with client_of(settings, engine) as client:
        laboratory = await laboratory_of(client, settings.measurement_data_dir)

        await laboratory.upload("recording", recording_file)

        await storage.shows(row_of(laboratory), sample_rate_hz=RATE_HZ)


async def test_a_file_that_kills_its_reader_has_no_header(
    settings: Settings, storage: StorageDouble, recording_file: bytes
) -> None:
    engine = Reluctant(WorkerDied("gone"))
    engine.may_read.set()
    async with client_of(settings, engine) as client:
        laboratory = await laboratory_of(client, settings.measurement_data_dir)

        await laboratory.upload("recording", recording_file)
        await laboratory.upload("other", recording_file)
        await storage.shows(row_of(laboratory, "other"), sample_rate_hz=RATE_HZ)

    assert storage.rows[row_of(laboratory)]["sample_rate_hz"] is None
