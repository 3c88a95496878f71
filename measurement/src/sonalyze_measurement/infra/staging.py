"""Nothing is visible before it is whole: what is to be kept is put together here, on a local disk.

Child processes read and write here, too: they never speak to the store. Whatever is left at the
start is what a killed process was doing.
"""

import contextlib
import hashlib
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import structlog

from sonalyze_contracts.errors import SonalyzeError
from sonalyze_measurement.domain.conditions import StoreUnavailable
from sonalyze_measurement.infra.threads import in_thread, opened_in_thread

log = structlog.get_logger(__name__)

BATCH_BYTES = 1 << 20
"""How much is gathered before a thread writes it: few switches, little memory."""


class StagedFile:
    """A file on its way: counts and hashes what is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size_bytes = 0
        self._digest = hashlib.sha256()
        with room_on_the_disk():
            self._file = path.open("xb")

    @property
    def sha256(self) -> str:
        """Hash of what was written so far, in hex."""
        return self._digest.hexdigest()

    def write(self, batch: bytes | bytearray) -> None:
        """Append; to be called in a thread."""
        with room_on_the_disk():
            self._file.write(batch)
        self._digest.update(batch)
        self.size_bytes += len(batch)

    def finish(self) -> None:
        """Let others read the file."""
        with room_on_the_disk():
            self._file.close()

    def discard(self) -> None:
        """Close the file, and remove it unless it was moved."""
        with contextlib.suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)


class Staging:
    """The folder in which everything begins."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / ".incoming"

    def open(self) -> None:
        """Make the folder, and remove what an earlier process left in it."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)

    @asynccontextmanager
    async def file(self) -> AsyncIterator[StagedFile]:
        """Begin a file; it disappears unless it is published."""
        path = self._folder / uuid4().hex
        async with opened_in_thread(lambda: StagedFile(path), StagedFile.discard) as staged:
            yield staged

    @asynccontextmanager
    async def folder(self) -> AsyncIterator[Path]:
        """Begin a folder; it disappears in the end."""
        path = self._folder / uuid4().hex
        try:
            with room_on_the_disk():
                await in_thread(path.mkdir)
            yield path
        finally:
            await in_thread(shutil.rmtree, path, ignore_errors=True)

    async def probe(self) -> None:
        """Raise unless files can be written."""
        async with self.file() as staged:
            await in_thread(staged.write, b"probe")


@contextmanager
def room_on_the_disk() -> Iterator[None]:
    """Say of a full or closed disk what is said of a store that does not answer."""
    try:
        yield
    except OSError as error:
        log.warning("disk.failed", error=type(error).__name__, reason=error.strerror)
        raise StoreUnavailable("Files cannot be kept at the moment; try again") from None


async def batches(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytearray]:
    """Gather small chunks into batches that are worth a thread.

    What arrived before an interruption is given too: a resumed upload goes on after it.
    """
    batch = bytearray()
    try:
        async for chunk in chunks:
            batch += chunk
            if len(batch) >= BATCH_BYTES:
                yield batch
                batch = bytearray()
    except SonalyzeError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
