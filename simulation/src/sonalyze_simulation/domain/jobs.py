"""A job as it is kept, and as it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sonalyze_contracts.errors import ErrorBody
from sonalyze_contracts.identifiers import DeviceId, JobId
from sonalyze_contracts.simulation_jobs import JobStatus, SimulationJob, Stage
from sonalyze_simulation.domain.answers import Answer


@dataclass(frozen=True, slots=True)
class JobView:
    """A job at one moment."""

    job_id: JobId
    status: JobStatus
    created_at: datetime
    device_id: DeviceId | None = None
    fraction: float = 0.0
    stage: Stage | None = None
    seconds_left: float | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    answer: Answer | None = None
    stored_result: str | None = None
    """The answer as JSON, of a job that only storage remembers."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """The request: as it was understood, or as it came if it was not."""
    error: ErrorBody | None = None

    def text(self) -> str:
        """Write the job as JSON, its answer unread."""
        result = self.stored_result or "null"
        if self.answer is not None:
            result = self.answer.text()
        rest = self.without_result().model_dump_json(exclude={"result"})
        return f'{rest[:-1]},"result":{result}}}'

    def without_result(self) -> SimulationJob:
        """Show everything but the answer."""
        return SimulationJob(
            job_id=self.job_id,
            status=self.status,
            fraction=self.fraction,
            stage=self.stage,
            seconds_left=self.seconds_left,
            created_at=self.created_at,
            started_at=self.started_at,
            finished_at=self.finished_at,
            error=self.error,
        )
