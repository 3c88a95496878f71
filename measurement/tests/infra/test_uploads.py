"""Uploads between two glances at the store."""

from pathlib import Path

import pytest

from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.jobs import JobRequest
from sonalyze_measurement.domain.conditions import UploadExpired
from sonalyze_measurement.domain.files import StoredFile, upload_key
from sonalyze_measurement.infra.archive import NothingArchived
from sonalyze_measurement.infra.documents import JobDocuments
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.infra.objects import ObjectFiles
from sonalyze_measurement.infra.partials import Partials
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.uploads import Uploads

JOB = JobId("6f1b6c6e-8f7c-4c59-9d53-5d0f3f9a1a11")
RECORDING = UploadName("recording")


class SweptMeanwhile(ObjectFiles):
    """A store in which a recording is emptied as soon as somebody has looked at it."""

    def __init__(self, files: ObjectFiles) -> None:
        vars(self).update(vars(files))
        self._files = files

    async def head(self, key: str) -> StoredFile | None:
        found = await self._files.head(key)
        if key == upload_key(JOB, RECORDING):
            await self._files.put(key, b"")
        return found


async def test_a_recording_deleted_while_it_is_asked_for_is_lent_to_nobody(
    files: ObjectFiles, staging: Staging, tmp_path: Path
) -> None:
    jobs = JobDocuments(files)
    await jobs.create(JOB, JobRequest.model_validate({"map": {}}))
    await files.put(upload_key(JOB, RECORDING), b"RIFF")
    uploads = Uploads(
        SweptMeanwhile(files),
        jobs,
        staging,
        Partials(tmp_path),
        KeyedLocks(),
        NothingArchived(),
        most_uploads=1,
    )

    with pytest.raises(UploadExpired):
        async with uploads.lend(JOB, RECORDING):
            pass
