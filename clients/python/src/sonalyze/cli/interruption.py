"""Run something asynchronous until it is done, or until somebody wants it to stop."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import TypeVar

ResultT = TypeVar("ResultT")


class Stopped(Exception):
    """Ctrl-C or SIGTERM came; what was running has been cleaned up."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(number.name)
        self.exit_code = 128 + number


def run_until_stopped(work: Coroutine[None, None, ResultT]) -> ResultT:
    """Run a coroutine; on a signal it is cancelled once, and may take its time to clean up."""
    return asyncio.run(_guarded(work))


async def _guarded(work: Coroutine[None, None, ResultT]) -> ResultT:
    task = asyncio.ensure_future(work)
    received: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        if not received:
            received.append(number)
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    try:
        return await task
    except asyncio.CancelledError:
        if received:
            raise Stopped(received[0]) from None
        raise
