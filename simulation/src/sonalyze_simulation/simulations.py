"""Simulations: judged, refused or computed, waited for or run as jobs."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sonalyze_chassis.compute import queue_full
from sonalyze_contracts.identifiers import DeviceId, JobId
from sonalyze_contracts.simulation_jobs import SimulationAccepted
from sonalyze_simulation.computing import Computing
from sonalyze_simulation.domain.answers import Answer
from sonalyze_simulation.domain.expense import require_affordable
from sonalyze_simulation.jobs import Jobs
from sonalyze_simulation.ports import Engine
from sonalyze_simulation.running import RunningJob

PROMPT_S = 0.5
"""How long a job's request waits for its room to be judged; where all workers are busy the job id
is given without."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a simulation may take, how long somebody waits for it, and how many may be begun."""

    most_seconds: float
    answer_seconds: float
    most_underway: int


@dataclass(frozen=True, slots=True)
class Run:
    """A simulation that has its answer, or goes on as a job."""

    job_id: JobId
    answer: Answer | None
    estimated_seconds: float | None

    def accepted(self) -> SimulationAccepted:
        """Say that it goes on."""
        return SimulationAccepted(job_id=self.job_id, estimated_seconds=self.estimated_seconds)


class Simulations:
    """Answers what a room sounds like."""

    def __init__(self, engine: Engine, computing: Computing, jobs: Jobs, limits: Limits) -> None:
        self._engine = engine
        self._computing = computing
        self._jobs = jobs
        self._limits = limits

    async def run(self, body: Mapping[str, Any], device_id: DeviceId | None = None) -> Run:
        """Answer, or go on as a job where that would take too long.

        Whoever stops waiting ends the simulation, unless somebody else wants the same.
        """
        job = self._begun(body, device_id)
        try:
            await self._until_clear(job)
        except asyncio.CancelledError:
            await self._jobs.give_up(job)
            raise
        if job.has_ended:
            return Run(job.job_id, job.answer(), job.estimated_seconds)
        return await self._accepted(job)

    async def start(self, body: Mapping[str, Any], device_id: DeviceId) -> SimulationAccepted:
        """Run as a job; what is wrong with the room is refused at once if it is found so soon."""
        job = self._begun(body, device_id)
        await self._judged(job, PROMPT_S)
        if job.has_ended and job.condition is not None:
            raise job.condition
        return (await self._accepted(job)).accepted()

    def _begun(self, body: Mapping[str, Any], device_id: DeviceId | None) -> RunningJob:
        if self._jobs.underway >= self._limits.most_underway:
            raise queue_full()
        job = RunningJob(body, device_id)
        self._jobs.launch(job, self._answer_of(job))
        return job

    async def _accepted(self, job: RunningJob) -> Run:
        await self._jobs.accept(job)
        return Run(job.job_id, None, job.estimated_seconds)

    async def _answer_of(self, job: RunningJob) -> Answer:
        prepared = await self._engine.prepare(job.body, started=job.started)
        require_affordable(prepared, self._limits.most_seconds)
        job.prepared.set_result(prepared)
        return await self._computing.answer(prepared, job.hear)

    async def _until_clear(self, job: RunningJob) -> None:
        """Wait until the job has ended, or until it is clear that this takes too long."""
        patience_s = self._limits.answer_seconds
        give_up_at = asyncio.get_running_loop().time() + patience_s
        await self._judged(job, patience_s)
        if job.prepared.done() and not self._fits(job):
            return
        left_s = give_up_at - asyncio.get_running_loop().time()
        await asyncio.wait({job.running}, timeout=max(left_s, 0))
        if job.has_ended:
            await self._jobs.end_of(job)

    async def _judged(self, job: RunningJob, patience_s: float) -> None:
        """Wait until the room is judged, or found wanting, but no longer than this."""
        either: set[asyncio.Future[Any]] = {job.running, job.prepared}
        await asyncio.wait(either, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)

    def _fits(self, job: RunningJob) -> bool:
        prepared = job.prepared.result()
        is_quick = prepared.seconds <= self._limits.answer_seconds
        return is_quick or self._computing.is_known(prepared)
