"""Analyses of all recordings of a job: every one by itself, and the mean over positions.

A recording of which nothing can be said says so in its place and takes nothing from the others. As
many run at a time as there are workers, so that others who ask get their turn between them.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sonalyze_chassis.compute import DeadlinePassed, WorkerDied
from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.errors import SonalyzeError, Unprocessable, UnsupportedMedia
from sonalyze_contracts.identifiers import AudioHash, JobId, UploadName
from sonalyze_contracts.results import AnalysisResults, PositionResult, Refusal
from sonalyze_measurement.domain.conditions import UploadMissing
from sonalyze_measurement.domain.positions import Position, positions_of
from sonalyze_measurement.domain.provenance import Evaluated, provenance_of_all
from sonalyze_measurement.domain.refusals import NoPositionEvaluable
from sonalyze_measurement.domain.signals import Reference
from sonalyze_measurement.ports import Acoustics, Archive, JobStore, ReferenceStore
from sonalyze_measurement.recordings import Recordings
from sonalyze_measurement.stages import Reached

OF_ONE_RECORDING = (
    Unprocessable,
    UnsupportedMedia,
    UploadMissing,
    DeadlinePassed,
    WorkerDied,
)
"""Conditions that are a recording's own: the next one may fare better."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the recordings of a position."""

    position: Position
    evaluated: Evaluated | None = None
    refusal: Refusal | None = None

    def told(self) -> PositionResult:
        """Tell of it as results do."""
        place = self.position.place
        return PositionResult(
            uploads=list(self.position.uploads),
            source_id=place and place.source_id,
            receiver_id=place and place.receiver_id,
            results=self.evaluated and self.evaluated.results,
            refusal=self.refusal,
        )


class Rooms:
    """Answers what all recordings of a job say of the room together."""

    def __init__(  # noqa: PLR0913, PLR0917  what such an analysis passes on its way
        self,
        jobs: JobStore,
        references: ReferenceStore,
        recordings: Recordings,
        acoustics: Acoustics,
        archive: Archive,
        at_once: int,
    ) -> None:
        self._jobs = jobs
        self._references = references
        self._recordings = recordings
        self._acoustics = acoustics
        self._archive = archive
        self._at_once = at_once

    async def analyse(
        self, job_id: JobId, request: AnalysisRequest, reached: Reached
    ) -> AnalysisResults:
        """Analyse every recording, average what they say, and keep both."""
        positions = await self._positions(job_id, request)
        references = await self._references_of(positions)
        outcomes = await self._outcomes(job_id, request, positions, reached)
        known = [(each.position, each.evaluated) for each in outcomes if each.evaluated]
        if not known:
            raise _nothing_found(outcomes)
        reached("storing")
        mean = await self._acoustics.mean_of(
            [evaluated.figures for _, evaluated in known], [position.place for position, _ in known]
        )
        results = mean.model_copy(update={"positions": [each.told() for each in outcomes]})
        inputs: dict[UploadName, str] = {}
        for position, evaluated in known:
            inputs |= zip(position.uploads, evaluated.inputs_sha256, strict=True)
        versions = known[0][1].versions
        provenance = provenance_of_all(request, positions, references, inputs, versions)
        await self._archive.completed_all(job_id, results, provenance)
        await self._jobs.save_results_of_all(job_id, results, provenance)
        return results

    async def require_possible(self, job_id: JobId, request: AnalysisRequest) -> None:
        """Refuse at once what would be refused later: an unknown job, upload or signal."""
        await self._references_of(await self._positions(job_id, request))

    async def _positions(self, job_id: JobId, request: AnalysisRequest) -> tuple[Position, ...]:
        job = await self._jobs.view(job_id)
        return positions_of(request, job.uploads, job.map)

    async def _references_of(self, positions: Sequence[Position]) -> Mapping[AudioHash, Reference]:
        hashes = sorted({position.audio_hash for position in positions})
        return {audio_hash: await self._references.by_hash(audio_hash) for audio_hash in hashes}

    async def _outcomes(
        self,
        job_id: JobId,
        request: AnalysisRequest,
        positions: Sequence[Position],
        reached: Reached,
    ) -> list[Outcome]:
        """Analyse several at once; what is wrong with more than one recording ends them all."""
        free, done = asyncio.Semaphore(self._at_once), 0

        async def outcome_of(position: Position) -> Outcome:
            nonlocal done
            async with free:
                reached("running", done / len(positions))
                outcome = await self._outcome(job_id, request, position)
            done += 1
            reached("running", done / len(positions))
            return outcome

        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(outcome_of(position)) for position in positions]
        except* SonalyzeError as obstacles:
            raise _first(obstacles) from None
        return [task.result() for task in running]

    async def _outcome(
        self, job_id: JobId, request: AnalysisRequest, position: Position
    ) -> Outcome:
        try:
            evaluated = await self._recordings.analyse_position(job_id, request, position)
        except OF_ONE_RECORDING as refusal:
            return Outcome(position, refusal=Refusal(code=refusal.code, detail=refusal.message))
        return Outcome(position, evaluated)


def _first(obstacles: BaseExceptionGroup[SonalyzeError]) -> SonalyzeError:
    """Give one of several obstacles; they have the same cause, a full queue or a lost store."""
    leaf = obstacles.exceptions[0]
    return _first(leaf) if isinstance(leaf, BaseExceptionGroup) else leaf


def _nothing_found(outcomes: Sequence[Outcome]) -> NoPositionEvaluable:
    told = [each.told().model_dump(mode="json", exclude_none=True) for each in outcomes]
    first = outcomes[0].refusal.detail if outcomes[0].refusal else ""
    return NoPositionEvaluable(
        f"None of {len(outcomes)} recordings can be analysed. The first: {first}", positions=told
    )
