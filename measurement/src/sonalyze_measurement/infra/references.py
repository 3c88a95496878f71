"""Generated signals, kept under the hash of the file that was served.

``references/<first 8>/<hash>/`` holds ``metadata.json``, ``chirp.wav``, ``sweep.wav`` and
``full_signal.wav``; ``references/by_parameters/`` leads from what was asked for to the hash, so
that nothing is generated twice, not even after a restart. Parameters are endless, stores are not:
of the signals used longest ago only the metadata stays, from which an analysis can still work and
the same bytes can be generated again.
"""

import asyncio
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from sonalyze_contracts.identifiers import AudioHash
from sonalyze_measurement.domain.conditions import NotStored, UnknownSignal
from sonalyze_measurement.domain.files import (
    SIGNALS_BY_PARAMETERS,
    StoredFile,
    signal_audio_key,
    signal_index_key,
    signal_metadata_key,
    signal_prefix,
)
from sonalyze_measurement.domain.signals import Reference, SignalFile
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.infra.processes import Processes
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.within_reach import SignalsWithinReach
from sonalyze_measurement.ports import Files

REFERENCE = TypeAdapter(Reference)


class References:
    """Keeps references in the store, and those in use on this machine too."""

    def __init__(
        self,
        files: Files,
        staging: Staging,
        within_reach: SignalsWithinReach,
        processes: Processes,
        *,
        most_signals: int,
    ) -> None:
        self._files = files
        self._staging = staging
        self._within_reach = within_reach
        self._processes = processes
        self._most_signals = most_signals
        self._locks = KeyedLocks()

    async def find(self, file: SignalFile) -> tuple[Reference, Path] | None:
        """Look for a signal that was generated before, first on this machine."""
        return self._within_reach.find(file) or await self._fetched(file)

    async def generate(self, file: SignalFile) -> tuple[Reference, Path]:
        """Generate a signal once, however many ask for it at the same time."""
        async with self._locks.holding(file):
            found = await self.find(file)
            if found is not None:
                return found
            async with self._staging.folder() as folder:
                reference = await self._processes.synthesise(file, folder)
                await self._keep(reference, folder)
            path = await self._brought(reference)
            await self._forget_oldest()
            return reference, path

    async def by_hash(self, audio_hash: AudioHash) -> Reference:
        """Give the signal of this hash."""
        try:
            metadata = await self._files.read(signal_metadata_key(audio_hash))
        except NotStored:
            raise UnknownSignal("No signal with this audio_hash was generated here") from None
        return REFERENCE.validate_json(metadata)

    async def _fetched(self, file: SignalFile) -> tuple[Reference, Path] | None:
        try:
            audio_hash = AudioHash((await self._files.read(signal_index_key(file))).decode())
            # Other parameters may give the same bytes: what a rate does not carry is left out.
            reference = replace(await self.by_hash(audio_hash), file=file)
            path = await self._brought(reference)
        except (NotStored, UnknownSignal):
            return None
        await self._mark_as_used(reference)
        return reference, path

    async def _brought(self, reference: Reference) -> Path:
        async with self._files.lend(signal_audio_key(reference)) as path:
            return await self._within_reach.keep(reference, path)

    async def _keep(self, reference: Reference, folder: Path) -> None:
        prefix = signal_prefix(reference.audio_hash)
        for path in await asyncio.to_thread(lambda: sorted(folder.iterdir())):
            await self._files.publish(path, f"{prefix}/{path.name}")
        metadata = REFERENCE.dump_json(reference)
        await self._files.put(signal_metadata_key(reference.audio_hash), metadata)
        await self._mark_as_used(reference)

    async def _mark_as_used(self, reference: Reference) -> None:
        await self._files.put(signal_index_key(reference.file), reference.audio_hash.encode())

    async def _forget_oldest(self) -> None:
        entries = [entry async for entry in self._files.under(SIGNALS_BY_PARAMETERS)]
        entries.sort(key=lambda entry: entry.modified_at)
        for entry in entries[: -self._most_signals]:
            await self._forget_audio(entry)

    async def _forget_audio(self, entry: StoredFile) -> None:
        try:
            audio_hash = AudioHash((await self._files.read(entry.key)).decode())
        except NotStored:
            # Somebody else, who came to the same end, has forgotten it since.
            return
        metadata_key = signal_metadata_key(audio_hash)
        async for file in self._files.under(signal_prefix(audio_hash)):
            if file.key != metadata_key:
                await self._files.delete(file.key)
        await self._files.delete(entry.key)
