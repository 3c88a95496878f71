"""A bundle on disk: a ZIP of somebody else's, read with suspicion.

Nothing is unpacked under a name that the ZIP gives. Files are found by the manifest, counted while
they are read, and copied to a nameless file where a decoder needs one.
"""

import hashlib
import struct
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pydantic import ValidationError

from sonalyze_contracts.bundles import FORMAT, MANIFEST, BundledFile, Manifest
from sonalyze_contracts.recordings import LONGEST_RECORDING_S, MOST_CHANNELS
from sonalyze_contracts.signals import HIGHEST_SAMPLE_RATE_HZ

ZIP_BEGINNINGS: Final = (b"PK\x03\x04", b"PK\x05\x06")
"""Of a ZIP with files, and of one without (PKWARE, APPNOTE.TXT 4.3)."""

LARGEST_FILE_BYTES: Final = round(LONGEST_RECORDING_S * HIGHEST_SAMPLE_RATE_HZ * MOST_CHANNELS * 8)
"""The longest recording with the most channels at the highest rate, in samples of 64 bits."""

LARGEST_DOCUMENT_BYTES: Final = 16 << 20
"""The results of one analysis take up to 2 MiB, the manifest of 512 analyses about one."""

PIECE_BYTES: Final = 1 << 20
ENCRYPTED: Final = 0x1

_DAMAGE = (BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, RuntimeError)
"""What zipfile raises for what it cannot read; RuntimeError covers methods it does not know."""


class BundleUnreadable(Exception):
    """A file is no bundle that can be read; the message is a sentence for its owner."""


class Damaged(Exception):
    """A file of the bundle is not what the manifest says; the message says how."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not what the manifest says it is."""

    path: str
    sentence: str


def is_zip(path: Path) -> bool:
    """Tell a ZIP by its first bytes, whatever it is called."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(ZIP_BEGINNINGS[0])) in ZIP_BEGINNINGS
    except OSError:
        return False


class BundleFile:
    """An open bundle."""

    def __init__(self, archive: ZipFile) -> None:
        self._zip = archive
        self._times_named = Counter(archive.namelist())
        self.manifest = self._manifest()
        self._files = {file.path: file for file in self.manifest.files}

    def damages(self) -> Iterator[Damage]:
        """Read every file; name those that are not what the manifest says, or not in it at all."""
        for name in self._times_named:
            if name != MANIFEST and name not in self._files and not name.endswith("/"):
                yield Damage(name, "is not listed in the manifest")
        for file in self.manifest.files:
            try:
                for _ in self._checked_pieces(file):
                    pass
            except Damaged as damage:
                yield Damage(file.path, str(damage))

    def listed(self, path: str) -> BundledFile | None:
        """Give what the manifest says of a file, if it lists it."""
        return self._files.get(path)

    def document(self, path: str) -> bytes:
        """Give a small file even if it was changed, to show what was; or raise `Damaged`."""
        return b"".join(self._pieces(path, LARGEST_DOCUMENT_BYTES))

    @contextmanager
    def lent(self, path: str) -> Iterator[Path]:
        """Lend a copy of a file under a name of ours, or raise `Damaged`."""
        listed = self._files.get(path)
        if listed is None:
            raise Damaged("is not listed in the manifest")
        with tempfile.NamedTemporaryFile(prefix="sonalyze-") as copy:
            for piece in self._checked_pieces(listed):
                copy.write(piece)
            copy.flush()
            yield Path(copy.name)

    def _manifest(self) -> Manifest:
        try:
            content = b"".join(self._pieces(MANIFEST, LARGEST_DOCUMENT_BYTES))
        except Damaged as damage:
            raise BundleUnreadable(
                f"This ZIP is no bundle, or a damaged one: {MANIFEST} {damage}"
            ) from None
        try:
            manifest = Manifest.model_validate_json(content)
        except ValidationError as fault:
            place = ".".join(str(part) for part in fault.errors()[0]["loc"])
            raise BundleUnreadable(
                f"This is no bundle that can be read: {MANIFEST} is wrong at '{place}'"
            ) from None
        if manifest.format > FORMAT:
            raise BundleUnreadable(
                f"The bundle has format {manifest.format}, and only {FORMAT} is known here: "
                "use a newer version"
            )
        if len({file.path for file in manifest.files}) < len(manifest.files):
            raise BundleUnreadable(
                f"This is no bundle that can be read: {MANIFEST} lists a file twice"
            )
        return manifest

    def _checked_pieces(self, file: BundledFile) -> Iterator[bytes]:
        digest = hashlib.sha256()
        for piece in self._pieces(file.path, LARGEST_FILE_BYTES, file.bytes):
            digest.update(piece)
            yield piece
        if digest.hexdigest() != file.sha256:
            raise Damaged("has another SHA-256 than the manifest says")

    def _pieces(
        self, name: str, most_bytes: int, expected_bytes: int | None = None
    ) -> Iterator[bytes]:
        """Read a file that says how large it is; zipfile never gives more than that."""
        entry = self._entry(name)
        if expected_bytes not in {None, entry.file_size}:
            raise Damaged(f"has {entry.file_size} bytes, not {expected_bytes}")
        if entry.file_size > most_bytes:
            raise Damaged(f"has {entry.file_size} bytes, which no such file can have")
        try:
            with self._zip.open(entry) as content:
                while piece := content.read(PIECE_BYTES):
                    yield piece
        except _DAMAGE as fault:
            raise Damaged(f"cannot be read ({str(fault).rstrip('.') or 'it is cut off'})") from None

    def _entry(self, name: str) -> ZipInfo:
        if self._times_named[name] != 1:
            raise Damaged("is in it twice" if self._times_named[name] else "is not in it")
        entry = self._zip.getinfo(name)
        if entry.flag_bits & ENCRYPTED:
            raise Damaged("is encrypted")
        if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
            raise Damaged("is packed in a way that bundles are not")
        return entry


@contextmanager
def opened_bundle(path: Path) -> Iterator[BundleFile]:
    """Open a bundle.

    Raises
    ------
    BundleUnreadable
        If this is no ZIP, or no bundle, or one that only newer versions know.
    """
    try:
        archive = ZipFile(path)
    except _DAMAGE as fault:
        raise BundleUnreadable(
            f"{path} is a ZIP that was cut off or damaged ({str(fault).rstrip('.')}): "
            "download it again"
        ) from None
    with archive:
        yield BundleFile(archive)
