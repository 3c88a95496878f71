import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from sonalyze_contracts.analysis_requests import AnalysisRequest, AnalysisSource
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.provenance import Provenance, Versions
from sonalyze_measurement.domain.conditions import StoreUnavailable
from sonalyze_measurement.domain.files import StoredFile, checksum_key, results_key, upload_key
from sonalyze_measurement.domain.uploads import Upload
from sonalyze_measurement.infra.checksums import Checksums
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.infra.objects import ObjectFiles
from sonalyze_measurement.infra.old_recordings import StoredRecordings
from sonalyze_measurement.infra.partials import Partials
from sonalyze_measurement.retention import Retention

JOB = JobId("6f1b6c6e-8f7c-4c59-9d53-5d0f3f9a1a11")
RECORDING = UploadName("recording")
CONTENT = b"what was said in the room"


class Later:
    """A clock that is some days ahead."""

    def __init__(self, days: float) -> None:
        self.ahead = timedelta(days=days)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def pause(self, duration_s: float) -> None:
        raise NotImplementedError(duration_s)


class Archive:
    """Remembers which recordings it was told of, and may refuse to listen."""

    def __init__(self) -> None:
        self.told: list[tuple[JobId, UploadName]] = []
        self.is_away = False

    async def tell(self, job_id: JobId, name: UploadName) -> None:
        if self.is_away:
            raise StoreUnavailable("away")
        self.told.append((job_id, name))


class Overtaken(ObjectFiles):
    """A store in which another replica replaces a file right before this one does."""

    def __init__(self, files: ObjectFiles) -> None:
        vars(self).update(vars(files))
        self._files = files

    async def replace(self, known: StoredFile, content: bytes) -> bool:
        await self._files.put(known.key, b"a second take")
        return await self._files.replace(known, content)


@pytest.fixture
def archive() -> Archive:
    return Archive()


def retention(
    files: ObjectFiles, folder: Path, archive: Archive, *, days_later: float
) -> Retention:
    """Keep recordings for a week, and look some days later."""
    recordings = StoredRecordings(files, Partials(folder), KeyedLocks(), archive.tell)
    return Retention(recordings, Later(days_later), kept_days=7)


async def upload(
    files: ObjectFiles, name: UploadName = RECORDING, content: bytes = CONTENT
) -> None:
    """Leave what an upload leaves."""
    await files.put(upload_key(JOB, name), content)
    file = await files.head(upload_key(JOB, name))
    assert file is not None
    found = Upload(name, len(content), hashlib.sha256(content).hexdigest())
    await Checksums(files).remember(JOB, found, file.version)


async def analyse(files: ObjectFiles, name: UploadName, source: AnalysisSource) -> None:
    """Leave what an analysis of the upload leaves, as far as retention reads it."""
    sha256 = hashlib.sha256(await files.read(upload_key(JOB, name))).hexdigest()
    request = AnalysisRequest(
        source=source,
        recording_upload=name,
        impulse_response_upload=name,
        audio_hash="0" * 64,
    )
    versions = Versions(**dict.fromkeys(Versions.model_fields, "1"))
    provenance = Provenance(request=request, inputs={name: sha256}, versions=versions)
    results = {"provenance": provenance.model_dump(mode="json")}
    await files.put(results_key(JOB, name), orjson.dumps(results))


async def sizes(files: ObjectFiles) -> dict[str, int]:
    return {file.key: file.size_bytes async for file in files.under("")}


async def test_a_recording_goes_when_it_is_older_than_it_may_be(
    files: ObjectFiles, tmp_path: Path, archive: Archive
) -> None:
    await upload(files)

    early = await retention(files, tmp_path, archive, days_later=6.9).sweep()
    late = await retention(files, tmp_path, archive, days_later=7.1).sweep()

    assert (early, late) == (0, 1)
    assert await sizes(files) == {upload_key(JOB, RECORDING): 0}
    assert archive.told == [(JOB, RECORDING)]


async def test_a_second_sweep_finds_nothing_to_do(
    files: ObjectFiles, tmp_path: Path, archive: Archive
) -> None:
    await upload(files)
    await retention(files, tmp_path, archive, days_later=8).sweep()

    again = await retention(files, tmp_path, archive, days_later=80).sweep()

    assert again == 0
    assert len(archive.told) == 1


