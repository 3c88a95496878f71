"""Files in an object store: a bucket, or memory. What obstore says is put into our terms here."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from io import BufferedWriter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import obstore
import structlog
from obstore.exceptions import BaseError, PreconditionError

from sonalyze_measurement.domain.conditions import NotStored, StoreUnavailable
from sonalyze_measurement.domain.files import StoredFile
from sonalyze_measurement.infra.staging import BATCH_BYTES, Staging, room_on_the_disk
from sonalyze_measurement.infra.threads import in_thread, opened_in_thread

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ObjectStore

log = structlog.get_logger(__name__)

PART_BYTES: Final = 5 << 20
"""The least that S3 takes as a part of an upload; one at a time is in memory."""

LISTED_AT_ONCE: Final = 1_000
"""What S3 gives per request."""

PROBE: Final = ".probe"


class ObjectFiles:
    """Keeps files as objects."""

    def __init__(self, store: "ObjectStore", staging: Staging, address: str) -> None:
        self._store = store
        self._staging = staging
        self._address = address

    async def put(self, key: str, content: bytes) -> None:
        """Keep a small document, in one request."""
        with our_conditions(key):
            await obstore.put_async(self._store, key, content, use_multipart=False)

    async def publish(self, path: Path, key: str) -> str:
        """Send a file in parts, which are one object once the last has arrived."""
        with our_conditions(key):
            result = await obstore.put_async(
                self._store, key, path, chunk_size=PART_BYTES, max_concurrency=1
            )
        return result["e_tag"] or ""

    async def replace(self, known: StoredFile, content: bytes) -> bool:
        """Leave the comparison to the store, for which it is one act with the replacement."""
        with our_conditions(known.key):
            try:
                await obstore.put_async(
                    self._store, known.key, content, mode={"e_tag": known.version}
                )
            except (PreconditionError, FileNotFoundError):
                return False
        return True

    async def head(self, key: str) -> StoredFile | None:
        """Tell what is known of a file."""
        try:
            with our_conditions(key):
                return stored_file(await obstore.head_async(self._store, key))
        except NotStored:
            await self._require_bucket(key)
            return None

    async def read(self, key: str) -> bytes:
        """Give a small document."""
        with our_conditions(key):
            result = await obstore.get_async(self._store, key)
            return bytes(await result.bytes_async())

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """Give a file piece by piece."""
        with our_conditions(key):
            result = await obstore.get_async(self._store, key)
            async for piece in result.stream(BATCH_BYTES):
                yield bytes(piece)

    async def under(self, prefix: str) -> AsyncIterator[StoredFile]:
        """Find all files below a prefix, a page at a time."""
        with our_conditions(prefix):
            async for page in obstore.list(self._store, prefix or None, chunk_size=LISTED_AT_ONCE):
                for meta in page:
                    yield stored_file(meta)

    async def delete(self, key: str) -> None:
        """Remove a file; stores differ in what they say of one that is gone."""
        with our_conditions(key):
            try:
                await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                return

    @asynccontextmanager
    async def lend(self, key: str) -> AsyncIterator[Path]:
        """Copy a file to the scratch folder for as long as it is needed."""
        async with self._staging.folder() as folder:
            path = folder / key
            await self._copy(key, path)
            yield path

    def reference_to(self, key: str) -> str:
        """Say where a file is."""
        return f"{self._address}{key}"

    async def probe(self) -> None:
        """Raise unless files can be kept."""
        await self.put(PROBE, b"")

    async def _copy(self, key: str, path: Path) -> None:
        with room_on_the_disk():
            await in_thread(path.parent.mkdir, parents=True, exist_ok=True)
            async with opened_in_thread(lambda: path.open("xb"), BufferedWriter.close) as file:
                async for piece in self.stream(key):
                    await in_thread(file.write, piece)

    async def _require_bucket(self, key: str) -> None:
        """Tell a missing bucket from a missing file: S3 answers both to HEAD alike."""
        with our_conditions(key):
            await obstore.list_with_delimiter_async(self._store, key)


def stored_file(meta: "ObjectMeta") -> StoredFile:
    """Take from what obstore says of an object what is needed here."""
    return StoredFile(meta["path"], meta["size"], meta["e_tag"] or "", meta["last_modified"])


@contextmanager
def our_conditions(key: str) -> Iterator[None]:
    """Put what a store may say into our terms; hosts and paths stay in the log."""
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise _unavailable(key, error) from None
        raise NotStored("There is no such file") from None
    except (BaseError, OSError) as error:
        raise _unavailable(key, error) from None


def _unavailable(key: str, error: Exception) -> StoreUnavailable:
    reason = str(error).partition("\n")[0]
    log.warning("store.failed", key=key, error=type(error).__name__, reason=reason)
    return StoreUnavailable("Files cannot be reached at the moment; try again")
