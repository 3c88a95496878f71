"""Nothing is left in the scratch folder, wherever whoever used it is cancelled."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from sonalyze_measurement.infra.objects import ObjectFiles
from sonalyze_measurement.infra.staging import Staging

P = ParamSpec("P")
T = TypeVar("T")

KEY = "6f1b6c6e-8f7c-4c59-9d53-5d0f3f9a1a11/uploads/recording.wav"
STEPS = range(1, 8)
"""More than anything here takes in threads."""


class Halting(ThreadPoolExecutor):
    """Does everything at once, but for one step, which begins and has to wait."""

    def __init__(self, step: int) -> None:
        super().__init__(max_workers=4)
        self._steps_left = step
        self._loop = asyncio.get_running_loop()
        self._may_go_on = threading.Event()
        self.has_begun = asyncio.Event()

    def submit(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Begin a step."""
        self._steps_left -= 1
        if self._steps_left:
            return super().submit(act, *args, **kwargs)
        return super().submit(self._halted, lambda: act(*args, **kwargs))

    def go_on(self) -> None:
        """Let the step that waits be done."""
        self._may_go_on.set()

    def _halted(self, act: Callable[[], T]) -> T:
        self._loop.call_soon_threadsafe(self.has_begun.set)
        self._may_go_on.wait()
        return act()


async def cancelled_at(step: int, task: "asyncio.Task[None]", threads: Halting) -> None:
    """Cancel the task while it waits for its step, and come back when all threads have ended."""
    begun = asyncio.create_task(threads.has_begun.wait())
    await asyncio.wait({begun, task}, return_when=asyncio.FIRST_COMPLETED)
    task.cancel(f"at step {step}")
    begun.cancel()
    threads.go_on()
    with suppress(asyncio.CancelledError):
        await task
    threads.shutdown()


@pytest.mark.parametrize("step", STEPS)
async def test_whoever_is_lent_a_file_leaves_none(
    files: ObjectFiles, tmp_path: Path, step: int
) -> None:
    async def borrow() -> None:
        async with files.lend(KEY) as path:
            assert path.read_bytes() == b"content"

    await files.put(KEY, b"content")
    threads = Halting(step)
    asyncio.get_running_loop().set_default_executor(threads)

    await cancelled_at(step, asyncio.create_task(borrow()), threads)

    assert list((tmp_path / ".incoming").iterdir()) == []


@pytest.mark.parametrize("step", STEPS)
async def test_whoever_writes_a_file_leaves_none(
    staging: Staging, tmp_path: Path, step: int
) -> None:
    async def write() -> None:
        async with staging.file() as staged:
            await asyncio.to_thread(staged.write, b"content")

    threads = Halting(step)
    asyncio.get_running_loop().set_default_executor(threads)

    await cancelled_at(step, asyncio.create_task(write()), threads)

    assert list((tmp_path / ".incoming").iterdir()) == []
