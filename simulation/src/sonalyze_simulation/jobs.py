"""Jobs: what runs, what has ended, and who ends what runs."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any

import structlog

from sonalyze_chassis.publish import Publisher
from sonalyze_contracts.errors import Unavailable
from sonalyze_contracts.identifiers import DeviceId, JobId
from sonalyze_contracts.simulation_jobs import JobStatus
from sonalyze_simulation.domain.answers import Answer
from sonalyze_simulation.domain.conditions import (
    NotCompleted,
    SoundsForgotten,
    Unforeseen,
    UnknownJob,
)
from sonalyze_simulation.domain.jobs import JobView
from sonalyze_simulation.news import News
from sonalyze_simulation.ports import JobRecords
from sonalyze_simulation.running import RunningJob

log = structlog.get_logger(__name__)


class Jobs:
    """Every simulation that somebody asked for, until it is forgotten."""

    def __init__(self, records: JobRecords, publisher: Publisher) -> None:
        self._records = records
        self._publisher = publisher
        self._running: dict[JobId, RunningJob] = {}
        self._keeping: dict[JobId, asyncio.Task[None]] = {}

    @property
    def underway(self) -> int:
        """Count the jobs that run or wait for their turn."""
        return len(self._running)

    def launch(self, job: RunningJob, work: Coroutine[Any, Any, Answer]) -> None:
        """Let a job run."""
        job.work = asyncio.create_task(work)
        self._running[job.job_id] = job
        self._keeping[job.job_id] = asyncio.create_task(self._to_its_end(job))

    async def end_of(self, job: RunningJob) -> None:
        """Wait until a job has ended and is remembered; who stops waiting changes nothing."""
        keeping = self._keeping.get(job.job_id)
        if keeping is not None:
            await asyncio.wait({keeping})

    async def accept(self, job: RunningJob) -> None:
        """Remember a job from now on, whatever comes of it: somebody knows its id."""
        job.is_to_be_kept = True
        async with job.writing:
            if not job.has_ended:
                await _written(self._records.accept(job.view()))
        if job.device_id is not None:
            self._tell(job, job.device_id)

    def _tell(self, job: RunningJob, device_id: DeviceId) -> None:
        """Push to a device how the job goes from now on."""
        news = News(self._publisher, device_id)
        job.watcher, job.farewell = news.progressed, news.ended
        if job.job_id in self._keeping:
            news.progressed(job)
        else:
            news.ended(job)

    async def get(self, job_id: JobId) -> JobView:
        """Give a job as it stands."""
        running = self._running.get(job_id)
        if running is not None:
            return running.view()
        kept = await self._records.find(job_id)
        if kept is None:
            raise UnknownJob("Job not found")
        return kept

    async def cancel(self, job_id: JobId) -> JobView:
        """End a job; one that has ended stays as it is."""
        running = self._running.get(job_id)
        if running is not None:
            await self.give_up(running)
            return running.view()
        return await self.get(job_id)

    async def give_up(self, job: RunningJob) -> None:
        """End what runs, unless it has ended by itself."""
        if job.work is not None:
            job.work.cancel()
        await self.end_of(job)

    async def completed(self, job_id: JobId) -> Answer:
        """Give the answer of a job that has one."""
        view = await self.get(job_id)
        if view.stored_result is not None:
            raise SoundsForgotten("The sounds of so old a job are forgotten; simulate again")
        if view.answer is None:
            raise NotCompleted(f"The job has no answer: it is {view.status.value}")
        return view.answer

    async def close(self, patience_s: float) -> None:
        """Let what runs end, and end it when patience does."""
        if self._keeping:
            await asyncio.wait(set(self._keeping.values()), timeout=patience_s)
        for job in tuple(self._running.values()):
            job.is_stopped = True
            await self.give_up(job)

    async def _to_its_end(self, job: RunningJob) -> None:
        assert job.work is not None  # noqa: S101  set by `launch`
        await asyncio.wait({job.work})
        job.note_end()
        if isinstance(job.condition, Unforeseen):
            log.error("simulation.failed", job_id=job.job_id, exc_info=job.work.exception())
        view = job.view()
        if job.is_to_be_kept or view.status is JobStatus.COMPLETED:
            async with job.writing:
                await _written(self._records.keep(view))
        del self._running[job.job_id], self._keeping[job.job_id]
        if job.farewell is not None:
            job.farewell(job)


async def _written(record: Awaitable[None]) -> None:
    """Write a record; a disk that is full costs the record, not the simulation."""
    try:
        await record
    except Unavailable as error:
        log.warning("simulation.not_recorded", reason=error.message)
