"""Analyses of all recordings of a job: every one by itself, and the mean over positions.

A recording of which nothing can be said says so in its place and takes nothing from the others. As
many run at a time as there are workers, so that others who ask get their turn between them.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from sonalyze_chassis.compute import DeadlinePassed, WorkerDied
from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.errors import SonalyzeError, Unprocessable, UnsupportedMedia
from sonalyze_contracts.identifiers import AudioHash, JobId, UploadName
from sonalyze_contracts.results import AnalysisResults, Refusal
from sonalyze_measurement.domain.conditions import UploadMissing, UploadReplaced
from sonalyze_measurement.domain.outcomes import Outcome, nothing_found
from sonalyze_measurement.domain.positions import Position, positions_of
from sonalyze_measurement.domain.provenance import Evaluated, Said, provenance_of_all
from sonalyze_measurement.domain.signals import Reference
from sonalyze_measurement.ports import Acoustics, Archive, JobStore, ReferenceStore
from sonalyze_measurement.recordings import Recordings
from sonalyze_measurement.stages import Reached
from sonalyze_measurement.turns import Turns

OF_ONE_RECORDING = (
    Unprocessable,
    UnsupportedMedia,
    UploadMissing,
    DeadlinePassed,
    WorkerDied,
)
"""Conditions that are a recording's own: the next one may fare better."""


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
        turns = Turns(self._at_once, sum(each.steps for each in positions), reached)
        outcomes = await self._outcomes(job_id, request, positions, turns)
        reached("storing")
        mean = await self._mean_of(outcomes)
        results = mean.model_copy(update={"positions": [each.told() for each in outcomes]})
        evaluated = {name: each for one in outcomes for name, each in one.evaluated.items()}
        provenance = provenance_of_all(request, positions, references, evaluated)
        await self._archive.completed_all(job_id, results, provenance)
        await self._jobs.save_results_of_all(job_id, results, provenance)
        return results

    async def require_possible(self, job_id: JobId, request: AnalysisRequest) -> None:
        """Refuse at once what would be refused later: an unknown job, upload or signal."""
        await self._references_of(await self._positions(job_id, request))

    async def _mean_of(self, outcomes: Sequence[Outcome]) -> AnalysisResults:
        said = [
            (each.said.figures, each.position.place)
            for each in outcomes
            if isinstance(each.said, Said)
        ]
        if not said:
            raise nothing_found(outcomes)
        return await self._acoustics.mean_of(
            [figures for figures, _ in said], [place for _, place in said]
        )

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
        turns: Turns,
    ) -> list[Outcome]:
        """Analyse several at once; what is wrong with more than one recording ends them all."""
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [
                    tasks.create_task(self._outcome(job_id, request, position, turns))
                    for position in positions
                ]
        except* SonalyzeError as obstacles:
            raise _first(obstacles) from None
        return [task.result() for task in running]

    async def _outcome(
        self, job_id: JobId, request: AnalysisRequest, position: Position, turns: Turns
    ) -> Outcome:
        evaluated: dict[UploadName, Evaluated] = {}
        refused: dict[UploadName, Refusal] = {}
        for name in position.uploads:
            one = request.of_recording(name, position.audio_hash)
            try:
                async with turns.next():
                    evaluated[name] = await self._recordings.analyse(job_id, one)
            except OF_ONE_RECORDING as condition:
                refused[name] = _refusal(condition)
        if not evaluated:
            return Outcome(position, evaluated, refused, next(iter(refused.values())))
        if len(evaluated) == 1:
            return Outcome(position, evaluated, refused, next(iter(evaluated.values())))
        repeats = [request.of_recording(name, position.audio_hash) for name in evaluated]
        said = await self._together(job_id, repeats, turns)
        if isinstance(said, Said) and said.inputs_sha256 != _read_for(evaluated.values()):
            said = _refusal(UploadReplaced("A recording was replaced meanwhile; analyse again."))
        return Outcome(position, evaluated, refused, said)

    async def _together(
        self, job_id: JobId, repeats: Sequence[AnalysisRequest], turns: Turns
    ) -> Said | Refusal:
        try:
            async with turns.next():
                return await self._recordings.analyse_together(job_id, repeats)
        except OF_ONE_RECORDING as condition:
            return _refusal(condition)


def _read_for(evaluated: Iterable[Evaluated]) -> tuple[str, ...]:
    return tuple(each.inputs_sha256[0] for each in evaluated)


def _refusal(condition: SonalyzeError) -> Refusal:
    return Refusal(code=condition.code, detail=condition.message)


def _first(obstacles: BaseExceptionGroup[SonalyzeError]) -> SonalyzeError:
    """Give one of several obstacles; they have the same cause, a full queue or a lost store."""
    leaf = obstacles.exceptions[0]
    return _first(leaf) if isinstance(leaf, BaseExceptionGroup) else leaf
