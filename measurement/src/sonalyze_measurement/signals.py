"""The measurement signal: its timeline, and its file under a hash."""

import asyncio
from collections import OrderedDict
from pathlib import Path

from sonalyze_contracts.signals import AudioInfo
from sonalyze_measurement.domain.conditions import InvalidSignalRequest
from sonalyze_measurement.domain.signals import Reference, SignalFile, SignalParameters
from sonalyze_measurement.ports import Acoustics, ReferenceStore

REMEMBERED_TIMELINES = 256


class Signals:
    """Gives out signals, each generated once."""

    def __init__(self, references: ReferenceStore, acoustics: Acoustics) -> None:
        self._references = references
        self._acoustics = acoustics
        self._timelines: OrderedDict[SignalParameters, AudioInfo] = OrderedDict()

    async def timeline(self, parameters: SignalParameters) -> AudioInfo:
        """Tell what of the signal is when."""
        _require_ascending(parameters)
        info = self._timelines.get(parameters)
        if info is None:
            info = await self._acoustics.timeline(parameters)
            self._timelines[parameters] = info
            if len(self._timelines) > REMEMBERED_TIMELINES:
                self._timelines.popitem(last=False)
        return info

    async def download(self, file: SignalFile) -> tuple[Reference, Path]:
        """Give a signal and its file; who asks first waits until it is generated."""
        _require_ascending(file.parameters)
        found = await self._references.find(file)
        if found is not None:
            return found
        # Others may wait for the same signal, so whoever hangs up does not stop its making.
        return await asyncio.shield(self._references.generate(file))


def _require_ascending(parameters: SignalParameters) -> None:
    if parameters.sweep_start_hz >= parameters.sweep_end_hz:
        raise InvalidSignalRequest(
            f"'sweep_f_start' ({parameters.sweep_start_hz:g} Hz) must be below "
            f"'sweep_f_end' ({parameters.sweep_end_hz:g} Hz)"
        )
