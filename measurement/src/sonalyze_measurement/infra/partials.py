"""What has come of uploads in pieces: on the disk of the process that takes them."""

import time
from pathlib import Path

from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_measurement.infra.staging import room_on_the_disk

PARTIAL = "partial"

KEPT_S = 24 * 3600
"""How long a client may pause between two pieces, at least."""


class Partials:
    """Keeps the beginnings of uploads; everything is to be called in a thread."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def path_of(self, job_id: JobId, name: UploadName) -> Path:
        """Name the file of what has come."""
        return self._data_dir / job_id / PARTIAL / name

    def names(self, job_id: JobId) -> set[UploadName]:
        """Name what has begun."""
        folder = self._data_dir / job_id / PARTIAL
        return {UploadName(path.name) for path in folder.iterdir()} if folder.is_dir() else set()

    def size_of(self, job_id: JobId, name: UploadName) -> int:
        """Tell how many bytes have come."""
        path = self.path_of(job_id, name)
        return path.stat().st_size if path.exists() else 0

    def append(self, job_id: JobId, name: UploadName, batch: bytearray) -> None:
        """Add what comes."""
        path = self.path_of(job_id, name)
        with room_on_the_disk():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(batch)

    def discard(self, job_id: JobId, name: UploadName) -> None:
        """Forget what has come."""
        self.path_of(job_id, name).unlink(missing_ok=True)

    def forget_old(self) -> None:
        """Remove what clients began to send and have not gone on with for a day."""
        oldest = time.time() - KEPT_S
        for path in self._data_dir.glob(f"*/{PARTIAL}/*"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
