"""Analyses of recordings: finds what one needs, has it computed, and keeps what comes out."""

from collections.abc import Callable
from typing import Literal

from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.jobs import AnalysisRequest, AnalysisSource
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.conditions import UnknownSignal
from sonalyze_measurement.domain.names import job_id_of
from sonalyze_measurement.domain.subjects import (
    ImpulseResponse,
    SignalRecording,
    Subject,
    SweepRecording,
)
from sonalyze_measurement.ports import Acoustics, JobStore, ReferenceStore, UploadStore

Stage = Literal["queued", "running", "storing"]


def _nobody_asks(_: Stage) -> None:
    """Stages of an analysis whose caller waits for the end."""


class Analyses:
    """Answers what a recording says of the room."""

    def __init__(
        self, jobs: JobStore, uploads: UploadStore, references: ReferenceStore, acoustics: Acoustics
    ) -> None:
        self._jobs = jobs
        self._uploads = uploads
        self._references = references
        self._acoustics = acoustics

    async def run(
        self, job: str, request: AnalysisRequest, reached: Callable[[Stage], None] = _nobody_asks
    ) -> AnalysisResults:
        """Analyse a recording of a job and keep the results; ``reached`` is told each stage."""
        job_id = job_id_of(job)
        subject = await self._subject_of(job_id, request)
        results = await self._acoustics.evaluate(subject, started=lambda: reached("running"))
        reached("storing")
        await self._jobs.save_results(job_id, analysed_upload(request), results)
        return results

    async def require_possible(self, job: str, request: AnalysisRequest) -> JobId:
        """Refuse at once what would be refused later: unknown job, upload or signal."""
        job_id = job_id_of(job)
        await self._subject_of(job_id, request)
        return job_id

    async def _subject_of(self, job_id: JobId, request: AnalysisRequest) -> Subject:
        path = await self._uploads.path_of(job_id, analysed_upload(request))
        match request.source:
            case AnalysisSource.IMPULSE_RESPONSE:
                return ImpulseResponse(path, request.channel)
            case AnalysisSource.SWEEP_DECONVOLUTION:
                played = await self._uploads.path_of(job_id, request.sweep_reference_upload)
                return SweepRecording(path, request.channel, played)
            case AnalysisSource.SWEEP_DECONVOLUTION_GENERATED:
                if request.audio_hash is None:
                    raise UnknownSignal("Missing 'audio_hash' in data")
                reference = await self._references.by_hash(request.audio_hash)
                return SignalRecording(path, request.channel, reference)


def analysed_upload(request: AnalysisRequest) -> UploadName:
    """Name the upload that an analysis is about."""
    if request.source is AnalysisSource.IMPULSE_RESPONSE:
        return request.impulse_response_upload
    return request.recording_upload
