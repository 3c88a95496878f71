"""Ended jobs in memory: the newest ones, as many as fit."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sonalyze_contracts.identifiers import JobId
from sonalyze_simulation.domain.jobs import JobView

MOST_JOBS: Final = 1000
LONGEST: Final = timedelta(hours=24)


def now() -> datetime:
    """Give the time of this machine."""
    return datetime.now(UTC)


class RememberedJobs:
    """The records of jobs where no storage keeps them; see `ports.JobRecords`."""

    def __init__(
        self,
        most_bytes: int,
        most_jobs: int = MOST_JOBS,
        longest: timedelta = LONGEST,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._most_bytes = most_bytes
        self._most_jobs = most_jobs
        self._longest = longest
        self._clock = clock
        self._held_bytes = 0
        self._jobs: OrderedDict[JobId, tuple[datetime, JobView]] = OrderedDict()

    async def accept(self, job: JobView) -> None:
        """Note nothing: what runs dies with this process, as this memory does."""

    async def keep(self, job: JobView) -> None:
        """Remember an ended job, and forget the oldest ones that no longer fit.

        Not what a refused one had asked for: that may be as large as a body, and nobody reads it.
        """
        self._jobs[job.job_id] = (self._clock(), replace(job, params={}))
        self._held_bytes += _size_of(job)
        self._forget_old()
        while len(self._jobs) > self._most_jobs or (
            self._held_bytes > self._most_bytes and len(self._jobs) > 1
        ):
            self._forget_oldest()

    async def find(self, job_id: JobId) -> JobView | None:
        """Give a job that is remembered."""
        self._forget_old()
        _, job = self._jobs.get(job_id, (None, None))
        return job

    def _forget_old(self) -> None:
        while self._jobs:
            kept_at, _ = next(iter(self._jobs.values()))
            if self._clock() - kept_at < self._longest:
                return
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, (_, job) = self._jobs.popitem(last=False)
        self._held_bytes -= _size_of(job)


def _size_of(job: JobView) -> int:
    return 0 if job.answer is None else job.answer.size
