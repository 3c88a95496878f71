"""What holds for workers behind a broker alone: several machines, and a broker that may fail."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from celery_workers import kill_family, running_worker
from redis.asyncio import Redis
from throwaway_redis import free_port, running_redis
from underway import PATIENCE_S, is_dead_in_time, run, underway

from sonalyze_chassis.celery_engine import CLIENT_NAME, CeleryEngine
from sonalyze_chassis.celery_wire import TASK, lease_key
from sonalyze_chassis.compute import BrokerLost
from sonalyze_contracts.errors import Forbidden

QUEUE = "machines"
SILENCE_S = 1.0


@pytest.fixture(scope="module")
def machines(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("machines")
    with ExitStack() as stack:
        for name in ("first", "second"):
            log = folder / f"{name}.log"
            stack.enter_context(running_worker(redis_url, QUEUE, log, processes=1))
        yield redis_url


@pytest.fixture
async def engine(machines: str) -> AsyncIterator[CeleryEngine]:
    opened = CeleryEngine(machines, 10, queue=QUEUE, silence_s=SILENCE_S)
    await opened.warm()
    yield opened
    await opened.close()


@dataclass
class Room:
    """No JSON value."""

    volume_m3: float


async def test_a_worker_does_nothing_but_the_work_it_serves(engine: CeleryEngine) -> None:
    with pytest.raises(Forbidden) as refusal:
        await engine.run("os:getpid", deadline_s=PATIENCE_S)

    assert refusal.value.facts == {"work": "os:getpid"}


async def test_nothing_but_json_values_goes_to_a_broker(engine: CeleryEngine) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        await run(engine, "add", Room(30.0))


async def test_what_is_delivered_again_after_its_answer_is_not_done_again(
    engine: CeleryEngine, tmp_path: Path
) -> None:
    marker = tmp_path / "runs"
    left = underway(engine, "leave", str(marker))
    await left.has_begun.wait()
    (waiting,) = engine._waiting.values()
    await left.task

    engine._celery.send_task(TASK, args=tuple(waiting.job), task_id="again")
    await run(engine, "add", 1, 2)

    assert marker.read_text(encoding="ascii") == "ran\n"


async def test_a_cut_connection_costs_no_answer(engine: CeleryEngine, machines: str) -> None:
    work = underway(engine, "hold")
    process = await work.process()

    async with Redis.from_url(machines) as redis:
        for client in await redis.client_list(_type="pubsub"):
            if client["name"] == CLIENT_NAME:
                await redis.client_kill_filter(_id=client["id"])

    assert await run(engine, "add", 1, 2) == 3
    assert process.is_running()
    await work.end()
    assert await is_dead_in_time(process)


async def test_what_the_broker_forgets_is_handed_out_again(
    engine: CeleryEngine, machines: str
) -> None:
    held = [underway(engine, "hold") for _ in range(2)]
    for work in held:
        await work.process()
    queued = underway(engine, "add", 1, 2)
    await asyncio.sleep(0)
    async with engine._one_at_a_time:
        lost = list(engine._waiting.values())[-1].job

    async with Redis.from_url(machines) as redis:
        await redis.delete(QUEUE, lease_key(QUEUE, lost.id))
    for work in held:
        await work.end()

    assert await queued.task == 3


async def test_without_a_broker_work_is_refused_with_a_time_to_come_back() -> None:
    with running_redis() as url:
        pass
    engine = CeleryEngine(url, 10)

    with pytest.raises(BrokerLost) as refusal:
        await run(engine, "add", 1, 2)

    assert refusal.value.retryable
    assert refusal.value.facts["retry_after_s"] > 0
    await engine.close()


async def test_a_broker_that_is_killed_and_comes_back_costs_no_answer(tmp_path: Path) -> None:
    port = free_port()
    with ExitStack() as stack, ExitStack() as broker:
        url = broker.enter_context(running_redis(port))
        stack.enter_context(running_worker(url, QUEUE, tmp_path / "worker.log", processes=1))
        engine = CeleryEngine(url, 10, queue=QUEUE, silence_s=SILENCE_S)
        await engine.warm()
        work = underway(engine, "hold_once", str(tmp_path / "ran"))
        queued = underway(engine, "add", 1, 2)
        process = await work.process()

        broker.close()
        stack.enter_context(running_redis(port))

        assert await work.task == "done the second time"
        assert await queued.task == 3
        assert await is_dead_in_time(process)
        await engine.close()


async def test_what_one_service_calls_back_leaves_another_s_alone(
    engine: CeleryEngine, machines: str
) -> None:
    other = CeleryEngine(machines, 10, queue=QUEUE, silence_s=SILENCE_S)
    await other.warm()
    mine, theirs = underway(engine, "hold"), underway(other, "hold")
    process, left_alone = await mine.process(), await theirs.process()

    await mine.end()

    assert await is_dead_in_time(process)
    assert left_alone.is_running()
    assert await run(other, "add", 1, 2) == 3
    await theirs.end()
    await other.close()


async def test_the_work_of_a_machine_that_fails_is_done_by_another(
    engine: CeleryEngine, tmp_path: Path
) -> None:
    work = underway(engine, "hold_once", str(tmp_path / "ran"))
    machine = (await work.process()).parent()

    assert isinstance(machine, psutil.Process)
    machine.send_signal(signal.SIGSTOP)
    kill_family(machine.pid)

    assert await work.task == "done the second time"
