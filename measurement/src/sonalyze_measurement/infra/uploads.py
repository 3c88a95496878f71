"""Uploads as files: streamed to the side, hashed on the way, and renamed when they are whole."""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import orjson

from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_measurement.domain.conditions import (
    MalformedUpload,
    TooManyUploads,
    UnknownUpload,
    UploadBusy,
    UploadMissing,
)
from sonalyze_measurement.domain.uploads import Piece, Upload, UploadProgress
from sonalyze_measurement.infra.folders import CHECKSUMS, PARTIAL, UPLOADS, JobFolders
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.infra.staging import Staging, batches

PARTIAL_KEPT_S = 24 * 3600
"""How long a client may pause between two pieces, at least."""


class UploadFiles:
    """Keeps the uploads of jobs in their folders."""

    def __init__(self, folders: JobFolders, staging: Staging, most_uploads: int) -> None:
        self._folders = folders
        self._staging = staging
        self._most_uploads = most_uploads
        self._locks = KeyedLocks()

    async def receive(
        self, job_id: JobId, name: UploadName, chunks: AsyncIterator[bytes]
    ) -> Upload:
        """Stream to a staged file and publish it; whoever ends last replaces the others."""
        folder = await asyncio.to_thread(self._folder_with_room, job_id, name)
        async with self._staging.file() as staged:
            async for batch in batches(chunks):
                await asyncio.to_thread(staged.write, batch)
            upload = Upload(name, staged.size_bytes, staged.sha256)
            async with self._locks.holding((job_id, name)):
                await asyncio.to_thread(staged.publish, folder / UPLOADS / name)
                await asyncio.to_thread(self._remember, folder, upload)
        return upload

    async def append(
        self, job_id: JobId, name: UploadName, piece: Piece, chunks: AsyncIterator[bytes]
    ) -> UploadProgress:
        """Append to the partial file; what arrived before an interruption stays."""
        folder = await asyncio.to_thread(self._folder_with_room, job_id, name)
        partial = folder / PARTIAL / name
        if self._locks.is_held((job_id, PARTIAL, name)):
            raise UploadBusy("Another request is adding to this upload")
        async with self._locks.holding((job_id, PARTIAL, name)):
            piece.require_fit(await asyncio.to_thread(_size_of, partial))
            async for batch in batches(chunks):
                await asyncio.to_thread(_append, partial, batch)
            arrived_bytes = await asyncio.to_thread(_size_of, partial)
            try:
                is_whole = piece.completes(arrived_bytes)
            except MalformedUpload:
                await asyncio.to_thread(partial.unlink, missing_ok=True)
                raise
            if not is_whole:
                return UploadProgress(arrived_bytes)
            async with self._locks.holding((job_id, name)):
                whole = await asyncio.to_thread(self._publish_partial, folder, name)
            return UploadProgress(arrived_bytes, whole)

    async def progress_of(self, job_id: JobId, name: UploadName) -> UploadProgress:
        """Look at the partial file first: it is what the client is sending now."""
        return await asyncio.to_thread(self._progress, job_id, name)

    async def path_of(self, job_id: JobId, name: UploadName) -> Path:
        """Give the file of an upload."""
        folder = await asyncio.to_thread(self._folders.folder_of, job_id)
        path = folder / UPLOADS / name
        if not await asyncio.to_thread(path.is_file):
            raise UploadMissing(f"The job has no upload '{name}'", upload=name)
        return path

    def _folder_with_room(self, job_id: JobId, name: UploadName) -> Path:
        folder = self._folders.folder_of(job_id)
        names = {path.name for part in (UPLOADS, PARTIAL) for path in (folder / part).iterdir()}
        if name not in names and len(names) >= self._most_uploads:
            raise TooManyUploads(f"A job holds up to {self._most_uploads} uploads")
        return folder

    def _remember(self, folder: Path, upload: Upload) -> None:
        modified_ns = (folder / UPLOADS / upload.name).stat().st_mtime_ns
        record = {"sha256": upload.sha256, "bytes": upload.size_bytes, "modified_ns": modified_ns}
        self._staging.write(folder / CHECKSUMS / f"{upload.name}.json", orjson.dumps(record))

    def _publish_partial(self, folder: Path, name: UploadName) -> Upload:
        partial = folder / PARTIAL / name
        upload = _hashed(partial, name)
        partial.replace(folder / UPLOADS / name)
        self._remember(folder, upload)
        return upload

    def _progress(self, job_id: JobId, name: UploadName) -> UploadProgress:
        folder = self._folders.folder_of(job_id)
        arrived_bytes = _size_of(folder / PARTIAL / name)
        if arrived_bytes:
            return UploadProgress(arrived_bytes)
        path = folder / UPLOADS / name
        if not path.is_file():
            raise UnknownUpload(f"The job has no upload '{name}'")
        whole = _remembered(folder, name) or _hashed(path, name)
        return UploadProgress(whole.size_bytes, whole)


def forget_old_partials(data_dir: Path) -> None:
    """Remove what clients began to send and have not gone on with for a day."""
    oldest = time.time() - PARTIAL_KEPT_S
    for path in data_dir.glob(f"*/{PARTIAL}/*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def _remembered(folder: Path, name: UploadName) -> Upload | None:
    """Trust the record only if it is of this very file: a crash may lie between the two."""
    record_path, path = folder / CHECKSUMS / f"{name}.json", folder / UPLOADS / name
    if not record_path.is_file():
        return None
    record, found = orjson.loads(record_path.read_bytes()), path.stat()
    if (record["bytes"], record["modified_ns"]) != (found.st_size, found.st_mtime_ns):
        return None
    return Upload(name, record["bytes"], record["sha256"])


def _hashed(path: Path, name: UploadName) -> Upload:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        digest = hashlib.file_digest(file, "sha256")
        return Upload(name, file.tell(), digest.hexdigest())


def _size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _append(path: Path, batch: bytearray) -> None:
    with path.open("ab") as file:
        file.write(batch)
