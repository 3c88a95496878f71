"""The engine that grows: Celery workers behind Redis or Valkey, on any number of machines.

Loaded only where a broker is configured (extra ``scale``). See `sonalyze_chassis.celery_wire` for
what passes, `sonalyze_chassis.celery_worker` for the other end. A killed worker's job runs again:
at once where its machine sees the death, else when the job has been silent for a while. However
often it runs, the first outcome is the answer.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from kombu.exceptions import OperationalError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from sonalyze_chassis.celery_jobs import Waiting, new_job
from sonalyze_chassis.celery_leases import Leases
from sonalyze_chassis.celery_wire import (
    PULSE_S,
    QUEUE,
    TASK,
    Failed,
    celery_app,
    json_of,
    news_read,
    outcome_read,
)
from sonalyze_chassis.compute import (
    RETRY_AFTER_S,
    BrokerLost,
    DeadlinePassed,
    WorkFailed,
    queue_full,
    stopping,
)
from sonalyze_chassis.errors import INTERNAL_MESSAGE
from sonalyze_chassis.progress import Listener
from sonalyze_chassis.work import Given, Outcome

log = structlog.get_logger(__name__)

GRACE_S = 5.0
"""How long after the deadline a worker ends work by itself, should its service be gone."""

SILENCE_S = 5 * PULSE_S
"""A job that has not been heard of for so long is given to another worker."""

CONNECT_TIMEOUT_S = 5.0
RECONNECT_PAUSE_S = 0.5

CLIENT_NAME = "sonalyze-compute"
"""How the broker's own list of its clients names a service."""


