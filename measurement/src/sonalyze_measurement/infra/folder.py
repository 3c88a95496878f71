"""Files in a local folder, of which the scratch folder is a part.

What lies in the scratch folder need not be copied: it is renamed into its place, and lent by a
second name. It has reached the disk before it is visible, which obstore alone does not see to.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import obstore
from obstore.store import LocalStore

from sonalyze_measurement.domain.files import StoredFile
from sonalyze_measurement.infra.objects import ObjectFiles, our_conditions, stored_file
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.threads import in_thread


class FolderFiles(ObjectFiles):
    """Keeps files in the data folder of one process."""

    def __init__(self, data_dir: Path, staging: Staging) -> None:
        super().__init__(LocalStore(data_dir), staging, "file:")
        self._data_dir = data_dir

    async def put(self, key: str, content: bytes) -> None:
        """Write a small document to the side, and publish it."""
        async with self._staging.file() as staged:
            await in_thread(staged.write, content)
            await in_thread(staged.finish)
            await self.publish(staged.path, key)

    async def publish(self, path: Path, key: str) -> str:
        """Rename a file of the scratch folder."""
        with our_conditions(key):
            await in_thread(_reach_the_disk, path)
            scratch_key = path.relative_to(self._data_dir).as_posix()
            await obstore.rename_async(self._store, scratch_key, key)
            return stored_file(await obstore.head_async(self._store, key)).version

    async def replace(self, known: StoredFile, content: bytes) -> bool:
        """Compare, then replace; nobody but this process writes into the folder."""
        found = await self.head(known.key)
        if found is None or found.version != known.version:
            return False
        await self.put(known.key, content)
        return True

    @asynccontextmanager
    async def lend(self, key: str) -> AsyncIterator[Path]:
        """Give the file a second name; what replaces it later is another file."""
        async with self._staging.folder() as folder:
            path = folder / key
            if not await in_thread(_linked, self._data_dir / key, path):
                await self._copy(key, path)
            yield path


def _reach_the_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _linked(file: Path, path: Path) -> bool:
    """Say whether it worked: some file systems know no second names."""
    path.parent.mkdir(parents=True)
    try:
        os.link(file, path)
    except OSError:
        return False
    return True
