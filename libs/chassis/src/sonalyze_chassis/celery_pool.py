"""Celery looks after its children every five seconds; ours are killed whenever somebody cancels.

Children that are forked later hold the pipe whose end tells of a child's death, so Celery often
learns of it from its own round only: a new child, or another run of the work, had to wait for it.
"""

from typing import Any

from celery.bootsteps import StartStopStep

ROUND_S = 0.25
"""How often the children are looked after; a round takes a system call for each."""


class FrequentRounds(StartStopStep):  # type: ignore[misc]  # celery has no types
    """A step of the worker's start that makes it look after its children more often."""

    requires = ("celery.worker.components:Pool",)

    def register_with_event_loop(self, worker: Any, hub: Any) -> None:  # noqa: ANN401  celery's
        """Go the rounds as long as this connection to the broker lasts."""
        hub.call_repeatedly(ROUND_S, worker.pool.maintain_pool)
