"""Work says how far it is, and whoever waits for it hears that, wherever the work runs.

`report` is all that work needs to know. It does nothing where nobody listens, so that the same
function runs in a child process, in a worker on another machine, in a test and in a script.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

SHORTEST_PAUSE_S = 0.05
"""Nobody sees more than twenty steps a second; the rest would only cost time."""


class Progress(NamedTuple):
    """How much of the work is done, and what it is at."""

    fraction: float
    stage: str


Listener = Callable[[Progress], None]
"""Hears of progress; may not raise and has to be quick."""

_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


def report(fraction: float, stage: str) -> None:
    """Tell whoever waits for the work, if anybody does, that this much (0 to 1) is done.

    A new stage is always told; within a stage only about twenty reports a second.
    """
    listener = _listener.get()
    if listener is not None:
        listener(Progress(fraction, stage))


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Let this listener hear what work reports in the block."""
    token = _listener.set(_Throttled(listener))
    try:
        yield
    finally:
        _listener.reset(token)


class _Throttled:
    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._stage: str | None = None
        self._told_at = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.stage == self._stage and now - self._told_at < SHORTEST_PAUSE_S:
            return
        self._stage, self._told_at = progress.stage, now
        self._listener(progress)
