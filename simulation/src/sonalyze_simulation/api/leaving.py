"""Work for a client ends when the client goes away."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from fastapi import Request

from sonalyze_simulation.domain.conditions import CallerLeft

T = TypeVar("T")


async def while_listening(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do work whose result only this client wants; its body has to be read already.

    The work is cancelled when the client closes the connection.

    Raises
    ------
    CallerLeft
        When that happened; nobody reads what is answered then.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    if task.cancelled():
        raise CallerLeft("The client went away before the answer was there")
    return task.result()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