class CeleryEngine:
    """Workers behind a broker; see `sonalyze_chassis.compute.Engine`."""

    def __init__(
        self,
        broker_url: str,
        queue_limit: int,
        *,
        queue: str = QUEUE,
        silence_s: float = SILENCE_S,
    ) -> None:
        self._celery = celery_app(broker_url, queue)
        self._redis = Redis.from_url(
            broker_url, client_name=CLIENT_NAME, socket_connect_timeout=CONNECT_TIMEOUT_S
        )
        self._leases = Leases(self._redis, queue)
        self._limit = queue_limit
        self._silence_s = silence_s
        self._channel = f"{queue}:news:{secrets.token_hex(8)}"
        self._waiting: dict[str, Waiting] = {}
        self._one_at_a_time = asyncio.Lock()
        self._hears = asyncio.Event()
        self._is_closed = False
        self._watchers: list[asyncio.Task[None]] = []
        self._errands: set[asyncio.Task[None]] = set()

    async def run(
        self,
        work: str,
        *arguments: Any,  # noqa: ANN401
        deadline_s: float,
        started: Callable[[], None] | None = None,
        progressed: Listener | None = None,
    ) -> Any:  # noqa: ANN401
        """Let a worker do the work; see `sonalyze_chassis.compute.Compute`."""
        job = new_job(work, json_of(arguments), self._channel)
        with _broker_faults():
            try:
                async with asyncio.timeout(None) as patience:
                    waiting = Waiting(job, deadline_s, started, progressed, patience)
                    outcome = await self._outcome(waiting)
            except TimeoutError as error:
                if not patience.expired():
                    raise
                log.warning("compute.deadline_passed", work=work, deadline_s=deadline_s)
                raise DeadlinePassed(f"Took longer than {deadline_s:g} s") from error
        match outcome:
            case Given(result):
                return result
            case Failed(trace):
                log.error("compute.work_failed", work=work, trace=trace)
                raise WorkFailed(INTERNAL_MESSAGE)
            case refused:
                raise refused.condition()

    async def warm(self) -> None:
        """Listen to the workers; fails with `BrokerLost` where there is no broker."""
        with _broker_faults():
            await self._listening()

    async def close(self) -> None:
        """Call back what still runs; whoever waits for it is told."""
        async with self._one_at_a_time:
            self._is_closed = True
            for waiting in tuple(self._waiting.values()):
                self._leave(waiting)
                waiting.ended.set()
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, *self._errands, return_exceptions=True)
        await self._redis.aclose()
        await asyncio.to_thread(self._celery.close)

    async def _outcome(self, waiting: Waiting) -> Outcome | Failed:
        try:
            async with self._one_at_a_time:
                await self._admit()
                self._waiting[waiting.job.id] = waiting
                await self._leases.take(waiting.job.id)
                await self._hand_out(waiting)
            await waiting.ended.wait()
            if self._is_closed:
                raise stopping()
            return outcome_read(await self._leases.outcome(waiting.job.id))
        finally:
            self._leave(waiting)

    async def _admit(self) -> None:
        if self._is_closed:
            raise stopping()
        await self._listening()
        if await self._leases.queue_length() >= self._limit:
            raise queue_full()

    async def _hand_out(self, waiting: Waiting) -> None:
        await asyncio.to_thread(
            self._celery.send_task,
            TASK,
            args=tuple(waiting.job),
            task_id=waiting.next_task_id(),
            time_limit=waiting.deadline_s + GRACE_S,
            argsrepr=waiting.job.work,
        )

    async def _give_up(self, waiting: Waiting, *, is_done: bool) -> None:
        """Make sure that nobody begins the job, and that nobody goes on with it."""
        try:
            await self._leases.drop(waiting.job.id)
            if not is_done:
                await asyncio.to_thread(
                    self._celery.control.revoke, waiting.task_ids, terminate=True, signal="SIGKILL"
                )
        except (RedisError, OperationalError, OSError) as error:
            log.warning("compute.not_called_back", work=waiting.job.work, error=str(error))

    async def _listening(self) -> None:
        if self._hears.is_set():
            return
        await self._redis.ping()
        if not self._watchers:
            self._watchers = [
                asyncio.create_task(self._listen()),
                asyncio.create_task(self._tend()),
            ]
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await self._hears.wait()
        except TimeoutError as error:
            raise _broker_lost() from error

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear_all()
            except (RedisError, OSError) as error:
                self._hears.clear()
                log.warning("compute.broker_lost", error=str(error))
                await asyncio.sleep(RECONNECT_PAUSE_S)

    async def _hear_all(self) -> None:
        async with self._redis.pubsub() as news:
            await news.subscribe(self._channel)
            async for message in news.listen():
                if message["type"] == "subscribe":
                    self._start_hearing()
                else:
                    self._hear(message["data"])

    def _start_hearing(self) -> None:
        """Count the silence of all jobs from now: they were not the ones who were silent."""
        now = asyncio.get_running_loop().time()
        for waiting in self._waiting.values():
            waiting.listened_since = now
        self._hears.set()

    def _hear(self, content: bytes) -> None:
        news = news_read(content)
        waiting = self._waiting.get(news.job_id)
        if waiting is not None:
            waiting.hear(news, asyncio.get_running_loop().time())

    async def _tend(self) -> None:
        while True:
            await asyncio.sleep(min(PULSE_S, self._silence_s))
            try:
                for waiting in tuple(self._waiting.values()):
                    async with self._one_at_a_time:
                        await self._look_after(waiting)
            except (RedisError, OperationalError, OSError) as error:
                log.warning("compute.broker_lost", error=str(error))

    async def _look_after(self, waiting: Waiting) -> None:
        standing = await self._leases.renew(waiting.job.id)
        now = asyncio.get_running_loop().time()
        if waiting.job.id not in self._waiting:
            return
        if standing.has_ended:
            waiting.ended.set()
        elif waiting.is_silent(now, self._silence_s) or waiting.is_lost(standing):
            log.warning("compute.handed_out_again", work=waiting.job.work, job_id=waiting.job.id)
            waiting.is_running = False
            await self._leases.take(waiting.job.id)
            await self._hand_out(waiting)

    def _leave(self, waiting: Waiting) -> None:
        if self._waiting.pop(waiting.job.id, None) is None:
            return
        errand = asyncio.create_task(self._give_up(waiting, is_done=waiting.ended.is_set()))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)


@contextmanager
def _broker_faults() -> Iterator[None]:
    try:
        yield
    except (RedisError, OperationalError, OSError) as error:
        log.warning("compute.broker_lost", error=str(error))
        raise _broker_lost() from error


def _broker_lost() -> BrokerLost:
    return BrokerLost(
        "The broker of the workers does not answer; try again", retry_after_s=RETRY_AFTER_S
    )
