"""What has begun on the database is brought to its end, whoever stops waiting for it.

A task that is cancelled in the middle of a statement loses its connection; one that is cancelled
between a commit and its pushes leaves devices unaware of what is true.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def to_its_end(
    act: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """Let the act finish before the cancellation of its caller takes effect."""

    @wraps(act)
    async def completed(*args: P.args, **kwargs: P.kwargs) -> T:
        work = asyncio.ensure_future(act(*args, **kwargs))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work})
            raise

    return completed
