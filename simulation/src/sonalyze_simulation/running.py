"""A job while it runs: what it has reached, who is told, and how it ended."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import uuid4

from sonalyze_chassis.progress import Progress
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_contracts.identifiers import DeviceId, JobId
from sonalyze_contracts.simulation_jobs import JobStatus, Stage
from sonalyze_simulation.domain.answers import Answer
from sonalyze_simulation.domain.conditions import (
    ServiceStopped,
    SimulationCancelled,
    Unforeseen,
)
from sonalyze_simulation.domain.jobs import JobView
from sonalyze_simulation.domain.prepared import Prepared

STAGES: tuple[Stage, ...] = get_args(Stage)

BEGINNING = Progress(0.0, "queued")

TELLING_SHARE = 0.1
"""Below it the time that has passed says less of the time that is left than the estimate does."""


@dataclass(eq=False)
class RunningJob:
    """One simulation that somebody asked for; ``work`` gives its answer, or says why not."""

    body: Mapping[str, Any]
    device_id: DeviceId | None = None
    job_id: JobId = field(default_factory=lambda: JobId(str(uuid4())))
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    started_at: datetime | None = None
    finished_at: datetime | None = None
    reached: Progress = BEGINNING
    prepared: asyncio.Future[Prepared] = field(default_factory=asyncio.Future)
    work: asyncio.Task[Answer] | None = None
    watcher: Callable[["RunningJob"], None] | None = None
    """Told of every progress."""
    farewell: Callable[["RunningJob"], None] | None = None
    """Told of the end, once the job is remembered."""
    is_to_be_kept: bool = False
    """Whether somebody knows the job's id, so that even a failure has to be remembered."""
    is_stopped: bool = False
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the job's record is written: its acceptance never after its end."""
    _computing_since: float | None = None

    @property
    def running(self) -> asyncio.Task[Answer]:
        """Give the work of a job that has begun."""
        assert self.work is not None  # noqa: S101  set where jobs begin
        return self.work

    @property
    def has_ended(self) -> bool:
        """Say whether there is nothing left to wait for."""
        return self.work is not None and self.work.done()

    @property
    def condition(self) -> SonalyzeError | None:
        """Give what stood in the way, once the job has ended; None if it has its answer."""
        if self.work is None or not self.work.done():
            return None
        if self.work.cancelled():
            return _stopped() if self.is_stopped else _cancelled()
        error = self.work.exception()
        return error if error is None or isinstance(error, SonalyzeError) else _unforeseen()

    def answer(self) -> Answer:
        """Give the answer of an ended job, or raise what stood in its way."""
        if self.condition is not None:
            raise self.condition
        return self.running.result()

    def note_end(self) -> None:
        """Note that there is nothing left to do."""
        self.finished_at = datetime.now(UTC)

    def started(self) -> None:
        """Note that the first process has begun."""
        self.started_at = self.started_at or datetime.now(UTC)
        self.hear(Progress(self.reached.fraction, "preparing"))

    def hear(self, progress: Progress) -> None:
        """Take in how far the work is; it never seems to go backwards."""
        if progress.stage not in STAGES:
            return
        fraction = max(self.reached.fraction, min(progress.fraction, 1.0))
        if fraction > 0 and self._computing_since is None:
            self._computing_since = asyncio.get_running_loop().time()
        self.reached = Progress(fraction, progress.stage)
        if self.watcher is not None:
            self.watcher(self)

    @property
    def seconds_left(self) -> float | None:
        """Say how long the rest takes: by the estimate at first, by what has passed later."""
        fraction = self.reached.fraction
        if self._computing_since is not None and fraction >= TELLING_SHARE:
            passed_s = asyncio.get_running_loop().time() - self._computing_since
            return round(passed_s * (1 - fraction) / fraction, 1)
        estimate_s = self.estimated_seconds
        return None if estimate_s is None else round(estimate_s * (1 - fraction), 1)

    @property
    def estimated_seconds(self) -> float | None:
        """Give what the work was expected to take, if it has been prepared."""
        is_known = self.prepared.done() and not self.prepared.cancelled()
        return self.prepared.result().seconds if is_known else None

    def view(self) -> JobView:
        """Show the job as it stands."""
        condition = self.condition
        is_done = self.has_ended and condition is None
        return JobView(
            job_id=self.job_id,
            status=self._status(condition),
            created_at=self.created_at,
            device_id=self.device_id,
            fraction=1.0 if is_done else self.reached.fraction,
            stage=None if self.has_ended else _stage_named(self.reached.stage),
            seconds_left=None if self.has_ended else self.seconds_left,
            started_at=self.started_at,
            finished_at=self.finished_at,
            params=self._params(),
            answer=self.work.result() if is_done and self.work is not None else None,
            error=None if condition is None else condition.body(),
        )

    def _params(self) -> Mapping[str, Any]:
        is_known = self.prepared.done() and not self.prepared.cancelled()
        return self.prepared.result().request if is_known else self.body

    def _status(self, condition: SonalyzeError | None) -> JobStatus:
        if self.has_ended:
            match condition:
                case None:
                    return JobStatus.COMPLETED
                case SimulationCancelled():
                    return JobStatus.CANCELLED
                case _:
                    return JobStatus.FAILED
        return JobStatus.QUEUED if self.started_at is None else JobStatus.RUNNING


def _stage_named(name: str) -> Stage:
    return next(stage for stage in STAGES if stage == name)


def _cancelled() -> SimulationCancelled:
    return SimulationCancelled("The simulation was cancelled")


def _stopped() -> ServiceStopped:
    return ServiceStopped("The service is stopping; ask again")


def _unforeseen() -> Unforeseen:
    return Unforeseen("The simulation failed in a way nobody foresaw.")
