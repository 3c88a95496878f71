"""Heavy work runs in child processes: the event loop never waits for numbers.

The work is named, not imported: ``"sonalyze_measurement.infra.evaluate:recording"`` is resolved
in the child, so that the parent never loads numpy. Children come from a fork server that has the
libraries loaded already, which makes a new one ready in about 10 ms.
"""

import asyncio
import importlib
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, Protocol

import structlog
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from sonalyze_contracts.errors import Unavailable

log = structlog.get_logger(__name__)

GRACE_S = 5.0
"""How long after the deadline a pool that does not even notice it is given up."""

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class QueueFull(Unavailable):
    """As much work as the documented limit allows is waiting already."""


class DeadlinePassed(Unavailable):
    """The work took longer than it may; its process is dead."""


class WorkerDied(Unavailable):
    """The process that did the work ended without an answer."""


class Stopping(Unavailable):
    """The service is being stopped; another or the next one can do the work."""


class Compute(Protocol):
    """Does named work elsewhere, within a deadline, from a bounded queue."""

    async def run(
        self,
        work: str,
        *arguments: Any,  # noqa: ANN401  whatever can be pickled
        deadline_s: float,
        started: Callable[[], None] | None = None,
    ) -> Any:  # noqa: ANN401  whatever the work gives
        """Do the work and give its result.

        Arguments and result have to be picklable. What the work raises is raised here. Cancelling
        the waiting task kills the child. ``started`` is called when the work leaves the queue.

        Raises
        ------
        QueueFull, Stopping
            Nothing was started; come back later.
        DeadlinePassed, WorkerDied
            The work did not end by itself.
        """


class Engine(Compute, Protocol):
    """What computes, as the composition root opens and closes it."""

    async def warm(self) -> None:
        """Get ready, so that nobody waits for it later."""

    async def close(self) -> None:
        """End what still runs; whoever waits for it is told."""


class LocalProcesses:
    """The embedded engine: worker processes of this machine.

    At most as much work as there are workers is in the pool; the rest waits here, where it can be
    given up without touching a process.
    """

    def __init__(self, workers: int, queue_limit: int, preload: Sequence[str]) -> None:
        for variable in _ONE_THREAD:
            os.environ.setdefault(variable, "1")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__, "uvicorn", *preload])
        self._new_pool = partial(ProcessPool, max_workers=workers, context=context)
        self._pool = self._new_pool()
        self._turns = asyncio.Semaphore(workers)
        self._limit = workers + queue_limit
        self._underway = 0
        self._futures: set[ProcessFuture[Any]] = set()
        self._is_closed = False

    async def run(
        self,
        work: str,
        *arguments: Any,  # noqa: ANN401
        deadline_s: float,
        started: Callable[[], None] | None = None,
    ) -> Any:  # noqa: ANN401
        """Do the work in a child process; see `Compute`."""
        if self._underway >= self._limit:
            raise QueueFull("The service is busy; try again in a few seconds", retry_after_s=5)
        self._underway += 1
        try:
            async with self._turns:
                if self._is_closed:
                    raise Stopping("The service is stopping; try again", retry_after_s=5)
                if started is not None:
                    started()
                return await self._performed(work, arguments, deadline_s)
        finally:
            self._underway -= 1

    async def warm(self) -> None:
        """Start the fork server and a first child, so that nobody waits for them later."""
        await self.run("builtins:len", (), deadline_s=60)

    async def close(self) -> None:
        """Kill what still runs; whoever waits for it is told."""
        self._is_closed = True
        for future in self._futures:
            future.cancel()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(_stop, self._pool)

    async def _performed(self, work: str, arguments: tuple[Any, ...], deadline_s: float) -> Any:  # noqa: ANN401
        future = await self._scheduled(work, arguments, deadline_s)
        self._futures.add(future)
        try:
            async with asyncio.timeout(deadline_s + GRACE_S):
                return await asyncio.wrap_future(future)
        except TimeoutError as error:
            raise DeadlinePassed(f"Took longer than {deadline_s:g} s", work=work) from error
        except (ProcessExpired, BrokenProcessPool) as error:
            exit_code = getattr(error, "exitcode", None)
            log.error("compute.worker_died", work=work, exit_code=exit_code)  # noqa: TRY400  no trace of ours
            raise WorkerDied("The worker process died; try again", work=work) from error
        except asyncio.CancelledError:
            future.cancel()  # type: ignore[no-untyped-call]
            if self._is_closed and not _is_cancelled_itself():
                raise Stopping("The service is stopping; try again", retry_after_s=5) from None
            raise
        finally:
            self._futures.discard(future)

    async def _scheduled(
        self, work: str, arguments: tuple[Any, ...], deadline_s: float
    ) -> ProcessFuture[Any]:
        try:
            return self._pool.schedule(_perform, args=(work, arguments), timeout=deadline_s)
        except RuntimeError:
            # pebble gives a pool up for good when a worker dies while none of them works.
            given_up, self._pool = self._pool, self._new_pool()
            log.warning("compute.workers_replaced")
            await asyncio.to_thread(_stop, given_up)
            return self._pool.schedule(_perform, args=(work, arguments), timeout=deadline_s)


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()


def _is_cancelled_itself() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _perform(work: str, arguments: tuple[Any, ...]) -> Any:  # noqa: ANN401
    module, _, name = work.partition(":")
    return getattr(importlib.import_module(module), name)(*arguments)
