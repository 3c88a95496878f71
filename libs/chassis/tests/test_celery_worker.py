"""A worker's decisions, in this process, on a real broker."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from celery.exceptions import TimeLimitExceeded
from redis.asyncio import Redis

from sonalyze_chassis.celery_jobs import new_job
from sonalyze_chassis.celery_leases import Leases
from sonalyze_chassis.celery_wire import Failed, Job, json_of, outcome_read
from sonalyze_chassis.celery_worker import MOST_RUNS, Desk, PerformWork
from sonalyze_chassis.compute import DeadlinePassed, WorkerDied
from sonalyze_chassis.work import Given, Refused

QUEUE = "desk"
MODULES = ("contract_work",)


@pytest.fixture
async def leases(redis_url: str) -> AsyncIterator[Leases]:
    async with Redis.from_url(redis_url) as redis:
        yield Leases(redis, QUEUE)


@pytest.fixture
def desk(redis_url: str) -> Desk:
    return Desk(redis_url, QUEUE, pulse_s=0.2)


@pytest.fixture
def task(desk: Desk) -> PerformWork:
    return PerformWork(desk, MODULES, memory_limit_mib=None)


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def runs(marker: Path) -> int:
    """Count how often the work was done."""
    return len(marker.read_text(encoding="ascii").splitlines()) if marker.exists() else 0


@pytest.fixture
def job(marker: Path) -> Job:
    return new_job("contract_work:leave", json_of([str(marker)]), channel="nobody")


async def test_work_is_done_for_whoever_waits(
    leases: Leases, task: PerformWork, job: Job, marker: Path
) -> None:
    await leases.take(job.id)

    await asyncio.to_thread(task.run, *job)

    assert outcome_read(await leases.outcome(job.id)) == Given(None)
    assert runs(marker) == 1


async def test_work_that_nobody_waits_for_is_not_begun(
    leases: Leases, task: PerformWork, job: Job, marker: Path
) -> None:
    await leases.take(job.id)
    await leases.drop(job.id)

    await asyncio.to_thread(task.run, *job)

    assert runs(marker) == 0


async def test_work_is_begun_no_more_once_there_is_an_outcome(
    leases: Leases, task: PerformWork, job: Job, marker: Path
) -> None:
    await leases.take(job.id)

    await asyncio.to_thread(task.run, *job)
    await asyncio.to_thread(task.run, *job)

    assert runs(marker) == 1


async def test_work_that_killed_every_worker_is_given_up(
    leases: Leases, desk: Desk, task: PerformWork, job: Job, marker: Path
) -> None:
    await leases.take(job.id)
    for _ in range(MOST_RUNS):
        assert await asyncio.to_thread(desk.run_number, job)

    await asyncio.to_thread(task.run, *job)

    refused = outcome_read(await leases.outcome(job.id))
    assert isinstance(refused, Refused)
    assert isinstance(refused.condition(), WorkerDied)
    assert runs(marker) == 0


async def test_work_that_celery_ends_in_its_time_limit_has_passed_its_deadline(
    leases: Leases, task: PerformWork, job: Job
) -> None:
    await leases.take(job.id)

    await asyncio.to_thread(task.on_failure, TimeLimitExceeded(1), "id", job, {}, None)

    refused = outcome_read(await leases.outcome(job.id))
    assert isinstance(refused, Refused)
    assert isinstance(refused.condition(), DeadlinePassed)


async def test_an_outcome_is_fetched_once(leases: Leases, task: PerformWork, job: Job) -> None:
    await leases.take(job.id)
    await asyncio.to_thread(task.run, *job)

    await leases.outcome(job.id)

    assert isinstance(outcome_read(await leases.outcome(job.id)), Failed)


async def test_the_queue_is_as_long_as_what_waits_in_it(leases: Leases, job: Job) -> None:
    await leases.take(job.id)

    length = await leases.queue_length()

    assert length == 0, "nothing was handed out to the broker"
