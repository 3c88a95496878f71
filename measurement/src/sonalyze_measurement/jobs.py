"""Jobs and the recordings uploaded to them."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

from sonalyze_contracts.identifiers import JobId
from sonalyze_contracts.jobs import JobRequest, JobView
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.conditions import EmptyUpload, UploadStalled, UploadTooLarge
from sonalyze_measurement.domain.names import job_id_of, upload_name_of
from sonalyze_measurement.domain.uploads import Piece, Upload, UploadProgress
from sonalyze_measurement.ports import JobStore, UploadStore


class Jobs:
    """Creates and shows jobs and takes their recordings.

    A job belongs to whoever knows its id, a random UUID.
    """

    def __init__(
        self, jobs: JobStore, uploads: UploadStore, *, most_bytes: int, idle_s: float
    ) -> None:
        self._jobs = jobs
        self._uploads = uploads
        self.most_bytes = most_bytes
        self._idle_s = idle_s

    async def create(self, request: JobRequest) -> JobId:
        """Create a job."""
        job_id = JobId(str(uuid4()))
        await self._jobs.create(job_id, request)
        return job_id

    async def get(self, job_id: str) -> JobView:
        """Show a job as it stands."""
        return await self._jobs.view(job_id_of(job_id))

    async def results(self, job_id: str, name: str) -> AnalysisResults:
        """Show the newest results of one upload."""
        return await self._jobs.results_of(job_id_of(job_id), upload_name_of(name))

    async def results_of_all(self, job_id: str) -> AnalysisResults:
        """Show the newest results of all recordings together."""
        return await self._jobs.results_of_all(job_id_of(job_id))

    async def require_uploadable(self, job_id: str, name: str) -> None:
        """Refuse a bad name or an unknown job before anything is read."""
        upload_name_of(name)
        await self._jobs.require(job_id_of(job_id))

    async def upload(self, job_id: str, name: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Take a whole recording, in place of an earlier one of the same name."""
        accepted = self._accepted(chunks, arrived_bytes=0)
        return await self._uploads.receive(job_id_of(job_id), upload_name_of(name), accepted)

    async def resume(
        self, job_id: str, name: str, piece: Piece, chunks: AsyncIterator[bytes]
    ) -> UploadProgress:
        """Take the next piece of a recording; what arrived of a broken one stays."""
        self._require_within(piece.length_bytes or 0)
        accepted = self._accepted(chunks, arrived_bytes=piece.offset_bytes)
        return await self._uploads.append(job_id_of(job_id), upload_name_of(name), piece, accepted)

    async def progress(self, job_id: str, name: str) -> UploadProgress:
        """Tell how much of a recording has arrived."""
        return await self._uploads.progress_of(job_id_of(job_id), upload_name_of(name))

    async def _accepted(
        self, chunks: AsyncIterator[bytes], arrived_bytes: int
    ) -> AsyncIterator[bytes]:
        """Pass the bytes on as long as they come, and no more than the limit."""
        while chunk := await self._next(chunks):
            arrived_bytes += len(chunk)
            self._require_within(arrived_bytes)
            yield chunk
        if not arrived_bytes:
            raise EmptyUpload("The file is empty")

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes:
        try:
            async with asyncio.timeout(self._idle_s):
                return await anext(chunks, b"")
        except TimeoutError:
            raise UploadStalled(f"Nothing arrived for {self._idle_s:g} s") from None

    def _require_within(self, size_bytes: int) -> None:
        if size_bytes > self.most_bytes:
            raise UploadTooLarge(
                f"A recording has up to {self.most_bytes >> 20} MiB", most_bytes=self.most_bytes
            )
