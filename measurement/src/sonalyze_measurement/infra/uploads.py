"""Uploads: put together on this machine, hashed on the way, and published when they are whole."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sonalyze_chassis.completion import to_its_end
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_measurement.domain.conditions import (
    MalformedUpload,
    TooManyUploads,
    UnknownUpload,
    UploadBusy,
    UploadExpired,
    UploadMissing,
)
from sonalyze_measurement.domain.files import StoredFile, upload_key, uploads_prefix
from sonalyze_measurement.domain.uploads import Piece, Upload, UploadProgress
from sonalyze_measurement.infra.checksums import Checksums, upload_at
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.infra.partials import PARTIAL, Partials
from sonalyze_measurement.infra.staging import Staging, batches
from sonalyze_measurement.infra.threads import in_thread
from sonalyze_measurement.ports import Archive, Files, JobStore


class Uploads:
    """Keeps the uploads of jobs in the store, and their beginnings on this machine."""

    def __init__(  # noqa: PLR0913, PLR0917  what an upload passes on its way
        self,
        files: Files,
        jobs: JobStore,
        staging: Staging,
        partials: Partials,
        locks: KeyedLocks,
        archive: Archive,
        *,
        most_uploads: int,
    ) -> None:
        self._files = files
        self._jobs = jobs
        self._staging = staging
        self._partials = partials
        self._locks = locks
        self._archive = archive
        self._checksums = Checksums(files)
        self._most_uploads = most_uploads

    async def receive(
        self, job_id: JobId, name: UploadName, chunks: AsyncIterator[bytes]
    ) -> Upload:
        """Stream to a staged file and publish it; whoever ends last replaces the others."""
        await self._require_room(job_id, name)
        async with self._staging.file() as staged:
            async for batch in batches(chunks):
                await in_thread(staged.write, batch)
            await in_thread(staged.finish)
            upload = Upload(name, staged.size_bytes, staged.sha256)
            await self._publish(job_id, upload, staged.path)
        return upload

    async def append(
        self, job_id: JobId, name: UploadName, piece: Piece, chunks: AsyncIterator[bytes]
    ) -> UploadProgress:
        """Append to the partial file; what arrived before an interruption stays."""
        await self._require_room(job_id, name)
        if self._locks.is_held((job_id, PARTIAL, name)):
            raise UploadBusy("Another request is adding to this upload")
        async with self._locks.holding((job_id, PARTIAL, name)):
            piece.require_fit(await asyncio.to_thread(self._partials.size_of, job_id, name))
            async for batch in batches(chunks):
                await in_thread(self._partials.append, job_id, name, batch)
            return await self._appended(job_id, name, piece)

    async def progress_of(self, job_id: JobId, name: UploadName) -> UploadProgress:
        """Look at the partial file first: it is what the client is sending now."""
        await self._jobs.require(job_id)
        arrived_bytes = await asyncio.to_thread(self._partials.size_of, job_id, name)
        if arrived_bytes:
            return UploadProgress(arrived_bytes)
        file = await self._files.head(upload_key(job_id, name))
        if file is None or not file.size_bytes:
            raise UnknownUpload(f"The job has no upload '{name}'")
        whole = await self._checksums.of(job_id, name, file)
        return UploadProgress(whole.size_bytes, whole)

    async def require(self, job_id: JobId, name: UploadName) -> None:
        """Look for an upload, and for what is left of one that was deleted."""
        await self._jobs.require(job_id)
        _require_there(name, await self._files.head(upload_key(job_id, name)))

    @asynccontextmanager
    async def lend(self, job_id: JobId, name: UploadName) -> AsyncIterator[Path]:
        """Lend a copy of an upload."""
        await self.require(job_id, name)
        async with self._files.lend(upload_key(job_id, name)) as path:
            # It may have been deleted since: then this is a copy of what is left of it.
            _require_kept(name, (await in_thread(path.stat)).st_size)
            yield path

    async def _require_room(self, job_id: JobId, name: UploadName) -> None:
        await self._jobs.require(job_id)
        names = await asyncio.to_thread(self._partials.names, job_id)
        async for file in self._files.under(uploads_prefix(job_id)):
            if file.size_bytes:
                names.add(UploadName(file.name))
        if name not in names and len(names) >= self._most_uploads:
            raise TooManyUploads(f"A job holds up to {self._most_uploads} uploads")

    async def _appended(self, job_id: JobId, name: UploadName, piece: Piece) -> UploadProgress:
        arrived_bytes = await asyncio.to_thread(self._partials.size_of, job_id, name)
        try:
            is_whole = piece.completes(arrived_bytes)
        except MalformedUpload:
            await asyncio.to_thread(self._partials.discard, job_id, name)
            raise
        if not is_whole:
            return UploadProgress(arrived_bytes)
        path = self._partials.path_of(job_id, name)
        whole = await asyncio.to_thread(upload_at, path, name)
        await self._publish(job_id, whole, path)
        await asyncio.to_thread(self._partials.discard, job_id, name)
        return UploadProgress(arrived_bytes, whole)

    @to_its_end
    async def _publish(self, job_id: JobId, upload: Upload, path: Path) -> None:
        async with (
            self._locks.holding((job_id, upload.name)),
            self._archive.arrival(job_id, upload),
        ):
            version = await self._files.publish(path, upload_key(job_id, upload.name))
            await self._checksums.remember(job_id, upload, version)


def _require_there(name: UploadName, file: StoredFile | None) -> None:
    if file is None:
        raise UploadMissing(f"The job has no upload '{name}'", upload=name)
    _require_kept(name, file.size_bytes)


def _require_kept(name: UploadName, size_bytes: int) -> None:
    if not size_bytes:
        raise UploadExpired(
            f"The upload '{name}' was deleted: raw recordings are kept for RAW_AUDIO_DAYS only",
            upload=name,
        )
