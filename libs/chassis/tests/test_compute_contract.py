"""What holds for every engine behind the `Compute` port."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from celery_workers import MEMORY_LIMIT_MIB, running_worker
from contract_work import RoomTooOdd
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from structlog.testing import capture_logs
from underway import WORK, Underway, is_dead_in_time, run, underway

from sonalyze_chassis.celery_engine import CeleryEngine
from sonalyze_chassis.compute import (
    DeadlinePassed,
    Engine,
    MemoryExceeded,
    Stopping,
    WorkerDied,
    WorkFailed,
)
from sonalyze_chassis.errors import install_error_handlers
from sonalyze_chassis.local_processes import LocalProcesses

WORKERS = 2
QUEUE_LIMIT = 2


@pytest.fixture(scope="module")
def celery_queue(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    queue, log = "contract", tmp_path_factory.mktemp("celery") / "contract.log"
    with running_worker(redis_url, queue, log, processes=WORKERS):
        yield queue


@pytest.fixture(params=["local", "celery"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Engine]:
    opened: Engine
    if request.param == "local":
        opened = LocalProcesses(
            WORKERS, QUEUE_LIMIT, preload=(WORK,), memory_limit_mib=MEMORY_LIMIT_MIB
        )
    else:
        queue = request.getfixturevalue("celery_queue")
        url = request.getfixturevalue("redis_url")
        opened = CeleryEngine(url, QUEUE_LIMIT, queue=queue)
    await opened.warm()
    yield opened
    await opened.close()


async def test_work_is_done_in_another_process(engine: Engine) -> None:
    assert await run(engine, "add", 1, 2) == 3
    assert await run(engine, "pid") != os.getpid()


async def test_as_much_is_done_at_once_as_there_are_workers(engine: Engine) -> None:
    works = [underway(engine, "hold") for _ in range(WORKERS)]

    processes = {(await work.process()).pid for work in works}

    assert len(processes) == WORKERS
    await asyncio.gather(*(work.end() for work in works))


async def test_progress_is_heard_in_its_order_and_before_the_result(engine: Engine) -> None:
    work = underway(engine, "in_three_stages")

    stages = await work.task

    assert [progress.stage for progress in work.said] == stages
    assert [progress.fraction for progress in work.said] == [0, 1 / 3, 2 / 3]


async def test_progress_without_pause_is_thinned(engine: Engine) -> None:
    steps = 10_000
    work = underway(engine, "in_a_hurry", steps)

    await work.task

    assert 1 <= len(work.said) < steps / 10


@pytest.mark.parametrize("work", ["hold", "hold_deafly"])
async def test_cancelling_kills_the_process(engine: Engine, work: str) -> None:
    cancelled = underway(engine, work)
    process = await cancelled.process()

    cancelled.task.cancel()

    assert await is_dead_in_time(process)
    with pytest.raises(asyncio.CancelledError):
        await cancelled.task
    assert await run(engine, "add", 1, 2) == 3


async def test_what_is_cancelled_in_the_queue_never_begins(engine: Engine, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    works = [underway(engine, "hold") for _ in range(WORKERS)]
    for work in works:
        await work.process()
    queued = [underway(engine, "leave", str(marker)) for _ in range(QUEUE_LIMIT)]
    await refused_because_full(engine)

    await asyncio.gather(*(work.end() for work in queued))
    await asyncio.gather(*(work.end() for work in works))

    assert not any(work.has_begun.is_set() for work in queued)
    assert await run(engine, "add", 1, 2) == 3
    assert not marker.exists()


async def test_work_beyond_its_deadline_is_killed(engine: Engine) -> None:
    late = Underway(engine, "hold", deadline_s=0.3)
    process = await late.process()

    with pytest.raises(DeadlinePassed) as passed:
        await late.task

    assert WORK not in str(passed.value.body())
    assert await is_dead_in_time(process)
    assert await run(engine, "add", 1, 2) == 3


async def test_work_whose_process_is_killed_is_done_again_or_may_be_asked_for_again(
    engine: Engine, tmp_path: Path
) -> None:
    work = underway(engine, "hold_once", str(tmp_path / "ran"))
    process = await work.process()

    process.send_signal(signal.SIGKILL)

    if isinstance(engine, LocalProcesses):
        with pytest.raises(WorkerDied) as death:
            await work.task
        assert death.value.retryable
        assert WORK not in str(death.value.body())
    else:
        assert await work.task == "done the second time"
    assert await run(engine, "add", 1, 2) == 3


async def test_work_that_needs_too_much_memory_is_refused_and_its_worker_goes_on(
    engine: Engine,
) -> None:
    with pytest.raises(MemoryExceeded, match=f"{MEMORY_LIMIT_MIB} MiB") as refusal:
        await run(engine, "take_too_much")

    assert not refusal.value.retryable
    assert await run(engine, "add", 1, 2) == 3


async def test_more_than_the_queue_holds_is_answered_503_with_a_time_to_come_back(
    engine: Engine,
) -> None:
    works = [underway(engine, "hold") for _ in range(WORKERS)]
    for work in works:
        await work.process()
    queued = [underway(engine, "pid") for _ in range(QUEUE_LIMIT)]

    answer = await refused_because_full(engine)

    assert answer == (503, "5")
    await asyncio.gather(*(work.end() for work in works))
    assert os.getpid() not in await asyncio.gather(*(work.task for work in queued))


async def refused_because_full(engine: Engine) -> tuple[int, str]:
    """Ask over HTTP for more than there is room for, once all who asked before have asked."""
    await asyncio.sleep(0)
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/")
    async def ask() -> object:
        return await run(engine, "pid")

    async with AsyncClient(transport=ASGITransport(app), base_url="http://here") as client:
        answer = await client.get("/")
    assert answer.json()["details"]["condition"] == "queue_full"
    return answer.status_code, answer.headers["Retry-After"]


async def test_a_condition_of_ours_arrives_as_it_was_raised(engine: Engine) -> None:
    with pytest.raises(RoomTooOdd) as refusal:
        await run(engine, "refuse")

    assert refusal.value.message == "This room has too many corners"
    assert refusal.value.facts == {"corners": 17, "most": 16}
    assert refusal.value.details["condition"] == "room_too_odd"


async def test_what_nobody_foresaw_is_logged_and_told_as_internal(engine: Engine) -> None:
    with capture_logs() as logged, pytest.raises(WorkFailed) as failure:
        await run(engine, "fail")

    assert failure.value.code == "internal"
    assert "division" not in str(failure.value.body())
    assert WORK not in str(failure.value.body())
    (entry,) = [entry for entry in logged if entry["event"] == "compute.work_failed"]
    assert "division by zero" in str(entry)


async def test_closing_ends_what_runs_and_tells_everybody_who_waits(engine: Engine) -> None:
    works = [underway(engine, "hold") for _ in range(WORKERS)]
    processes = [await work.process() for work in works]

    await engine.close()

    ends = await asyncio.gather(*(work.task for work in works), return_exceptions=True)
    assert [type(end) for end in ends] == [Stopping] * WORKERS
    assert all([await is_dead_in_time(process) for process in processes])
    with pytest.raises(Stopping):
        await run(engine, "pid")
