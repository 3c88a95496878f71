"""What a service knows of the jobs it waits for: which began, when each was last heard of."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sonalyze_chassis.celery_wire import Job, News
from sonalyze_chassis.progress import Listener


@dataclass(eq=False)
class Waiting:
    """Somebody who waits for a job."""

    job: Job
    deadline_s: float
    started: Callable[[], None] | None
    progressed: Listener | None
    patience: asyncio.Timeout
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    heard_at: float | None = None
    task_ids: list[str] = field(default_factory=list)

    def next_task_id(self) -> str:
        """Name one more delivery of the job to the workers."""
        self.task_ids.append(f"{self.job.id}.{len(self.task_ids)}")
        return self.task_ids[-1]

    def hear(self, news: News, now: float) -> None:
        """Take in what a worker says; the deadline counts from the last beginning."""
        is_first = self.heard_at is None
        self.heard_at = now
        match news.what:
            case "began":
                # A deadline that has just passed cannot be put off any more.
                with suppress(RuntimeError):
                    self.patience.reschedule(now + self.deadline_s)
                if is_first and self.started is not None:
                    self.started()
            case "progress" if self.progressed is not None and news.progress is not None:
                self.progressed(news.progress)
            case "ended":
                self.ended.set()

    def is_silent(self, now: float, silence_s: float) -> bool:
        """Tell whether the worker, once heard, has not been heard of for so long."""
        return self.heard_at is not None and now - self.heard_at > silence_s


def new_job(work: str, arguments: str, channel: str) -> Job:
    """Give work an id of its own."""
    return Job(secrets.token_hex(16), work, arguments, channel)
