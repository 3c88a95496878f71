"""Jobs as bundles over HTTP."""

import asyncio
from contextlib import aclosing
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from sonalyze_contracts.errors import SonalyzeError
from sonalyze_measurement.api.access import Asked
from sonalyze_measurement.bundles import Bundle

log = structlog.get_logger(__name__)
router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

ZIP = "application/zip"
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}
}


class BundleResponse(StreamingResponse):
    """A bundle while it is packed; one that cannot be completed has no end."""

    media_type = ZIP

    def __init__(self, bundle: Bundle) -> None:
        name = f"sonalyze-{bundle.job.job_id}.zip"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        self._job_id = bundle.job.job_id
        self._pieces = bundle.pieces()
        super().__init__(self._pieces, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  as Starlette calls it
        """Send what can be sent; without its end the server cuts the connection off.

        Starlette would cancel the packing when the client leaves, and again at every step of its
        cleaning up. Here it ends by itself after the piece that it is at.
        """
        client_leaves = asyncio.ensure_future(_leaving(receive))
        try:
            async with aclosing(self._pieces):
                await self._send_pieces(send, client_leaves)
        except SonalyzeError as error:
            log.warning("bundle.cut_off", job_id=self._job_id, condition=error.condition)
        finally:
            client_leaves.cancel()

    async def _send_pieces(self, send: Send, client_leaves: asyncio.Future[None]) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        async for piece in self._pieces:
            if client_leaves.done():
                return
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _leaving(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@router.get("/{job_id}/bundle", response_class=StreamingResponse, responses=FILE)
async def download_bundle(job_id: str, services: Asked) -> BundleResponse:
    """Download all that is kept of a job as a ZIP, with the SHA-256 of every file in it."""
    return BundleResponse(await services.bundles.of(job_id))
