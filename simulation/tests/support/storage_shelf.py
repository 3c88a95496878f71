"""A storage that is written to and read from: what `StorageDouble` takes, this one also gives."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class StorageShelf:
    """Keeps rows by their ids, as storage's batches and single reads do."""

    def __init__(self) -> None:
        self.url = ""
        self.rows: dict[str, dict[str, dict[str, Any]]] = {}
        self.is_ill = False

    async def take(self, request: web.Request) -> web.Response:
        """Answer a batch."""
        kept = self.rows.setdefault(request.match_info["resource"], {})
        rows = (await request.json())["rows"]
        for row in rows:
            kept[row["id"]] = kept.get(row["id"], {}) | row
        return web.json_response({"written": len(rows), "ids": [row["id"] for row in rows]})

    async def give(self, request: web.Request) -> web.Response:
        """Answer a read of one row."""
        kept = self.rows.get(request.match_info["resource"], {})
        return self._answer(kept.get(request.match_info["id"]))

    async def give_by_job(self, request: web.Request) -> web.Response:
        """Answer a read of a job's result."""
        kept = self.rows.get("simulation-results", {}).values()
        wanted = request.match_info["id"]
        return self._answer(next((row for row in kept if row["job_id"] == wanted), None))

    def _answer(self, row: dict[str, Any] | None) -> web.Response:
        if self.is_ill:
            return web.Response(status=503)
        return web.Response(status=404) if row is None else web.json_response(row)


@asynccontextmanager
async def storage_shelf() -> AsyncIterator[StorageShelf]:
    """Listen on a free port."""
    shelf = StorageShelf()
    app = web.Application(client_max_size=8 << 20)
    app.router.add_post("/v1/{resource}/batch", shelf.take)
    app.router.add_get("/v1/simulation-results/by-job/{id}", shelf.give_by_job)
    app.router.add_get("/v1/{resource}/{id}", shelf.give)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    shelf.url = f"http://{host}:{port}"
    try:
        yield shelf
    finally:
        await runner.cleanup()
