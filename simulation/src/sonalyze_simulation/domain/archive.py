"""What storage is told of jobs."""

import json
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sonalyze_contracts.archive import ArchivedRow, Resource, device_row_id
from sonalyze_contracts.errors import ErrorBody
from sonalyze_contracts.simulation_jobs import JobStatus
from sonalyze_simulation.domain.jobs import JobView

STATUSES: Final = {
    JobStatus.QUEUED: "queued",
    JobStatus.RUNNING: "running",
    JobStatus.COMPLETED: "completed",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "failed",
}
"""Storage has no word for cancelled; the error says so."""

INTERRUPTED: Final = ErrorBody(
    code="unavailable", message="The service ended before the job did; ask again."
)


def rows_of(job: JobView) -> list[ArchivedRow]:
    """Give a job's device, the job itself and what came of it, each before what names it."""
    return [*_device(job), _job(job), *_result(job)]


def row_of_interruption(job: JobView) -> ArchivedRow:
    """Say what is true should this be the last that anybody hears of a job."""
    fields = {"status": "failed", "error": error_text(INTERRUPTED)}
    return ArchivedRow(Resource.SIMULATION_JOBS, UUID(job.job_id), fields)


def error_text(error: ErrorBody) -> str:
    """Write an error as one line that people can read and `error_of` as well."""
    return f"{error.code}: {error.message}"


def error_of(text: str) -> ErrorBody:
    """Read an error that `error_text` wrote."""
    code, _, message = text.partition(": ")
    return ErrorBody(code=code, message=message)


def _device(job: JobView) -> list[ArchivedRow]:
    if job.device_id is None:
        return []
    row_id = device_row_id(job.device_id)
    return [ArchivedRow(Resource.DEVICES, row_id, {"external_id": job.device_id})]


def _job(job: JobView) -> ArchivedRow:
    device = None if job.device_id is None else str(device_row_id(job.device_id))
    fields: dict[str, Any] = {
        "status": STATUSES[job.status],
        "params": dict(job.params),
        "requested_by_device_id": device,
        "created_at": _time(job.created_at),
        "started_at": _time(job.started_at),
        "finished_at": _time(job.finished_at),
        "error": None if job.error is None else error_text(job.error),
    }
    return ArchivedRow(Resource.SIMULATION_JOBS, UUID(job.job_id), fields)


def _result(job: JobView) -> list[ArchivedRow]:
    """Give the answer as an event would carry it: storage keeps figures, no responses."""
    text = None if job.answer is None else job.answer.for_event()
    if text is None:
        return []
    fields = {"job_id": job.job_id, "result": json.loads(text)}
    row_id = uuid5(UUID(job.job_id), "result")
    return [ArchivedRow(Resource.SIMULATION_RESULTS, row_id, fields)]


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
