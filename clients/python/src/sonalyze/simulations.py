"""The simulation service over HTTP: a room in, what is heard in it out."""

import asyncio
from http import HTTPStatus
from random import Random
from typing import Final

from sonalyze.addresses import Gateway
from sonalyze.backoff import Backoff
from sonalyze.failures import UnexpectedAnswer, of_message
from sonalyze.http_requests import HttpRequests, parsed
from sonalyze_contracts.identifiers import JobId
from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_contracts.simulation_jobs import JobStatus, SimulationAccepted, SimulationJob
from sonalyze_contracts.simulations import SimulationRequest

ANSWER_TIMEOUT_S: Final = 60.0
"""The gateway waits no longer either; what takes longer is a job."""

PAUSE_S: Final = 0.5
"""Between two looks at a job."""

PENDING: Final = {JobStatus.QUEUED, JobStatus.RUNNING}


class Simulations:
    """Typed requests to the simulation service behind a gateway."""

    def __init__(self, gateway: Gateway, *, backoff: Backoff, chance: Random) -> None:
        self._http = HttpRequests(
            gateway, backoff=backoff, chance=chance, timeout_s=ANSWER_TIMEOUT_S
        )

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._http.close()

    async def simulate(self, request: SimulationRequest) -> SimulationAnswer:
        """Simulate a room, however long it takes; the same request is the same answer."""
        body = request.model_dump(mode="json")
        response = await self._http.send_repeatable(
            "POST", "/v1/simulation/simulate", lambda: {"json": body}
        )
        if response.status_code == HTTPStatus.ACCEPTED:
            return await self._result_of(parsed(SimulationAccepted, response).job_id)
        return parsed(SimulationAnswer, response)

    async def get_job(self, job_id: JobId) -> SimulationJob:
        """Look a job up."""
        url = f"/v1/simulation/jobs/{job_id}"
        return parsed(SimulationJob, await self._http.send_repeatable("GET", url))

    async def _result_of(self, job_id: JobId) -> SimulationAnswer:
        job = await self.get_job(job_id)
        while job.status in PENDING:
            await asyncio.sleep(PAUSE_S)
            job = await self.get_job(job_id)
        if job.error is not None:
            raise of_message(job.error)
        if job.result is None:
            raise UnexpectedAnswer(f"The simulation {job_id} ended without a result")
        return job.result
