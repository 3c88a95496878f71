"""The parent's side of the numbers: names the work and waits for it. Imports no numpy."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sonalyze_chassis.compute import Compute
from sonalyze_contracts.provenance import Versions
from sonalyze_contracts.results import AnalysisResults
from sonalyze_contracts.signals import AudioInfo
from sonalyze_measurement.domain.archive import Header
from sonalyze_measurement.domain.positions import Place
from sonalyze_measurement.domain.provenance import Evaluated, Said
from sonalyze_measurement.domain.refusals import REFUSALS
from sonalyze_measurement.domain.signals import Reference, SignalFile, SignalParameters
from sonalyze_measurement.domain.subjects import Asked, SignalRecording, Subject

WORK = "sonalyze_measurement.infra.evaluate"
AVERAGES = "sonalyze_measurement.infra.averages"
PRELOADED = (WORK, AVERAGES)
"""What the fork server imports before the first child is needed."""

CROSSING = tuple(REFUSALS.values())
"""Conditions that children raise: a parent that has not loaded them would know only their kind."""


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

    async def evaluate(
        self,
        subject: Subject,
        asked: Asked,
        response: Path,
        *,
        started: Callable[[], None] | None = None,
    ) -> Evaluated:
        """Evaluate a file."""
        evaluated: Evaluated = await self._run(
            "evaluate", subject, asked, response, self._debug_dir, started=started
        )
        return evaluated

    async def evaluate_together(self, repeats: Sequence[SignalRecording], asked: Asked) -> Said:
        """Evaluate the coherent mean of recordings of one pair."""
        together: Said = await self._run("evaluate_together", repeats, asked)
        return together

    async def mean_of(
        self, figures: Sequence[bytes], places: Sequence[Place | None]
    ) -> AnalysisResults:
        """Average the figures of positions."""
        mean: AnalysisResults = await self._compute.run(
            f"{AVERAGES}:mean_of", figures, places, deadline_s=self._deadline_s
        )
        return mean

    async def versions(self) -> Versions:
        """Name the software that computes."""
        versions: Versions = await self._run("versions")
        return versions

    async def header_of(self, path: Path) -> Header | None:
        """Read what the header of a file says, if it is audio."""
        header: Header | None = await self._run("header_of", path)
        return header

    async def _run(
        self,
        name: str,
        *arguments: object,
        started: Callable[[], None] | None = None,
    ) -> Any:  # noqa: ANN401  the work's own
        work = f"{WORK}:{name}"
        return await self._compute.run(
            work, *arguments, deadline_s=self._deadline_s, started=started
        )
