"""Heavy work runs in child processes: the event loop never waits for numbers.

The work is named, not imported: ``"sonalyze_measurement.infra.evaluate:recording"`` is resolved
in the child, so that the parent never loads numpy. Children come from a fork server that has the
libraries loaded already, which makes a new one ready in about 10 ms.
"""

import asyncio
import importlib
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import CancelledError, TimeoutError  # noqa: A004  pebble raises this one
from typing import Any, Protocol

import structlog
from pebble import ProcessExpired, ProcessPool

from sonalyze_contracts.errors import Unavailable

log = structlog.get_logger(__name__)

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class QueueFull(Unavailable):
    """As much work as the documented limit allows is waiting already."""


class DeadlinePassed(Unavailable):
    """The work took longer than it may; its process is dead."""


class WorkerDied(Unavailable):
    """The process that did the work ended without an answer."""


class Compute(Protocol):
    """Does named work elsewhere, within a deadline, from a bounded queue."""

    async def run(self, work: str, *arguments: Any, deadline_s: float) -> Any:  # noqa: ANN401
        """Do the work and give its result.

        Arguments and result have to be picklable. What the work raises is raised here. Cancelling
        the waiting task kills the child.

        Raises
        ------
        QueueFull
            Nothing was started; come back later.
        DeadlinePassed, WorkerDied
            The work did not end by itself.
        """


class LocalProcesses:
    """The embedded engine: worker processes of this machine."""

    def __init__(self, workers: int, queue_limit: int, preload: Sequence[str]) -> None:
        for variable in _ONE_THREAD:
            os.environ.setdefault(variable, "1")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__, "uvicorn", *preload])
        self._pool = ProcessPool(max_workers=workers, context=context)
        self._limit = workers + queue_limit
        self._underway = 0

    async def run(self, work: str, *arguments: Any, deadline_s: float) -> Any:  # noqa: ANN401
        """Do the work in a child process; see `Compute`."""
        if self._underway >= self._limit:
            raise QueueFull("The service is busy; try again in a few seconds", retry_after_s=5)
        self._underway += 1
        future = self._pool.schedule(_perform, args=(work, arguments), timeout=deadline_s)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise DeadlinePassed(f"Took longer than {deadline_s:g} s", work=work) from error
        except ProcessExpired as error:
            log.error("compute.worker_died", work=work, exit_code=error.exitcode)  # noqa: TRY400
            raise WorkerDied("The worker process died; try again", work=work) from error
        except asyncio.CancelledError:
            future.cancel()  # type: ignore[no-untyped-call]
            raise
        except CancelledError as error:
            raise WorkerDied("The service is stopping; try again", work=work) from error
        finally:
            self._underway -= 1

    async def warm(self) -> None:
        """Start the fork server and a first child, so that nobody waits for them later."""
        await self.run("builtins:len", (), deadline_s=60)

    async def close(self) -> None:
        """Kill what still runs."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(self._pool.join)


def _perform(work: str, arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401
    module, _, name = work.partition(":")
    return getattr(importlib.import_module(module), name)(*arguments)
