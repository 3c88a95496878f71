"""What the SHA-256 of an upload is, without reading it again."""

import asyncio
import hashlib
from pathlib import Path

import orjson

from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_measurement.domain.conditions import NotStored
from sonalyze_measurement.domain.files import StoredFile, checksum_key
from sonalyze_measurement.domain.uploads import Upload
from sonalyze_measurement.ports import Files


class Checksums:
    """Keeps a record beside each upload."""

    def __init__(self, files: Files) -> None:
        self._files = files

    async def remember(self, job_id: JobId, upload: Upload, version: str) -> None:
        """Keep what was found while an upload came."""
        record = {"sha256": upload.sha256, "bytes": upload.size_bytes, "version": version}
        await self._files.put(checksum_key(job_id, upload.name), orjson.dumps(record))

    async def of(self, job_id: JobId, name: UploadName, file: StoredFile) -> Upload:
        """Trust the record only if it is of this very version: a crash may lie between the two."""
        return await self._remembered(job_id, name, file) or await self._read(name, file)

    async def _remembered(self, job_id: JobId, name: UploadName, file: StoredFile) -> Upload | None:
        try:
            record = orjson.loads(await self._files.read(checksum_key(job_id, name)))
        except NotStored:
            return None
        if (record["bytes"], record.get("version")) != (file.size_bytes, file.version):
            return None
        return Upload(name, record["bytes"], record["sha256"])

    async def _read(self, name: UploadName, file: StoredFile) -> Upload:
        digest, size_bytes = hashlib.sha256(), 0
        async for piece in self._files.stream(file.key):
            await asyncio.to_thread(digest.update, piece)
            size_bytes += len(piece)
        return Upload(name, size_bytes, digest.hexdigest())


def upload_at(path: Path, name: UploadName) -> Upload:
    """Read a whole file; to be called in a thread."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return Upload(name, file.tell(), digest.hexdigest())
