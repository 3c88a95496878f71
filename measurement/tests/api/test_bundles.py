"""Bundles as the service streams them."""

import asyncio
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import AsyncGenerator, MutableMapping
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from laboratory import RATE_HZ, Laboratory, audio_file, convolved, room_response

from sonalyze_acoustics import SignalSpec, sweep
from sonalyze_contracts.bundles import Manifest
from sonalyze_contracts.identifiers import JobId
from sonalyze_contracts.jobs import JobView, RoomMap
from sonalyze_measurement.api.bundle import BundleResponse
from sonalyze_measurement.bundles import Bundle
from sonalyze_measurement.domain.conditions import StoreUnavailable

RESPONSE = "impulse_response"


async def bundle_of(laboratory: Laboratory) -> zipfile.ZipFile:
    answer = await laboratory.client.get(f"/v1/jobs/{laboratory.job_id}/bundle")
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


def manifest_in(bundle: zipfile.ZipFile) -> Manifest:
    return Manifest.model_validate_json(bundle.read("manifest.json"))


def absent_in(bundle: zipfile.ZipFile) -> dict[str, str]:
    return {file.path: file.reason for file in manifest_in(bundle).absent}


async def test_a_bundle_holds_all_of_a_job_and_the_hash_of_each_file(
    laboratory: Laboratory, recording_file: bytes
) -> None:
    await laboratory.upload("recording", recording_file)
    results = (await laboratory.analyse()).json()["results"]

    bundle = await bundle_of(laboratory)

    manifest, stimulus = manifest_in(bundle), f"stimuli/{laboratory.signal_hash}.wav"
    assert bundle.namelist() == [
        "job.json",
        "results/recording.json",
        "responses/recording.wav",
        stimulus,
        "recordings/recording",
        "manifest.json",
    ]
    assert [file.path for file in manifest.files] == bundle.namelist()[:-1]
    for file in manifest.files:
        content = bundle.read(file.path)
        assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert hashlib.sha256(bundle.read(stimulus)).hexdigest() == laboratory.signal_hash
    assert bundle.read("recordings/recording") == recording_file
    stored = json.loads(bundle.read("results/recording.json"))
    stored.pop("provenance")
    assert stored == results
    assert json.loads(bundle.read("job.json"))["uploads"] == ["recording"]
    assert manifest.absent == []


async def test_each_analysis_is_listed_with_its_files_and_what_it_came_from(
    laboratory: Laboratory,
) -> None:
    played = sweep(SignalSpec(RATE_HZ))
    heard = convolved(played, room_response())
    await laboratory.upload("free", audio_file(heard / np.abs(heard).max() * 0.8))
    await laboratory.upload("played", audio_file(played * 0.9))
    await laboratory.analyse(
        "sweep_deconvolution", recording_upload="free", sweep_reference_upload="played", channel=0
    )

    (analysis,) = manifest_in(await bundle_of(laboratory)).analyses

    assert analysis.recordings == ["recordings/free", "recordings/played"]
    assert (analysis.response, analysis.stimulus) == ("responses/free.wav", None)
    assert analysis.provenance is not None
    assert analysis.provenance.request.channel == 0
    assert set(analysis.provenance.inputs) == {"free", "played"}


async def test_the_analysis_of_all_recordings_is_in_it_beside_those_of_each(
    laboratory: Laboratory, recording_file: bytes
) -> None:
    # An upload of that name has its results beside, and under another name.
    for name in ("all", "other"):
        await laboratory.upload(name, recording_file)
    answer = await laboratory.analyse("all", audio_hash=laboratory.signal_hash)

    bundle = await bundle_of(laboratory)

    manifest, stored = manifest_in(bundle), json.loads(bundle.read("results/all"))
    record = stored.pop("provenance")
    assert stored == answer.json()["results"]
    assert (
        json.loads(bundle.read("results/all.json"))["rt"] == stored["positions"][0]["results"]["rt"]
    )
    assert manifest.analysis_of_all is not None
    assert manifest.analysis_of_all.results == "results/all"
    assert manifest.analysis_of_all.recordings == ["recordings/all", "recordings/other"]
    assert manifest.analysis_of_all.provenance.model_dump(mode="json") == record
    assert [each.upload for each in manifest.analyses] == ["all", "other"]


async def test_a_job_whose_recordings_were_not_analysed_together_says_nothing_of_it(
    laboratory: Laboratory, recording_file: bytes
) -> None:
    await laboratory.upload("recording", recording_file)
    await laboratory.analyse()

    manifest = (await bundle_of(laboratory)).read("manifest.json")

    assert "analysis_of_all" not in json.loads(manifest)


