"""Generated signals, kept under the hash of the file that was served.

``references/<first 8>/<hash>/`` holds ``metadata.json``, ``chirp.wav``, ``sweep.wav`` and
``full_signal.wav``; ``references/by_parameters/`` leads from what was asked for to the hash, so
that nothing is generated twice, not even after a restart. Parameters are endless, disks are not:
of the signals used longest ago only the metadata stays, from which an analysis can still work and
the same bytes can be generated again.
"""

import asyncio
import os
from pathlib import Path

from pydantic import TypeAdapter

from sonalyze_contracts.identifiers import AudioHash
from sonalyze_measurement.domain.conditions import UnknownSignal
from sonalyze_measurement.domain.signals import Reference, SignalFile
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.infra.processes import Processes
from sonalyze_measurement.infra.staging import Staging

REFERENCE = TypeAdapter(Reference)
METADATA = "metadata.json"


class ReferenceFolders:
    """Keeps references as folders of the data folder."""

    def __init__(
        self, data_dir: Path, staging: Staging, processes: Processes, most_signals: int
    ) -> None:
        self._root = data_dir / "references"
        self._index = self._root / "by_parameters"
        self._staging = staging
        self._processes = processes
        self._most_signals = most_signals
        self._locks = KeyedLocks()

    def open(self) -> None:
        """Make the folders."""
        self._index.mkdir(parents=True, exist_ok=True)

    async def find(self, file: SignalFile) -> tuple[Reference, Path] | None:
        """Look for a signal that was generated before."""
        return await asyncio.to_thread(self._find, file)

    async def generate(self, file: SignalFile) -> tuple[Reference, Path]:
        """Generate a signal once, however many ask for it at the same time."""
        async with self._locks.holding(file):
            found = await self.find(file)
            if found is not None:
                return found
            async with self._staging.folder() as folder:
                reference = await self._processes.synthesise(file, folder)
                return await asyncio.to_thread(self._keep, reference, folder)

    async def by_hash(self, audio_hash: AudioHash) -> Reference:
        """Give the signal of this hash."""
        return await asyncio.to_thread(self._read, audio_hash)

    def _folder_of(self, audio_hash: AudioHash) -> Path:
        return self._root / audio_hash[:8] / audio_hash

    def _find(self, file: SignalFile) -> tuple[Reference, Path] | None:
        entry = self._index / file.key
        if not entry.is_file():
            return None
        reference = self._read(AudioHash(entry.read_text()))
        audio = self._folder_of(reference.audio_hash) / audio_name(file)
        if not audio.is_file():
            return None
        os.utime(entry)
        return reference, audio

    def _keep(self, reference: Reference, folder: Path) -> tuple[Reference, Path]:
        target = self._folder_of(reference.audio_hash)
        target.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.replace(target / path.name)
        self._staging.write(target / METADATA, REFERENCE.dump_json(reference))
        self._staging.write(self._index / reference.file.key, reference.audio_hash.encode())
        self._forget_oldest()
        return reference, target / audio_name(reference.file)

    def _read(self, audio_hash: AudioHash) -> Reference:
        metadata = self._folder_of(audio_hash) / METADATA
        if not metadata.is_file():
            raise UnknownSignal("No signal with this audio_hash was generated here")
        return REFERENCE.validate_json(metadata.read_bytes())

    def _forget_oldest(self) -> None:
        entries = sorted(self._index.iterdir(), key=lambda entry: entry.stat().st_mtime_ns)
        for entry in entries[: -self._most_signals]:
            folder = self._folder_of(AudioHash(entry.read_text()))
            for path in folder.iterdir():
                if path.name != METADATA:
                    path.unlink()
            entry.unlink()


def audio_name(file: SignalFile) -> str:
    """Name the file that is served."""
    return f"full_signal.{file.format}"
