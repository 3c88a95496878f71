"""Bundles through the gateway: downloaded by the SDK, computed again by the command line's part."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import numpy as np
import pytest
from laboratory import RATE_HZ, audio_file, convolved, room_recording, room_response
from live_backend import LiveBackend

from sonalyze.bundle_verdicts import examine
from sonalyze.client import Client
from sonalyze.measurements import Measurements
from sonalyze.recomputation import Verdict
from sonalyze_acoustics import SignalSpec, sweep
from sonalyze_contracts.analysis_requests import (
    AnalysisRequest,
    AnalysisSource,
    BackgroundLevels,
    RecordedPair,
)
from sonalyze_contracts.errors import NotFound
from sonalyze_contracts.identifiers import AudioHash, JobId, SlotId, UploadName
from sonalyze_contracts.jobs import RoomMap


@pytest.fixture
async def measurements(backend: LiveBackend) -> AsyncIterator[Measurements]:
    async with Client(backend.url) as client:
        yield client.measurements


async def upload(measurements: Measurements, job_id: JobId, name: str, content: bytes) -> None:
    await measurements.upload_to_job(job_id, UploadName(name), content)


async def analysed_from_three_sources(measurements: Measurements) -> JobId:
    """Make a job in which one analysis was made of each kind."""
    job_id = await measurements.create_job(RoomMap())
    signal = await measurements.fetch_signal(f"/v1/measurement/audio?sample_rate={RATE_HZ}")
    played = sweep(SignalSpec(RATE_HZ))
    heard = convolved(played, room_response())
    await upload(measurements, job_id, "recording", audio_file(room_recording()))
    await upload(measurements, job_id, "free", audio_file(heard / np.abs(heard).max() * 0.8))
    await upload(measurements, job_id, "sweep_reference", audio_file(played * 0.9))
    await upload(measurements, job_id, "impulse_response", audio_file(room_response() * 0.9))
    generated = AnalysisSource.SWEEP_DECONVOLUTION_GENERATED
    for request in (
        AnalysisRequest(source=generated, audio_hash=AudioHash(signal.audio_hash)),
        AnalysisRequest(
            source=AnalysisSource.SWEEP_DECONVOLUTION, recording_upload=UploadName("free")
        ),
        AnalysisRequest(source=AnalysisSource.IMPULSE_RESPONSE, channel=0),
    ):
        await measurements.analyze(job_id, request)
    return job_id


async def test_every_result_comes_out_the_same_from_the_bundle(
    measurements: Measurements, tmp_path: Path
) -> None:
    job_id, path = await analysed_from_three_sources(measurements), tmp_path / "bundle.zip"

    await measurements.bundle(job_id, path)

    found = examine(path)
    assert found.holds, found.model_dump_json(indent=2)
    assert found.job_id == job_id
    assert [each.upload for each in found.analyses] == ["free", "impulse_response", "recording"]
    assert {each.verdict for each in found.analyses} == {Verdict.SAME}
    assert found.absent == []
    assert found.files == 12


async def test_the_mean_of_all_recordings_comes_out_the_same_from_the_bundle(
    measurements: Measurements, tmp_path: Path
) -> None:
    job_id, path = await measurements.create_job(RoomMap()), tmp_path / "bundle.zip"
    signal = await measurements.fetch_signal(f"/v1/measurement/audio?sample_rate={RATE_HZ}")
    for name, factor in (("near", 1.0), ("again", 0.5), ("far", 0.01), ("silent", 0.0)):
        await upload(measurements, job_id, name, audio_file(room_recording() * factor))
    await upload(measurements, job_id, "notes", b"a diary")
    pairs = {"door": ["near", "again", "silent"], "window": ["far"]}
    receipt = await measurements.analyze(
        job_id,
        AnalysisRequest(
            source=AnalysisSource.ALL,
            audio_hash=signal.audio_hash,
            third_octaves=True,
            background=BackgroundLevels(speech_db=[60.0] * 7, noise_db=[45.0] * 7),
            pairs=[
                RecordedPair(
                    source_id=SlotId("table"),
                    receiver_id=SlotId(receiver),
                    uploads=[UploadName(name) for name in names],
                )
                for receiver, names in pairs.items()
            ],
        ),
    )

    await measurements.bundle(job_id, path)

    found = examine(path)
    assert await measurements.results_of_all(job_id) == receipt
    assert receipt.results.spatial is not None
    assert receipt.results.spatial.grade == "survey"
    assert len(receipt.results.spatial.third_octaves) == 24
    assert not receipt.results.sti.is_level_independent
    assert found.holds, found.model_dump_json(indent=2)
    assert [each.upload for each in found.analyses] == ["again", "far", "near", "all recordings"]


async def test_the_gateway_passes_a_bundle_on_as_it_is(
    measurements: Measurements, http: httpx2.AsyncClient, backend: LiveBackend
) -> None:
    job_id = await measurements.create_job(RoomMap())

    answer = await http.get(f"{backend.url}/v1/jobs/{job_id}/bundle")

    assert answer.headers["Content-Type"] == "application/zip"
    assert f"sonalyze-{job_id}.zip" in answer.headers["Content-Disposition"]
    assert answer.content.startswith(b"PK")


async def test_an_unknown_job_has_no_bundle(measurements: Measurements, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await measurements.bundle(JobId("00000000-0000-4000-8000-000000000000"), tmp_path / "b")


async def test_a_bundle_that_breaks_off_breaks_off_for_the_client(
    measurements: Measurements, http: httpx2.AsyncClient, backend: LiveBackend
) -> None:
    job_id = await measurements.create_job(RoomMap())
    await upload(measurements, job_id, "recording", audio_file(room_response()))
    folder = Path(backend.environment["MEASUREMENT_DATA_DIR"], job_id)
    spoiled = folder / "results" / "by_upload" / "recording.json"
    spoil(spoiled)

    with pytest.raises(httpx2.RemoteProtocolError, match="incomplete"):
        await http.get(f"{backend.url}/v1/jobs/{job_id}/bundle")


def spoil(results: Path) -> None:
    """Write results that nobody can read."""
    results.parent.mkdir(parents=True)
    results.write_bytes(b'{"provenance": "nonsense"}')
