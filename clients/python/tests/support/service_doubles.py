"""Small ASGI services that behave as a test of the process supervision needs."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Sender = Callable[[dict[str, Any]], Awaitable[None]]


async def _answer(send: Sender, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _live(receive: Receive, send: Sender) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


async def healthy(scope: dict[str, Any], receive: Receive, send: Sender) -> None:
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["path"] == "/die":
        sys.stderr.write("the floor is lava\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    else:
        await _answer(send, 200)
