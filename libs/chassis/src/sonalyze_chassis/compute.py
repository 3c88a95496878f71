"""Heavy work runs elsewhere: the event loop never waits for numbers.

The work is named, not imported: ``"sonalyze_measurement.infra.evaluate:recording"`` is resolved
where it is done, so that the parent never loads numpy. Two engines do it: processes of this
machine (`sonalyze_chassis.local_processes`) and workers behind a broker, on any number of
machines (`sonalyze_chassis.celery_engine`). Work that has to run on both takes and gives JSON
values; what never leaves this machine may be whatever can be pickled.
"""

from collections.abc import Callable
from typing import Any, Protocol

from sonalyze_chassis.progress import Listener
from sonalyze_contracts.errors import SonalyzeError, TooLarge, Unavailable

RETRY_AFTER_S = 5
"""When somebody who was sent away may ask again."""


class QueueFull(Unavailable):
    """As much work as the documented limit allows is waiting already."""


class DeadlinePassed(Unavailable):
    """The work took longer than it may; its process is dead."""


class WorkerDied(Unavailable):
    """The process that did the work ended without an answer."""


class Stopping(Unavailable):
    """The service is being stopped; another or the next one can do the work."""


class BrokerLost(Unavailable):
    """What stands between this service and its workers does not answer."""


class MemoryExceeded(TooLarge):
    """The work needs more memory than a worker may take."""


class WorkFailed(SonalyzeError):
    """The work failed in a way nobody foresaw; the log knows how."""


class Compute(Protocol):
    """Does named work elsewhere, within a deadline, from a bounded queue."""

    async def run(
        self,
        work: str,
        *arguments: Any,  # noqa: ANN401  whatever the engine can send
        deadline_s: float,
        started: Callable[[], None] | None = None,
        progressed: Listener | None = None,
    ) -> Any:  # noqa: ANN401  whatever the work gives
        """Do the work and give its result.

        A condition of ours that the work raises is raised here. Cancelling the waiting task kills
        the child within two seconds; work that still waits is never begun. The deadline counts
        from the beginning of the work. ``started`` is called when the work leaves the queue,
        ``progressed`` when the work says how far it is (`sonalyze_chassis.progress.report`).

        Raises
        ------
        QueueFull, Stopping, BrokerLost
            Nothing was started, or nobody knows what became of it; come back later.
        DeadlinePassed, WorkerDied, MemoryExceeded
            The work did not end by itself.
        WorkFailed
            The work raised what is none of our conditions; it is in the log already.
        """


class Engine(Compute, Protocol):
    """What computes, as the composition root opens and closes it."""

    async def warm(self) -> None:
        """Get ready, so that nobody waits for it later."""

    async def close(self) -> None:
        """End what still runs; whoever waits for it is told."""


def queue_full() -> QueueFull:
    """Send somebody away because too much waits already."""
    return QueueFull("The service is busy; try again in a few seconds", retry_after_s=RETRY_AFTER_S)


def stopping() -> Stopping:
    """Send somebody away because the service ends."""
    return Stopping("The service is stopping; try again", retry_after_s=RETRY_AFTER_S)
