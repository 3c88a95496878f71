"""Jobs as storage remembers them: what was found, but no more what it sounds like."""

from uuid import UUID

import aiohttp
import orjson
from pydantic import AwareDatetime, ValidationError

from sonalyze_contracts.archive import Resource
from sonalyze_contracts.identifiers import JobId
from sonalyze_contracts.model import Model
from sonalyze_contracts.simulation_jobs import JobStatus
from sonalyze_simulation.domain.archive import error_of
from sonalyze_simulation.domain.conditions import RecordUnavailable, SimulationCancelled
from sonalyze_simulation.domain.jobs import JobView

FOUND, NOT_FOUND = 200, 404


class JobRow(Model):
    """What of storage's row is shown."""

    status: JobStatus
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    error: str | None = None


class StoredJobs:
    """Reads at ``STORAGE_URL``."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url.rstrip("/")

    async def find(self, job_id: JobId) -> JobView | None:
        """Give a job, or None if storage knows none of this id.

        Raises
        ------
        RecordUnavailable
            If storage does not answer.
        """
        row_id = _uuid(job_id)
        if row_id is None:
            return None
        content = await self._read(f"{Resource.SIMULATION_JOBS}/{row_id}")
        if content is None:
            return None
        row = _understood(content)
        result = await self._result(row_id) if row.status is JobStatus.COMPLETED else None
        return _view(JobId(str(row_id)), row, result)

    async def _result(self, row_id: UUID) -> str | None:
        content = await self._read(f"{Resource.SIMULATION_RESULTS}/by-job/{row_id}")
        return None if content is None else orjson.dumps(orjson.loads(content)["result"]).decode()

    async def _read(self, path: str) -> bytes | None:
        try:
            async with self._http.get(f"{self._url}/v1/{path}", allow_redirects=False) as answer:
                if answer.status == NOT_FOUND:
                    return None
                if answer.status != FOUND:
                    raise _unavailable()
                return await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _unavailable() from error


def _view(job_id: JobId, row: JobRow, result: str | None) -> JobView:
    error = None if row.error is None else error_of(row.error)
    is_cancelled = error is not None and error.code == SimulationCancelled.code
    return JobView(
        job_id=job_id,
        status=JobStatus.CANCELLED if is_cancelled else row.status,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        fraction=1.0 if row.status is JobStatus.COMPLETED else 0.0,
        error=error,
        stored_result=result,
    )


def _understood(content: bytes) -> JobRow:
    try:
        return JobRow.model_validate_json(content)
    except ValidationError as error:
        raise _unavailable() from error


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _unavailable() -> RecordUnavailable:
    return RecordUnavailable("Storage, which may know this job, does not answer; try again")
