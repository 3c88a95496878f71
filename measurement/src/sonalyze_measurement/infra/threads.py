"""Work in threads is waited for: nobody cleans up what a thread is still busy with."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import ParamSpec, TypeVar

from sonalyze_chassis.completion import to_its_end

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it in a thread, which has ended before a cancellation of the caller takes effect."""
    return await _in_thread(lambda: act(*args, **kwargs))


@asynccontextmanager
async def opened_in_thread(begin: Callable[[], T], end: Callable[[T], None]) -> AsyncIterator[T]:
    """Give what a thread opens; a thread closes it, even if nobody waited until it was open."""
    beginning = asyncio.ensure_future(in_thread(begin))
    try:
        yield await asyncio.shield(beginning)
    finally:
        await in_thread(end, await beginning)


@to_its_end
async def _in_thread(act: Callable[[], T]) -> T:
    return await asyncio.to_thread(act)
