"""Folders that versions before the object store have left."""

import hashlib
import json
from pathlib import Path

import httpx2
import pytest
from laboratory import RT_S, Laboratory

JOB = "0c3c6a52-3d4e-4f5f-8a77-9a7f1b6d2e11"


@pytest.fixture
def job_folder(data_dir: Path, recording_file: bytes) -> Path:
    """Leave a job with a recording, its checksum and an upload that has begun."""
    folder = data_dir / JOB
    for part in ("uploads", "partial", "checksums", "results/by_upload"):
        (folder / part).mkdir(parents=True)
    (folder / "map.json").write_text('{"room": null, "furniture": []}')
    (folder / "job_meta.json").write_text('{"owner": "me"}')
    (folder / "uploads/recording").write_bytes(recording_file)
    modified_ns = (folder / "uploads/recording").stat().st_mtime_ns
    record = {"sha256": "0" * 64, "bytes": len(recording_file), "modified_ns": modified_ns}
    (folder / "checksums/recording.json").write_text(json.dumps(record))
    (folder / "partial/begun").write_bytes(b"12345")
    return folder


async def test_a_job_of_an_earlier_version_is_shown_and_analysed(
    laboratory: Laboratory, job_folder: Path
) -> None:
    earlier = Laboratory(laboratory.client, JOB, job_folder, laboratory.signal_hash)

    answer = await earlier.analyse()

    job = await earlier.job()
    assert answer.json()["results"]["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)
    assert job["meta"] == {"owner": "me"}
    assert job["uploads"] == job["analysed"] == ["recording"]


@pytest.mark.usefixtures("job_folder")
async def test_a_checksum_of_an_earlier_version_is_made_again(
    client: httpx2.AsyncClient, recording_file: bytes
) -> None:
    answer = await client.head(f"/v1/jobs/{JOB}/uploads/recording")

    assert answer.headers["X-Upload-SHA256"] == hashlib.sha256(recording_file).hexdigest()


@pytest.mark.usefixtures("job_folder")
async def test_an_upload_that_began_in_an_earlier_version_goes_on(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.patch(
        f"/v1/jobs/{JOB}/uploads/begun",
        content=b"6",
        headers={"Upload-Offset": "5", "Upload-Complete": "?1"},
    )

    assert answer.headers["X-Upload-SHA256"] == hashlib.sha256(b"123456").hexdigest()