async def test_a_bundle_is_a_download_that_nobody_keeps(laboratory: Laboratory) -> None:
    answer = await laboratory.client.get(f"/v1/jobs/{laboratory.job_id}/bundle")

    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="sonalyze-{laboratory.job_id}.zip"'
    )
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_job_without_analyses_has_a_bundle(laboratory: Laboratory) -> None:
    await laboratory.upload("recording", b"not even audio")

    manifest = manifest_in(await bundle_of(laboratory))

    assert [file.path for file in manifest.files] == ["job.json", "recordings/recording"]
    assert manifest.analyses == []


@pytest.mark.parametrize("job", ["00000000-0000-4000-8000-000000000000", "..", "none"])
async def test_an_unknown_job_has_none(client: httpx2.AsyncClient, job: str) -> None:
    answer = await client.get(f"/v1/jobs/{job}/bundle")

    assert answer.status_code == 404


async def test_a_deleted_recording_is_listed_as_absent_and_the_rest_stays(
    laboratory: Laboratory, recording_file: bytes
) -> None:
    await laboratory.upload("recording", recording_file)
    await laboratory.analyse()
    (laboratory.folder / "uploads/recording").write_bytes(b"")

    bundle = await bundle_of(laboratory)

    assert "deleted" in absent_in(bundle)["recordings/recording"]
    assert "responses/recording.wav" in bundle.namelist()
    assert len(manifest_in(bundle).analyses) == 1


async def test_results_older_than_the_record_of_what_they_came_from_are_bundled(
    laboratory: Laboratory, recording_file: bytes
) -> None:
    await laboratory.upload("recording", recording_file)
    results = (await laboratory.analyse()).json()["results"]
    older = json.dumps(results).encode()
    (laboratory.folder / "results/by_upload/recording.json").write_bytes(older)
    (laboratory.folder / "responses/recording.wav").unlink()

    bundle = await bundle_of(laboratory)

    (analysis,) = manifest_in(bundle).analyses
    assert (analysis.provenance, analysis.response) == (None, None)
    assert bundle.read("results/recording.json") == older
    assert "not kept" in absent_in(bundle)["responses/recording.wav"]


async def test_a_signal_that_was_forgotten_is_made_again(
    laboratory: Laboratory, recording_file: bytes, data_dir: Path
) -> None:
    await laboratory.upload("recording", recording_file)
    await laboratory.analyse()
    forget(data_dir)

    bundle = await bundle_of(laboratory)

    content = bundle.read(f"stimuli/{laboratory.signal_hash}.wav")
    assert hashlib.sha256(content).hexdigest() == laboratory.signal_hash


async def test_a_signal_that_nobody_knows_is_listed_as_absent(
    laboratory: Laboratory, recording_file: bytes, data_dir: Path
) -> None:
    await laboratory.upload("recording", recording_file)
    await laboratory.analyse()
    shutil.rmtree(data_dir / "references")

    bundle = await bundle_of(laboratory)

    (analysis,) = manifest_in(bundle).analyses
    assert analysis.stimulus is None
    assert f"stimuli/{laboratory.signal_hash}" in absent_in(bundle)


def forget(data_dir: Path) -> None:
    """Leave of all signals the metadata."""
    for path in [
        *data_dir.glob("references/*/*/*.wav"),
        *data_dir.glob("references/by_parameters/*"),
    ]:
        path.unlink()


async def test_responses_of_other_analyses_of_an_upload_do_not_stay(laboratory: Laboratory) -> None:
    stereo = np.stack([room_response() * 0.9, np.roll(room_response(), 7) * 0.5], axis=1)
    await laboratory.upload(RESPONSE, audio_file(stereo))
    for channel in (0, 1):
        await laboratory.analyse(RESPONSE, channel=channel)

    bundle = await bundle_of(laboratory)

    (analysis,) = manifest_in(bundle).analyses
    kept = hashlib.sha256(bundle.read("responses/impulse_response.wav")).hexdigest()
    assert analysis.provenance is not None
    assert analysis.provenance.response_sha256 == kept
    assert analysis.provenance.request.channel == 1


class BreakingOff(Bundle):
    """A bundle whose store goes away in the middle."""

    def __init__(self) -> None:
        self.job = JobView(job_id=JobId("a-job"), map=RoomMap(), meta={}, uploads=[])

    async def pieces(self) -> AsyncGenerator[bytes]:
        yield b"PK"
        raise StoreUnavailable("Files cannot be reached at the moment; try again")


async def test_a_bundle_that_cannot_be_completed_has_no_end() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return await asyncio.Future[MutableMapping[str, Any]]()

    await BundleResponse(BreakingOff())({"type": "http"}, receive, send)

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[-1]["more_body"] is True
