"""What a service knows of the jobs it waits for: which began, when each was last heard of."""

import asyncio
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from sonalyze_chassis.celery_leases import Standing
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
    has_begun: bool = False
    is_running: bool = False
    listened_since: float = 0.0
    task_ids: list[str] = field(default_factory=list)

    def next_task_id(self) -> str:
        """Name one more delivery of the job to the workers."""
        self.task_ids.append(f"{self.job.id}.{len(self.task_ids)}")
        return self.task_ids[-1]

    def hear(self, news: News, now: float) -> None:
        """Take in what a worker says."""
        self.listened_since = now
        match news.what:
            case "began":
                self._begin(now)
            case "progress" if self.progressed is not None and news.progress is not None:
                self.progressed(news.progress)
            case "ended":
                self.ended.set()

    def is_silent(self, now: float, silence_s: float) -> bool:
        """Tell whether the worker that began the job has not been heard of for so long."""
        return self.is_running and now - self.listened_since > silence_s

    def is_lost(self, standing: Standing) -> bool:
        """Tell whether nobody is at the job and nobody would begin it: the broker forgot it."""
        return not self.is_running and not standing.is_wanted

    def _begin(self, now: float) -> None:
        is_first, self.has_begun, self.is_running = not self.has_begun, True, True
        # The deadline counts from the last beginning; one that has passed stays so.
        with suppress(RuntimeError):
            self.patience.reschedule(now + self.deadline_s)
        if is_first and self.started is not None:
            self.started()


def new_job(work: str, arguments: str, channel: str) -> Job:
    """Give work an id of its own."""
    return Job(secrets.token_hex(16), work, arguments, channel)
