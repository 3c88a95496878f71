"""The events of this service."""

from sonalyze_chassis.dispatch import Handlers
from sonalyze_contracts.command import Service
from sonalyze_contracts.envelope import Caller
from sonalyze_contracts.jobs import (
    AnalysisAccepted,
    AnalysisReceipt,
    AnalysisRun,
    AnalysisStart,
    AudioInfoGet,
    JobCreate,
    JobCreated,
    JobGet,
    JobRequest,
    JobView,
)
from sonalyze_contracts.signals import AudioInfo
from sonalyze_measurement.domain.signals import SignalParameters
from sonalyze_measurement.services import Services

handlers: Handlers[Services] = Handlers(Service.MEASUREMENT)


@handlers.answers(JobCreate)
async def create_job(command: JobCreate, caller: Caller, services: Services) -> JobCreated:
    """Create a job; who created it stands in its meta."""
    meta = {**command.meta, "device_id": caller.device_id}
    return JobCreated(job_id=await services.jobs.create(JobRequest(map=command.map, meta=meta)))


@handlers.answers(JobGet)
async def get_job(command: JobGet, _: Caller, services: Services) -> JobView:
    """Show a job."""
    return await services.jobs.get(command.job_id)


@handlers.answers(AudioInfoGet)
async def get_audio_info(command: AudioInfoGet, _: Caller, services: Services) -> AudioInfo:
    """Tell what of the signal is when."""
    return await services.signals.timeline(SignalParameters(command.sample_rate))


@handlers.answers(AnalysisRun)
async def run_analysis(command: AnalysisRun, _: Caller, services: Services) -> AnalysisReceipt:
    """Analyse and answer with the results."""
    results = await services.analyses.run(command.job_id, command)
    return AnalysisReceipt(job_id=command.job_id, results=results)


@handlers.answers(AnalysisStart)
async def start_analysis(
    command: AnalysisStart, caller: Caller, services: Services
) -> AnalysisAccepted:
    """Answer at once; the results are pushed."""
    return await services.background.start(command.job_id, command, caller.device_id)
