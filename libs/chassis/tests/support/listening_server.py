"""A real server inside a test's own event loop."""

import asyncio

import uvicorn


class Listening(uvicorn.Server):
    """Tells when it listens, and stops when told."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening, self.is_stopped = asyncio.Event(), asyncio.Event()

    async def main_loop(self) -> None:
        self.is_listening.set()
        await self.is_stopped.wait()
