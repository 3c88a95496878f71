"""The parent's side of the numbers: names the work and waits for it. Imports no numpy."""

from pathlib import Path
from typing import Any

from sonalyze_chassis.compute import Compute
from sonalyze_contracts.results import AnalysisResults
from sonalyze_contracts.signals import AudioInfo
from sonalyze_measurement.domain.signals import Reference, SignalFile, SignalParameters

WORK = "sonalyze_measurement.infra.evaluate"
PRELOADED = (WORK,)
"""What the fork server imports before the first child is needed."""


class Processes:
    """Acoustics by child processes."""

    def __init__(self, compute: Compute, deadline_s: float, debug_dir: Path | None) -> None:
        self._compute = compute
        self._deadline_s = deadline_s
        self._debug_dir = debug_dir

    async def timeline(self, parameters: SignalParameters) -> AudioInfo:
        """Tell what of the signal is when."""
        info: AudioInfo = await self._run("timeline", parameters)
        return info

    async def synthesise(self, file: SignalFile, folder: Path) -> Reference:
        """Write the audio files of a signal into a folder."""
        reference: Reference = await self._run("synthesise", file, folder)
        return reference

    async def evaluate_recording(
        self, recording: Path, channel: int | None, reference: Reference
    ) -> AnalysisResults:
        """Evaluate a recording of a generated signal."""
        return await self._evaluate("recording", recording, channel, reference)

    async def evaluate_deconvolution(
        self, recording: Path, channel: int | None, played: Path
    ) -> AnalysisResults:
        """Evaluate a recording of a signal that was uploaded."""
        return await self._evaluate("deconvolution", recording, channel, played)

    async def evaluate_impulse_response(
        self, response: Path, channel: int | None
    ) -> AnalysisResults:
        """Evaluate an impulse response."""
        return await self._evaluate("impulse_response", response, channel)

    async def _evaluate(
        self, name: str, path: Path, channel: int | None, *others: object
    ) -> AnalysisResults:
        results: AnalysisResults = await self._run(name, path, channel, *others, self._debug_dir)
        return results

    async def _run(self, name: str, *arguments: object) -> Any:  # noqa: ANN401  the work tells
        return await self._compute.run(f"{WORK}:{name}", *arguments, deadline_s=self._deadline_s)
