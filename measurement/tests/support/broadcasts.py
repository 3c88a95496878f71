"""A gateway that only takes broadcasts."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class Broadcasts:
    """Takes the pushes that a real gateway would deliver."""

    def __init__(self) -> None:
        self.pushes: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        """Answer as the gateway does."""
        await self.pushes.put(json.loads(await request.read()))
        return web.json_response({"sent": 1})

    async def next(self) -> dict[str, Any]:
        """Wait for the next push."""
        async with asyncio.timeout(20):
            return await self.pushes.get()

    def rest(self) -> list[dict[str, Any]]:
        """Give all that have come and nobody has waited for."""
        return [self.pushes.get_nowait() for _ in range(self.pushes.qsize())]


@asynccontextmanager
async def broadcasts_taken() -> AsyncIterator[Broadcasts]:
    """Listen on a free port."""
    broadcasts = Broadcasts()
    application = web.Application()
    application.router.add_post("/internal/broadcast", broadcasts.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    broadcasts.url = f"http://{host}:{port}"
    try:
        yield broadcasts
    finally:
        await runner.cleanup()
