"""The worker's side of the Celery engine.

A service gives its workers a module of one line, ``app = worker_app(...)``, for
``celery -A … worker``. Only functions of the modules named there are done for anybody who can
write to the broker.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

import orjson
from celery import Celery, Task
from celery.exceptions import TimeLimitExceeded
from redis import Redis
from redis.commands.core import Script
from redis.exceptions import RedisError

from sonalyze_chassis.celery_pool import FrequentRounds
from sonalyze_chassis.celery_wire import (
    OUTCOME_KEPT_S,
    PULSE_S,
    QUEUE,
    TASK,
    Failed,
    Job,
    News,
    celery_app,
    lease_key,
    news_written,
    outcome_key,
    outcome_written,
    waiting_key,
)
from sonalyze_chassis.compute import DeadlinePassed, WorkerDied
from sonalyze_chassis.progress import Progress, heard_by
from sonalyze_chassis.threads import compute_on_one_thread
from sonalyze_chassis.work import Outcome, Refused, perform
from sonalyze_contracts.errors import Forbidden

MOST_RUNS = 3
"""Work whose third worker died is taken to be what killed them."""


COUNT_RUN = """
if redis.call('exists', KEYS[1]) == 0 then return 0 end
return redis.call('incr', KEYS[1])
"""
"""In one step, lest a lease that ends in between is made anew."""


class WorkUnknown(Forbidden):
    """The work is in no module that this worker serves."""


def worker_app(
    broker_url: str,
    modules: Sequence[str],
    *,
    queue: str = QUEUE,
    memory_limit_mib: int | None = None,
    pulse_s: float = PULSE_S,
) -> Celery:
    """Make the application of a worker that does what is in these modules, and nothing else.

    The modules are loaded when the worker starts, before it forks its children.
    """
    compute_on_one_thread()
    app = celery_app(broker_url, queue)
    app.conf.imports = tuple(modules)
    app.steps["worker"].add(FrequentRounds)
    app.register_task(PerformWork(Desk(broker_url, queue, pulse_s), modules, memory_limit_mib))
    return app


class Desk:
    """Where a worker looks whether a job is wanted, and tells what becomes of it."""

    def __init__(self, broker_url: str, queue: str, pulse_s: float) -> None:
        self._broker_url = broker_url
        self._queue = queue
        self._pulse_s = pulse_s

    @cached_property
    def _redis(self) -> Redis:
        return Redis.from_url(self._broker_url)

    @cached_property
    def _count_run(self) -> Script:
        return self._redis.register_script(COUNT_RUN)

    def run_number(self, job: Job) -> int:
        """Count one more run of the job; 0 if nobody waits for it any more."""
        return int(self._count_run(keys=[lease_key(self._queue, job.id)]))

    def began(self, job: Job) -> None:
        """Tell that the job has left the queue."""
        self._redis.zrem(waiting_key(self._queue), job.id)
        self._publish(job, News(job.id, "began"))

    def progressed(self, job: Job, progress: Progress) -> None:
        """Tell how far the job is, or do without."""
        with suppress(RedisError):
            self._publish(job, News(job.id, "progress", progress))

    def ended(self, job: Job, outcome: Outcome | Failed) -> None:
        """Leave the outcome to be fetched, unless there is one; nobody begins the job again."""
        content = outcome_written(outcome)
        with self._redis.pipeline() as pipeline:
            pipeline.set(outcome_key(self._queue, job.id), content, ex=OUTCOME_KEPT_S, nx=True)
            pipeline.delete(lease_key(self._queue, job.id))
            pipeline.publish(job.channel, news_written(News(job.id, "ended")))
            pipeline.execute()

    @contextmanager
    def pulse(self, job: Job) -> Iterator[None]:
        """Tell in the block, again and again, that this worker lives."""
        is_over = threading.Event()
        beating = threading.Thread(target=self._beat, args=(job, is_over), daemon=True)
        beating.start()
        try:
            yield
        finally:
            is_over.set()

    def _beat(self, job: Job, is_over: threading.Event) -> None:
        while not is_over.wait(self._pulse_s):
            with suppress(RedisError):
                self._publish(job, News(job.id, "lives"))

    def _publish(self, job: Job, news: News) -> None:
        self._redis.publish(job.channel, news_written(news))


class PerformWork(Task):  # type: ignore[misc]  # celery has no types
    """Does named work for whoever waits for it."""

    name = TASK

    def __init__(self, desk: Desk, modules: Sequence[str], memory_limit_mib: int | None) -> None:
        self._desk = desk
        self._modules = frozenset(modules)
        self._memory_limit_mib = memory_limit_mib

    def run(self, *fields: str) -> None:
        """Do the work and leave its outcome."""
        job = Job(*fields)
        run_number = self._desk.run_number(job)
        if run_number == 0:
            return
        if run_number > MOST_RUNS:
            died = WorkerDied("The worker process died; try again later")
            self._desk.ended(job, Refused.because_of(died))
            return
        self._desk.began(job)
        self._desk.ended(job, self._outcome(job))

    def on_failure(
        self,
        exc: BaseException,
        task_id: str,  # noqa: ARG002  celery's signature
        args: Sequence[str],
        kwargs: dict[str, Any],  # noqa: ARG002  celery's signature
        einfo: object,
    ) -> None:
        """Tell what nobody foresaw, and that the time is over where celery ended the work."""
        job = Job(*args)
        if isinstance(exc, TimeLimitExceeded):
            late = DeadlinePassed("Took longer than it may")
            self._desk.ended(job, Refused.because_of(late))
        else:
            self._desk.ended(job, Failed(str(einfo)))

    def _outcome(self, job: Job) -> Outcome:
        if job.work.partition(":")[0] not in self._modules:
            unknown = WorkUnknown("This worker does not do that work", work=job.work)
            return Refused.because_of(unknown)
        arguments = orjson.loads(job.arguments)
        with (
            self._desk.pulse(job),
            heard_by(lambda progress: self._desk.progressed(job, progress)),
        ):
            return perform(job.work, arguments, self._memory_limit_mib)
