"""What passes between a service and its Celery workers, and the settings both ends share.

A broker is often shared, so nothing that it holds is trusted to be more than data: JSON both
ways, never a pickle. Celery carries the work to a worker; what comes back (that it began, how far
it is, that it lives, that it ended) is published on the asking service's channel, and the outcome
lies under a key until it is fetched. A job has a *lease* as long as somebody waits for it: work
without one is not begun, whoever hands it out again.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from celery import Celery

from sonalyze_chassis.progress import Progress
from sonalyze_chassis.work import Given, Outcome, Refused

QUEUE = "sonalyze.compute"
TASK = "sonalyze.perform"

PULSE_S = 3.0
"""How often a worker says that it lives."""

LEASE_S = 60
"""How long a job is wanted after its service was last heard of."""

OUTCOME_KEPT_S = 300
"""How long an outcome waits for a service that lost its connection."""

REDELIVERED_AFTER_S = 6 * 3600
"""When a broker gives unacknowledged work to another worker; longer than any work may take."""

_STRICT = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME


class Job(NamedTuple):
    """What a worker is told; the arguments are a JSON array."""

    id: str
    work: str
    arguments: str
    channel: str


class News(NamedTuple):
    """What a worker says of a job: ``began``, ``lives``, ``ended``, or its progress."""

    job_id: str
    what: str
    progress: Progress | None = None


class Failed(NamedTuple):
    """The work raised what nobody foresaw; the trace is for the log."""

    trace: str


def lease_key(queue: str, job_id: str) -> str:
    """Name the key that exists while somebody waits for the job; it counts the runs."""
    return f"{queue}:lease:{job_id}"


def outcome_key(queue: str, job_id: str) -> str:
    """Name the key under which the outcome of a job lies."""
    return f"{queue}:outcome:{job_id}"


def waiting_key(queue: str) -> str:
    """Name the sorted set of jobs that nobody has begun, by the time until which they count."""
    return f"{queue}:waiting"


def json_of(arguments: Sequence[Any]) -> str:
    """Write arguments down; a `TypeError` if they are no JSON values."""
    return orjson.dumps(arguments, option=_STRICT).decode()


def news_written(news: News) -> bytes:
    """Write down what is said of a job."""
    return orjson.dumps(news, default=tuple)


def news_read(content: bytes) -> News:
    """Read what is said of a job."""
    job_id, what, progress = orjson.loads(content)
    return News(job_id, what, None if progress is None else Progress(*progress))


def outcome_written(outcome: Outcome | Failed) -> bytes:
    """Write an outcome down; a `TypeError` if the result is no JSON value."""
    match outcome:
        case Given(result):
            return orjson.dumps({"given": result}, option=_STRICT)
        case Refused():
            return orjson.dumps({"refused": tuple(outcome)}, default=str)
        case Failed(trace):
            return orjson.dumps({"failed": trace})


def outcome_read(content: bytes | str) -> Outcome | Failed:
    """Read an outcome."""
    match orjson.loads(content):
        case {"given": result}:
            return Given(result)
        case {"refused": [kinds, message, facts]}:
            return Refused(tuple(kinds), message, facts)
        case {"failed": trace}:
            return Failed(trace)
        case _:
            return Failed("What lies under the outcome's key is no outcome")


def celery_app(broker_url: str, queue: str) -> Celery:
    """Make the Celery application that a service and its workers have in common.

    Work is acknowledged when it is done, and given back when its process is lost; a worker takes
    no more than it can begin.
    """
    app = Celery("sonalyze", broker=broker_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_default_queue=queue,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": REDELIVERED_AFTER_S},
    )
    return app
