"""Jobs and analyses over HTTP."""

from fastapi import APIRouter

from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.identifiers import JobId
from sonalyze_contracts.jobs import AnalysisReceipt, JobCreated, JobRequest, JobView
from sonalyze_measurement.api.access import Asked

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])


@router.post("")
@router.post("/", include_in_schema=False)
async def create_job(job: JobRequest, services: Asked) -> JobCreated:
    """Create a job that recordings can be uploaded to."""
    return JobCreated(job_id=await services.jobs.create(job))


@router.get("/{job_id}")
async def get_job(job_id: str, services: Asked) -> JobView:
    """Show a job as it stands; ``results`` are those of its newest analysis."""
    return await services.jobs.get(job_id)


@router.post("/{job_id}/analyze")
async def analyze(job_id: str, analysis: AnalysisRequest, services: Asked) -> AnalysisReceipt:
    """Analyse a recording, or all of the job, and wait for the results."""
    results = await services.analyses.run(job_id, analysis)
    return AnalysisReceipt(job_id=JobId(job_id), results=results)


@router.get("/{job_id}/results")
async def get_results_of_all(job_id: str, services: Asked) -> AnalysisReceipt:
    """Show the newest results of all recordings together."""
    results = await services.jobs.results_of_all(job_id)
    return AnalysisReceipt(job_id=JobId(job_id), results=results)


@router.get("/{job_id}/results/{name}")
async def get_results(job_id: str, name: str, services: Asked) -> AnalysisReceipt:
    """Show the newest results of one upload."""
    results = await services.jobs.results(job_id, name)
    return AnalysisReceipt(job_id=JobId(job_id), results=results)
