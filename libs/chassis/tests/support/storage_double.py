"""A storage to write to: batches over HTTP, all or nothing, rows by their ids."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web

PATIENCE_S = 10.0
LARGEST_BODY_BYTES = 8 << 20


class Batch(NamedTuple):
    """A request as it arrived."""

    resource: str
    ids: list[str]


class StorageDouble:
    """Keeps what it is told; ``statuses`` are its next answers, then it takes everything."""

    def __init__(self) -> None:
        self.url = ""
        self.rows: dict[str, dict[str, Any]] = {}
        self.resources: dict[str, str] = {}
        self.history: list[dict[str, Any]] = []
        self.batches: list[Batch] = []
        self.statuses: list[int] = []
        self.poison: set[str] = set()
        self.hangs_up_after_writing = 0
        self.is_open = asyncio.Event()
        self.is_open.set()
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self) -> None:
        """Listen; after a stop, where it listened before."""
        app = web.Application(client_max_size=LARGEST_BODY_BYTES)
        app.router.add_post("/v1/{resource}/batch", self._batch)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Be gone."""
        assert self._runner
        await self._runner.cleanup()
        self._runner = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["StorageDouble"]:
        """Listen for the time of the block."""
        await self.start()
        try:
            yield self
        finally:
            if self._runner:
                await self.stop()

    async def _batch(self, request: web.Request) -> web.StreamResponse:
        resource = request.match_info["resource"]
        rows = (await request.json())["rows"]
        await self._note(Batch(resource, [row["id"] for row in rows]))
        await self.is_open.wait()
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        if bad := [number for number, row in enumerate(rows) if row["id"] in self.poison]:
            problem = {"detail": f"row {bad[0]} refers to nothing", "code": "conflict",
                       "retryable": False, "correlation_id": "-"}  # fmt: skip
            return web.json_response(problem, status=409)
        for row in rows:
            self.rows[row["id"]] = self.rows.get(row["id"], {}) | row
            self.resources[row["id"]] = resource
            self.history.append(row)
        await self._tell()
        if self.hangs_up_after_writing:
            self.hangs_up_after_writing -= 1
            assert request.transport
            request.transport.abort()
        return web.json_response({"written": len(rows), "ids": [row["id"] for row in rows]})

    async def _note(self, batch: Batch) -> None:
        self.batches.append(batch)
        await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def asked(self, times: int) -> None:
        """Wait until this many requests have arrived."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(self.batches) >= times)

    async def has(self, *row_ids: object) -> None:
        """Wait until these rows are written."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: {str(one) for one in row_ids} <= self.rows.keys())

    async def shows(self, row_id: object, **fields: object) -> None:
        """Wait until a row has these values."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(
                lambda: fields.items() <= self.rows.get(str(row_id), {}).items()
            )

    def of(self, resource: str) -> list[dict[str, Any]]:
        """List the rows of a resource, in the order in which they came first."""
        return [row for row_id, row in self.rows.items() if self.resources[row_id] == resource]
