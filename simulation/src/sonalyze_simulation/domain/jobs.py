"""A job as it is kept, and as it is shown."""

from dataclasses import dataclass
from datetime import datetime

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
    error: ErrorBody | None = None

    def text(self) -> str:
        """Write the job as JSON, its answer unread."""
        shown = self.without_result().model_dump_json()
        if self.answer is None:
            return shown
        without = self.without_result().model_dump_json(exclude={"result"})
        return f'{without[:-1]},"result":{self.answer.text()}}}'

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
