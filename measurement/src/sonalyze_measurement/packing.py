"""A bundle's ZIP as it grows, and what of it will stand in the manifest.

Reading, checksums and hashes take a thread, a piece at a time: the event loop answers others
meanwhile, and no more than a piece is in memory.
"""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from sonalyze_chassis.completion import to_its_end
from sonalyze_contracts.bundles import MANIFEST, BundledFile, FileKind
from sonalyze_measurement.domain.zip_stream import Packed, PackedFile, ZipStream

PIECE_BYTES: Final = 1 << 20


class Packing:
    """Packs files and remembers what they were."""

    def __init__(self, moment: datetime) -> None:
        self._zip = ZipStream()
        self._moment = moment
        self.files: list[BundledFile] = []

    async def add(self, path: str, kind: FileKind, file: Path) -> AsyncGenerator[bytes]:
        """Pack a file of this machine, and give the ZIP's bytes as they are ready."""
        opened = await asyncio.to_thread(file.open, "rb")
        try:
            size_bytes = (await asyncio.to_thread(file.stat)).st_size
            with self._zip.file(path, size_bytes, self._moment) as packed:
                while piece := await _next_piece(opened, packed):
                    yield piece
                self._remember(packed.packed(), kind)
        finally:
            await asyncio.to_thread(opened.close)

    def add_document(self, path: str, kind: FileKind, content: bytes) -> bytes:
        """Pack what is small and in memory."""
        with self._zip.file(path, len(content), self._moment) as packed:
            piece = packed.write(content)
            self._remember(packed.packed(), kind)
        return piece

    def end(self, manifest: bytes) -> bytes:
        """Pack the manifest and give the rest of the ZIP."""
        with self._zip.file(MANIFEST, len(manifest), self._moment) as packed:
            piece = packed.write(manifest)
        return piece + self._zip.end()

    def _remember(self, packed: Packed, kind: FileKind) -> None:
        self.files.append(
            BundledFile(path=packed.path, kind=kind, bytes=packed.size_bytes, sha256=packed.sha256)
        )


@to_its_end
async def _next_piece(file: BinaryIO, packed: PackedFile) -> bytes:
    """Let the thread end before anybody closes what it works on."""
    return await asyncio.to_thread(_pack_next, file, packed)


def _pack_next(file: BinaryIO, packed: PackedFile) -> bytes:
    piece = file.read(PIECE_BYTES)
    return packed.write(piece) if piece else b""
