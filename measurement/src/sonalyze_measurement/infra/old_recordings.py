"""Recordings that have been kept long enough.

What is deleted leaves an empty file, so that a job still knows that it had the recording. The
store itself compares the version while it puts the empty file there: an upload that replaces the
recording at that moment stays, whichever replica took it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
import structlog

from sonalyze_chassis.completion import to_its_end
from sonalyze_contracts.analysis_requests import AnalysisSource
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.provenance import KEPT_AS, Provenance
from sonalyze_measurement.domain.conditions import NotStored
from sonalyze_measurement.domain.files import (
    StoredFile,
    checksum_key,
    recorded_as,
    results_key,
    upload_key,
    uploaded_as,
)
from sonalyze_measurement.infra.checksums import Checksums
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.infra.partials import Partials
from sonalyze_measurement.ports import Files

log = structlog.get_logger(__name__)

Tell = Callable[[JobId, UploadName], Awaitable[None]]
"""Remembers that a recording is gone; may be told twice."""


class StoredRecordings:
    """Finds and deletes recordings."""

    def __init__(self, files: Files, partials: Partials, locks: KeyedLocks, tell: Tell) -> None:
        self._files = files
        self._partials = partials
        self._locks = locks
        self._tell = tell
        self._checksums = Checksums(files)

    async def forget_beginnings(self) -> None:
        """Delete what clients began to send a day ago or earlier."""
        await asyncio.to_thread(self._partials.forget_old)

    async def older_than(self, before: datetime) -> AsyncIterator[tuple[JobId, UploadName]]:
        """Go through everything; a record left without its recording is an unfinished deletion."""
        async for file in self._files.under(""):
            if file.modified_at >= before:
                continue
            recording = uploaded_as(file.key) if file.size_bytes else None
            recording = recording or recorded_as(file.key)
            if recording is not None:
                yield recording

    @to_its_end
    async def delete(self, job_id: JobId, name: UploadName, before: datetime) -> bool:
        """Empty the file, tell of it, and forget the record last: what is cut off is done again."""
        async with self._locks.holding((job_id, name)):
            file = await self._files.head(upload_key(job_id, name))
            if file is None or not await self._is_emptied(job_id, name, file, before):
                return False
            await self._tell(job_id, name)
            await self._files.delete(checksum_key(job_id, name))
            log.info("retention.deleted", job_id=job_id, upload=name)
            return True

    async def _is_emptied(
        self, job_id: JobId, name: UploadName, file: StoredFile, before: datetime
    ) -> bool:
        if not file.size_bytes:
            return await self._files.head(checksum_key(job_id, name)) is not None
        if file.modified_at >= before or await self._is_response(job_id, name, file):
            return False
        return await self._files.replace(file, b"")

    async def _is_response(self, job_id: JobId, name: UploadName, file: StoredFile) -> bool:
        """Say whether the newest analysis took this very file for an impulse response."""
        try:
            results = orjson.loads(await self._files.read(results_key(job_id, name)))
        except NotStored:
            return False
        if KEPT_AS not in results:
            return _may_be_of_response(results)
        provenance = Provenance.model_validate(results[KEPT_AS])
        if provenance.request.source is not AnalysisSource.IMPULSE_RESPONSE:
            return False
        upload = await self._checksums.of(job_id, name, file)
        return provenance.inputs.get(name) == upload.sha256


def _may_be_of_response(results: dict[str, Any]) -> bool:
    """Judge results that do not say what they came from: only a generated signal is aligned."""
    return results.get("alignment") is None
