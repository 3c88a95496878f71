"""Storage on a real database, in the process of the test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from sonalyze_storage.app import create_app
from sonalyze_storage.settings import Settings

Json = Any
"""Whatever storage answers; a test says what it expects of it."""


@dataclass
class Storage:
    """A running service."""

    http: httpx2.AsyncClient

    async def post(self, resource: str, **fields: Json) -> httpx2.Response:
        """Ask for a new row."""
        return await self.http.post(f"/v1/{resource}", json=fields)

    async def kept(self, resource: str, **fields: Json) -> Json:
        """Keep a row, which has to work."""
        answer = await self.post(resource, **fields)
        assert answer.status_code == 200, answer.text
        return answer.json()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Storage]:
    """Run the service for the time of the block."""
    app = create_app(settings)
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://storage") as http,
    ):
        yield Storage(http)