async def test_only_raw_recordings_go(files: ObjectFiles, tmp_path: Path, archive: Archive) -> None:
    kept = (
        *(f"{JOB}/map.json", f"{JOB}/job_meta.json", f"{JOB}/responses/recording.wav"),
        *(f"{JOB}/results/analysis.json", "references/01234567/0123/full_signal.wav"),
    )
    for key in kept:
        await files.put(key, b"kept")
    await upload(files)

    await retention(files, tmp_path, archive, days_later=80).sweep()

    assert [key for key, size in (await sizes(files)).items() if not size] == [
        upload_key(JOB, RECORDING)
    ]
    assert all([await files.read(key) == b"kept" for key in kept])


async def test_what_was_analysed_as_an_impulse_response_stays(
    files: ObjectFiles, tmp_path: Path, archive: Archive
) -> None:
    await upload(files, UploadName("response"), b"a response")
    await upload(files)
    await analyse(files, UploadName("response"), AnalysisSource.IMPULSE_RESPONSE)
    await analyse(files, RECORDING, AnalysisSource.SWEEP_DECONVOLUTION_GENERATED)

    deleted = await retention(files, tmp_path, archive, days_later=8).sweep()

    assert deleted == 1
    assert await files.read(upload_key(JOB, UploadName("response"))) == b"a response"


async def test_what_took_the_place_of_an_impulse_response_is_no_response(
    files: ObjectFiles, tmp_path: Path, archive: Archive
) -> None:
    await upload(files)
    await analyse(files, RECORDING, AnalysisSource.IMPULSE_RESPONSE)
    await upload(files, content=b"somebody talking")

    deleted = await retention(files, tmp_path, archive, days_later=8).sweep()

    assert deleted == 1


@pytest.mark.parametrize(("alignment", "deleted"), [({"success": True}, 1), (None, 0)])
async def test_results_without_provenance_count_as_a_response_unless_a_signal_was_aligned(
    files: ObjectFiles,
    tmp_path: Path,
    archive: Archive,
    alignment: dict[str, bool] | None,
    deleted: int,
) -> None:
    await upload(files)
    await files.put(results_key(JOB, RECORDING), orjson.dumps({"alignment": alignment}))

    assert await retention(files, tmp_path, archive, days_later=8).sweep() == deleted


async def test_a_recording_without_a_record_goes_too(
    files: ObjectFiles, tmp_path: Path, archive: Archive
) -> None:
    await files.put(upload_key(JOB, RECORDING), CONTENT)

    assert await retention(files, tmp_path, archive, days_later=8).sweep() == 1
    assert archive.told == [(JOB, RECORDING)]


async def test_a_deletion_that_was_cut_off_is_brought_to_its_end(
    files: ObjectFiles, tmp_path: Path, archive: Archive
) -> None:
    await upload(files)
    archive.is_away = True
    with pytest.raises(StoreUnavailable):
        await retention(files, tmp_path, archive, days_later=8).sweep()
    archive.is_away = False

    again = await retention(files, tmp_path, archive, days_later=8).sweep()

    assert again == 1
    assert archive.told == [(JOB, RECORDING)]
    assert await files.head(checksum_key(JOB, RECORDING)) is None


async def test_an_upload_that_takes_its_place_meanwhile_stays(
    files: ObjectFiles, tmp_path: Path, archive: Archive
) -> None:
    await files.put(upload_key(JOB, RECORDING), CONTENT)

    deleted = await retention(Overtaken(files), tmp_path, archive, days_later=8).sweep()

    assert deleted == 0
    assert await files.read(upload_key(JOB, RECORDING)) == b"a second take"
    assert archive.told == []


async def test_two_who_delete_it_at_once_tell_of_it_once(
    files: ObjectFiles, tmp_path: Path, archive: Archive
) -> None:
    await upload(files)
    recordings = StoredRecordings(files, Partials(tmp_path), KeyedLocks(), archive.tell)
    before = datetime.now(UTC) + timedelta(days=1)

    deleted = await asyncio.gather(*(recordings.delete(JOB, RECORDING, before) for _ in range(2)))

    assert sorted(deleted) == [False, True]
    assert archive.told == [(JOB, RECORDING)]
