"""The embedded engine: worker processes of this machine, on pebble.

Children come from a fork server that has the libraries loaded already, which makes a new one
ready in about 10 ms.
"""

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import partial
from typing import Any

import structlog
from pebble import CONSTS, ProcessExpired, ProcessFuture, ProcessPool

from sonalyze_chassis.compute import DeadlinePassed, WorkerDied, WorkFailed, queue_full, stopping
from sonalyze_chassis.errors import INTERNAL_MESSAGE
from sonalyze_chassis.orphans import end_with_parent
from sonalyze_chassis.progress import Listener
from sonalyze_chassis.reports import Address, Mailbox, perform_reporting
from sonalyze_chassis.threads import compute_on_one_thread
from sonalyze_chassis.work import Given, Outcome

log = structlog.get_logger(__name__)

GRACE_S = 5.0
"""How long after the deadline a pool that does not even notice it is given up."""

PATIENCE_WITH_CHILDREN_S = 0.5
"""How long a child that is told to end may take, before it is killed: it may be deep in numpy."""


class LocalProcesses:
    """Worker processes of this machine; see `sonalyze_chassis.compute.Engine`.

    At most as much work as there are workers is in the pool; the rest waits here, where it can be
    given up without touching a process.
    """

    def __init__(
        self,
        workers: int,
        queue_limit: int,
        preload: Sequence[str],
        *,
        memory_limit_mib: int | None = None,
    ) -> None:
        compute_on_one_thread()
        CONSTS.term_timeout = PATIENCE_WITH_CHILDREN_S
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([perform_reporting.__module__, "uvicorn", *preload])
        self._new_pool = partial(
            ProcessPool, max_workers=workers, initializer=end_with_parent, context=context
        )
        self._pool = self._new_pool()
        self._turns = asyncio.Semaphore(workers)
        self._limit = workers + queue_limit
        self._memory_limit_mib = memory_limit_mib
        self._underway = 0
        self._futures: set[ProcessFuture[Outcome]] = set()
        self._mailbox: Mailbox | None = None
        self._is_closed = False

    async def run(
        self,
        work: str,
        *arguments: Any,  # noqa: ANN401
        deadline_s: float,
        started: Callable[[], None] | None = None,
        progressed: Listener | None = None,
    ) -> Any:  # noqa: ANN401
        """Do the work in a child process; see `sonalyze_chassis.compute.Compute`."""
        if self._underway >= self._limit:
            raise queue_full()
        self._underway += 1
        try:
            async with self._turns:
                if self._is_closed:
                    raise stopping()
                if started is not None:
                    started()
                with ExitStack() as stack:
                    address = self._address_of(progressed, stack)
                    outcome = await self._outcome(work, arguments, deadline_s, address)
                    if self._mailbox is not None:
                        self._mailbox.read()
        finally:
            self._underway -= 1
        if isinstance(outcome, Given):
            return outcome.result
        raise outcome.condition()

    async def warm(self) -> None:
        """Start the fork server and a first child, so that nobody waits for them later."""
        await self.run("builtins:len", (), deadline_s=60)

    async def close(self) -> None:
        """Kill what still runs; whoever waits for it is told."""
        self._is_closed = True
        for future in self._futures:
            future.cancel()  # type: ignore[no-untyped-call]
        await asyncio.to_thread(_stop, self._pool)
        if self._mailbox is not None:
            self._mailbox.close()
            self._mailbox = None

    def _address_of(self, listener: Listener | None, stack: ExitStack) -> Address | None:
        if listener is None:
            return None
        self._mailbox = self._mailbox or Mailbox()
        return stack.enter_context(self._mailbox.address_of(listener))

    async def _outcome(
        self, work: str, arguments: tuple[Any, ...], deadline_s: float, address: Address | None
    ) -> Outcome:
        call = (work, arguments, self._memory_limit_mib, address)
        future = await self._scheduled(call, deadline_s)
        self._futures.add(future)
        try:
            waiter = asyncio.wrap_future(future)
            await asyncio.wait((waiter,), timeout=deadline_s + GRACE_S)
        finally:
            self._futures.discard(future)
            future.cancel()  # type: ignore[no-untyped-call]
        return _outcome_of(waiter, work, deadline_s)

    async def _scheduled(self, call: tuple[Any, ...], deadline_s: float) -> ProcessFuture[Outcome]:
        try:
            return self._pool.schedule(perform_reporting, args=call, timeout=deadline_s)
        except RuntimeError:
            # pebble gives a pool up for good when a worker dies while none of them works.
            given_up, self._pool = self._pool, self._new_pool()
            log.warning("compute.workers_replaced")
            await asyncio.to_thread(_stop, given_up)
            return self._pool.schedule(perform_reporting, args=call, timeout=deadline_s)


def _outcome_of(waiter: asyncio.Future[Outcome], work: str, deadline_s: float) -> Outcome:
    if not waiter.done():
        raise _late(work, deadline_s)
    if waiter.cancelled():
        raise stopping()
    match waiter.exception():
        case None:
            return waiter.result()
        case TimeoutError() as error:
            raise _late(work, deadline_s) from error
        case ProcessExpired() | BrokenProcessPool() as error:
            exit_code = getattr(error, "exitcode", None)
            log.error("compute.worker_died", work=work, exit_code=exit_code)
            raise WorkerDied("The worker process died; try again") from error
        case error:
            log.error("compute.work_failed", work=work, exc_info=error)
            raise WorkFailed(INTERNAL_MESSAGE) from error


def _late(work: str, deadline_s: float) -> DeadlinePassed:
    log.warning("compute.deadline_passed", work=work, deadline_s=deadline_s)
    return DeadlinePassed(f"Took longer than {deadline_s:g} s")


def _stop(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()
