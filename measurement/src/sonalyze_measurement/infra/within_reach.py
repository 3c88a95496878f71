"""The signals used last, as files of this machine that can be served range by range."""

import asyncio
import shutil
from collections import OrderedDict
from pathlib import Path

from sonalyze_measurement.domain.signals import Reference, SignalFile


class SignalsWithinReach:
    """Keeps copies of signals for as long as this process uses them."""

    def __init__(self, data_dir: Path, most_signals: int) -> None:
        self._folder = data_dir / ".signals"
        self._most_signals = most_signals
        self._references: OrderedDict[SignalFile, Reference] = OrderedDict()

    def open(self) -> None:
        """Begin with none."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)

    def find(self, file: SignalFile) -> tuple[Reference, Path] | None:
        """Give a signal if it is here, which makes it the one used last."""
        reference = self._references.get(file)
        if reference is None:
            return None
        self._references.move_to_end(file)
        return reference, self._path_of(reference)

    async def keep(self, reference: Reference, lent: Path) -> Path:
        """Keep a file that was lent; the signal used longest ago may have to go."""
        path = self._path_of(reference)
        await asyncio.to_thread(lent.replace, path)
        self._references[reference.file] = reference
        if len(self._references) > self._most_signals:
            _, oldest = self._references.popitem(last=False)
            await asyncio.to_thread(self._path_of(oldest).unlink, missing_ok=True)
        return path

    def _path_of(self, reference: Reference) -> Path:
        return self._folder / reference.file.key
