"""Analyses of single recordings: has one computed, and keeps what comes out."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from sonalyze_contracts.analysis_requests import AnalysisRequest, AnalysisSource
from sonalyze_contracts.errors import Unprocessable, UnsupportedMedia
from sonalyze_contracts.identifiers import JobId
from sonalyze_measurement.domain.conditions import UnknownSignal
from sonalyze_measurement.domain.provenance import (
    Evaluated,
    Said,
    analysed_upload,
    provenance_of,
)
from sonalyze_measurement.domain.signals import Reference
from sonalyze_measurement.domain.subjects import (
    ImpulseResponse,
    SignalRecording,
    Subject,
    SweepRecording,
    asked_in,
)
from sonalyze_measurement.ports import (
    Acoustics,
    Archive,
    JobStore,
    ReferenceStore,
    Scratch,
    UploadStore,
)
from sonalyze_measurement.stages import Reached, nobody_asks

RESPONSE = "response.wav"


class Recordings:
    """Answers what a recording says of the room."""

    def __init__(  # noqa: PLR0913, PLR0917  what an analysis passes on its way
        self,
        jobs: JobStore,
        uploads: UploadStore,
        references: ReferenceStore,
        acoustics: Acoustics,
        scratch: Scratch,
        archive: Archive,
    ) -> None:
        self._jobs = jobs
        self._uploads = uploads
        self._references = references
        self._acoustics = acoustics
        self._scratch = scratch
        self._archive = archive

    async def analyse(
        self, job_id: JobId, request: AnalysisRequest, reached: Reached = nobody_asks
    ) -> Evaluated:
        """Analyse a recording of a job and keep the results; ``reached`` is told each stage."""
        async with self._scratch.folder() as folder:
            response = folder / RESPONSE
            async with self._lent(job_id, request) as subject:
                evaluated = await self._evaluated(job_id, request, subject, response, reached)
            reached("storing")
            provenance = provenance_of(request, subject, evaluated)
            await self._archive.completed(job_id, evaluated.results, provenance)
            await self._jobs.save_results(job_id, evaluated.results, provenance, response)
        return evaluated

    async def analyse_together(self, job_id: JobId, requests: Sequence[AnalysisRequest]) -> Said:
        """Say what repeats say together; each has been analysed before, and keeps its results."""
        async with AsyncExitStack() as stack:
            repeats: list[SignalRecording] = []
            for request in requests:
                name, reference = analysed_upload(request), await self._reference_of(request)
                path = await stack.enter_async_context(self._uploads.lend(job_id, name))
                repeats.append(SignalRecording(path, request.channel, reference))
            return await self._acoustics.evaluate_together(repeats, asked_in(requests[0]))

    async def require_possible(self, job_id: JobId, request: AnalysisRequest) -> None:
        """Refuse at once what would be refused later: unknown job, upload or signal."""
        await self._uploads.require(job_id, analysed_upload(request))
        match request.source:
            case AnalysisSource.SWEEP_DECONVOLUTION:
                await self._uploads.require(job_id, request.sweep_reference_upload)
            case AnalysisSource.SWEEP_DECONVOLUTION_GENERATED:
                await self._reference_of(request)

    async def _evaluated(
        self,
        job_id: JobId,
        request: AnalysisRequest,
        subject: Subject,
        response: Path,
        reached: Reached,
    ) -> Evaluated:
        """Have a file evaluated; what it is refused for is remembered, too."""
        try:
            return await self._acoustics.evaluate(
                subject, asked_in(request), response, started=lambda: reached("running")
            )
        except (Unprocessable, UnsupportedMedia) as refusal:
            await self._archive.refused(job_id, request, refusal)
            raise

    @asynccontextmanager
    async def _lent(self, job_id: JobId, request: AnalysisRequest) -> AsyncIterator[Subject]:
        """Have local files of what is to be evaluated, while it is."""
        async with self._uploads.lend(job_id, analysed_upload(request)) as path:
            match request.source:
                case AnalysisSource.IMPULSE_RESPONSE:
                    yield ImpulseResponse(path, request.channel)
                case AnalysisSource.SWEEP_DECONVOLUTION:
                    async with self._uploads.lend(job_id, request.sweep_reference_upload) as played:
                        yield SweepRecording(path, request.channel, played)
                case AnalysisSource.SWEEP_DECONVOLUTION_GENERATED | AnalysisSource.ALL:
                    reference = await self._reference_of(request)
                    yield SignalRecording(path, request.channel, reference)

    async def _reference_of(self, request: AnalysisRequest) -> Reference:
        if request.audio_hash is None:
            raise UnknownSignal("Missing 'audio_hash' in data")
        return await self._references.by_hash(request.audio_hash)
