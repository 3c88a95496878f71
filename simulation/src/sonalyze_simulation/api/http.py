"""Simulations and jobs over HTTP."""

from fastapi import APIRouter, Request, Response

from sonalyze_contracts.identifiers import JobId
from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_contracts.simulation_jobs import SimulationAccepted, SimulationJob, SimulationRun
from sonalyze_contracts.simulation_materials import MaterialTable, ReferenceProfiles
from sonalyze_simulation.api.access import Asked
from sonalyze_simulation.api.leaving import while_listening
from sonalyze_simulation.domain.materials import material_table
from sonalyze_simulation.domain.profiles import reference_profiles

router = APIRouter()

JSON = "application/json"
JOB_HEADER = "X-Job-ID"


@router.post(
    "/simulate",
    tags=["simulation"],
    responses={200: {"model": SimulationAnswer}, 202: {"model": SimulationAccepted}},
)
async def simulate(asked: SimulationRun, request: Request, services: Asked) -> Response:
    """Simulate a room: the answer, or a job where that takes longer than somebody waits."""
    run = await while_listening(request, services.simulations.run(asked.body))
    headers = {JOB_HEADER: run.job_id}
    if run.answer is None:
        accepted = run.accepted().model_dump_json()
        return Response(accepted, status_code=202, media_type=JSON, headers=headers)
    return Response(run.answer.text(), media_type=JSON, headers=headers)


@router.get("/jobs/{job_id}", tags=["jobs"], response_model=SimulationJob)
async def get_job(job_id: str, services: Asked) -> Response:
    """Show a job as it stands, with its result once there is one."""
    return Response((await services.jobs.get(JobId(job_id))).text(), media_type=JSON)


@router.delete("/jobs/{job_id}", tags=["jobs"], response_model=SimulationJob)
async def cancel_job(job_id: str, services: Asked) -> Response:
    """Stop a job; one that has ended stays as it is."""
    return Response((await services.jobs.cancel(JobId(job_id))).text(), media_type=JSON)


@router.get("/materials", tags=["listings"])
async def materials() -> MaterialTable:
    """List what surfaces can be made of."""
    return material_table()


@router.get("/reference-profiles", tags=["listings"])
async def profiles() -> ReferenceProfiles:
    """List what good rooms are like."""
    return reference_profiles()
