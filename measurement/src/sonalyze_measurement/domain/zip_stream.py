"""A ZIP as a stream: files go in piece by piece, bytes come out, and nothing is gathered.

Nothing is compressed: noise and reverberation do not get smaller. Sizes and checksums stand behind
each file, as its bytes are over before they are known, and again in the directory at the end:
without its end a ZIP is none, so half of one is never taken for whole.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

FILE_MODE = 0o644 << 16
EARLIEST_YEAR, LATEST_YEAR = 1980, 2107
"""What the date of a file in a ZIP can express (PKWARE, APPNOTE.TXT 4.4.6)."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A file as it was packed."""

    path: str
    size_bytes: int
    sha256: str


class _Outlet:
    """Takes what `ZipFile` writes until somebody wants it; like a socket it cannot go back."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes, /) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing lies anywhere else."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        content = b"".join(self._pieces)
        self._pieces.clear()
        return content


class PackedFile:
    """A file on its way into the ZIP."""

    def __init__(self, path: str, sink: IO[bytes], outlet: _Outlet) -> None:
        self._path = path
        self._sink = sink
        self._outlet = outlet
        self._digest = hashlib.sha256()
        self._size_bytes = 0

    def write(self, piece: bytes) -> bytes:
        """Pack the next piece of the file, and give what of the ZIP is ready."""
        self._sink.write(piece)
        self._digest.update(piece)
        self._size_bytes += len(piece)
        return self._outlet.taken()

    def packed(self) -> Packed:
        """Tell what was written so far."""
        return Packed(self._path, self._size_bytes, self._digest.hexdigest())


class ZipStream:
    """Packs one file after the other."""

    def __init__(self) -> None:
        self._outlet = _Outlet()
        self._zip = ZipFile(self._outlet, "w", ZIP_STORED)

    @contextmanager
    def file(self, path: str, size_bytes: int, modified_at: datetime) -> Iterator[PackedFile]:
        """Begin a file; from 2 GiB on its entry has room for any size."""
        year = min(max(modified_at.year, EARLIEST_YEAR), LATEST_YEAR)
        moment = modified_at.replace(year=year)
        entry = ZipInfo(path, moment.timetuple()[:6])
        entry.external_attr = FILE_MODE
        entry.file_size = size_bytes
        with self._zip.open(entry, "w") as sink:
            yield PackedFile(path, sink, self._outlet)

    def end(self) -> bytes:
        """Give the directory, after which nothing may come."""
        self._zip.close()
        return self._outlet.taken()
