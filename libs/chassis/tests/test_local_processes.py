import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
from underway import is_dead_in_time

from sonalyze_chassis.compute import DeadlinePassed, QueueFull, Stopping, WorkerDied
from sonalyze_chassis.local_processes import LocalProcesses

LONG_S = 600


@pytest.fixture
async def compute() -> AsyncIterator[LocalProcesses]:
    processes = LocalProcesses(workers=1, queue_limit=1, preload=())
    await processes.warm()
    yield processes
    await processes.close()


async def begun(compute: LocalProcesses, work: str, *arguments: object) -> asyncio.Task[object]:
    """Start the work and wait until it has left the queue."""
    left_queue = asyncio.Event()
    task = asyncio.create_task(
        compute.run(work, *arguments, deadline_s=LONG_S, started=left_queue.set)
    )
    await left_queue.wait()
    return task


def until(condition: Callable[[], bool]) -> None:
    """Wait for what pebble's threads notice; they tell nobody."""
    give_up_at = time.monotonic() + 10
    while not condition() and time.monotonic() < give_up_at:
        time.sleep(0.01)


async def test_work_is_done_in_another_process(compute: LocalProcesses) -> None:
    pid = await compute.run("os:getpid", deadline_s=30)

    assert pid != os.getpid()


async def test_work_beyond_its_deadline_is_killed_and_the_next_is_done(
    compute: LocalProcesses,
) -> None:
    with pytest.raises(DeadlinePassed):
        await compute.run("time:sleep", LONG_S, deadline_s=0.1)

    assert await compute.run("operator:add", 1, 2, deadline_s=30) == 3


async def test_a_killed_worker_is_told_and_replaced(compute: LocalProcesses) -> None:
    pid = await compute.run("os:getpid", deadline_s=30)
    working = await begun(compute, "time:sleep", LONG_S)
    await asyncio.to_thread(until, lambda: any(future.running() for future in compute._futures))

    os.kill(pid, signal.SIGKILL)

    with pytest.raises(WorkerDied) as death:
        await working
    assert death.value.retryable
    assert await compute.run("operator:add", 1, 2, deadline_s=30) == 3


async def test_the_death_of_an_idle_worker_costs_nobody_an_answer(compute: LocalProcesses) -> None:
    pid = await compute.run("os:getpid", deadline_s=30)

    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(until, lambda: not compute._pool.active)

    assert await compute.run("operator:add", 1, 2, deadline_s=30) == 3


async def test_more_work_than_the_queue_holds_is_refused_at_once(compute: LocalProcesses) -> None:
    working = await begun(compute, "time:sleep", LONG_S)
    waiting = asyncio.create_task(compute.run("os:getpid", deadline_s=30))
    await asyncio.sleep(0)

    with pytest.raises(QueueFull) as refusal:
        await compute.run("os:getpid", deadline_s=30)

    assert refusal.value.facts["retry_after_s"] > 0
    working.cancel()
    assert await waiting != os.getpid()


async def test_closing_tells_everybody_who_waits() -> None:
    compute = LocalProcesses(workers=1, queue_limit=1, preload=())
    working = await begun(compute, "time:sleep", LONG_S)
    waiting = asyncio.create_task(compute.run("os:getpid", deadline_s=30))
    await asyncio.sleep(0)

    await compute.close()

    ends = await asyncio.gather(working, waiting, return_exceptions=True)
    assert [type(end) for end in ends] == [Stopping, Stopping]


SERVICE = """
import asyncio
from sonalyze_chassis.local_processes import LocalProcesses

async def compute():
    processes = LocalProcesses(workers=1, queue_limit=1, preload=())
    tell = lambda progress: print(progress.stage, flush=True)
    await processes.run("contract_work:hold", deadline_s=600, progressed=tell)

asyncio.run(compute())
"""


async def test_no_child_goes_on_when_its_service_is_killed() -> None:
    service = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SERVICE),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent / "support")},
    )
    assert service.stdout is not None
    child = psutil.Process(int(await service.stdout.readline()))

    service.kill()

    assert await is_dead_in_time(child)
    await service.communicate()
