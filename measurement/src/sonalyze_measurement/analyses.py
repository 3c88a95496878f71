"""Analyses of recordings: finds what one needs, has it computed, and keeps what comes out."""

from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.jobs import AnalysisRequest, AnalysisSource
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.conditions import UnknownSignal
from sonalyze_measurement.domain.names import job_id_of
from sonalyze_measurement.ports import Acoustics, JobStore, ReferenceStore, UploadStore


class Analyses:
    """Answers what a recording says of the room."""

    def __init__(
        self, jobs: JobStore, uploads: UploadStore, references: ReferenceStore, acoustics: Acoustics
    ) -> None:
        self._jobs = jobs
        self._uploads = uploads
        self._references = references
        self._acoustics = acoustics

    async def run(self, job: str, request: AnalysisRequest) -> AnalysisResults:
        """Analyse a recording of a job and keep the results."""
        job_id = job_id_of(job)
        await self._jobs.require(job_id)
        results = await self._evaluate(job_id, request)
        await self._jobs.save_results(job_id, analysed_upload(request), results)
        return results

    async def require_possible(self, job: str, request: AnalysisRequest) -> JobId:
        """Refuse at once what would be refused later: unknown job, upload or signal."""
        job_id = job_id_of(job)
        await self._jobs.require(job_id)
        await self._uploads.path_of(job_id, analysed_upload(request))
        if request.source is AnalysisSource.SWEEP_DECONVOLUTION:
            await self._uploads.path_of(job_id, request.sweep_reference_upload)
        if request.audio_hash is not None:
            await self._references.by_hash(request.audio_hash)
        return job_id

    async def _evaluate(self, job_id: JobId, request: AnalysisRequest) -> AnalysisResults:
        path = await self._uploads.path_of(job_id, analysed_upload(request))
        match request.source:
            case AnalysisSource.IMPULSE_RESPONSE:
                return await self._acoustics.evaluate_impulse_response(path, request.channel)
            case AnalysisSource.SWEEP_DECONVOLUTION:
                played = await self._uploads.path_of(job_id, request.sweep_reference_upload)
                return await self._acoustics.evaluate_deconvolution(path, request.channel, played)
            case AnalysisSource.SWEEP_DECONVOLUTION_GENERATED:
                if request.audio_hash is None:
                    raise UnknownSignal("Missing 'audio_hash' in data")
                reference = await self._references.by_hash(request.audio_hash)
                return await self._acoustics.evaluate_recording(path, request.channel, reference)


def analysed_upload(request: AnalysisRequest) -> UploadName:
    """Name the upload that an analysis is about."""
    if request.source is AnalysisSource.IMPULSE_RESPONSE:
        return request.impulse_response_upload
    return request.recording_upload
