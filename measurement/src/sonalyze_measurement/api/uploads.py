"""Uploads over HTTP: whole ones as forms, and pieces of one that can be resumed.

Resuming follows the names of the IETF's resumable uploads draft (draft-ietf-httpbis-resumable-
upload): ask with HEAD where to go on, send the rest with PATCH, say with ``Upload-Complete: ?1``
or ``Upload-Length`` when that is all.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.requests import ClientDisconnect

from sonalyze_chassis.body import allow_body
from sonalyze_contracts.identifiers import JobId
from sonalyze_contracts.jobs import UploadReceipt
from sonalyze_measurement.api.access import Asked
from sonalyze_measurement.api.multipart import file_chunks
from sonalyze_measurement.domain.conditions import UploadInterrupted
from sonalyze_measurement.domain.uploads import Piece, UploadProgress

router = APIRouter(prefix="/v1/jobs/{job_id}/uploads", tags=["uploads"])

FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
PIECE = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
FORM_OVERHEAD_BYTES = 1 << 20
"""What a form may hold besides the file."""


def announced_piece(
    offset: Annotated[int, Header(alias="Upload-Offset", ge=0)],
    length: Annotated[int | None, Header(alias="Upload-Length", ge=1)] = None,
    complete: Annotated[str | None, Header(alias="Upload-Complete", pattern=r"^\?[01]$")] = None,
) -> Piece:
    """Read what the headers say of a piece."""
    return Piece(offset, is_last=complete == "?1", length_bytes=length)


Announced = Annotated[Piece, Depends(announced_piece)]


@router.post("/{name:path}", openapi_extra=FORM)
async def upload(job_id: str, name: str, request: Request, services: Asked) -> UploadReceipt:
    """Upload a recording; the same name replaces it."""
    await services.jobs.require_uploadable(job_id, name)
    allow_body(request, services.jobs.most_bytes + FORM_OVERHEAD_BYTES)
    content_type = request.headers.get("Content-Type", "")
    whole = await services.jobs.upload(job_id, name, file_chunks(content_type, _arriving(request)))
    return UploadReceipt(
        job_id=JobId(job_id), upload=whole.name, bytes=whole.size_bytes, sha256=whole.sha256
    )


@router.head("/{name:path}", status_code=204)
async def upload_progress(job_id: str, name: str, services: Asked) -> Response:
    """Tell where to go on with an upload."""
    progress = await services.jobs.progress(job_id, name)
    return Response(status_code=204, headers=_headers_of(progress))


@router.patch("/{name:path}", openapi_extra=PIECE, status_code=204)
async def resume_upload(
    job_id: str, name: str, request: Request, services: Asked, piece: Announced
) -> Response:
    """Send the next piece of an upload; the last one answers the SHA-256 of the whole."""
    await services.jobs.require_uploadable(job_id, name)
    allow_body(request, services.jobs.most_bytes)
    progress = await services.jobs.resume(job_id, name, piece, _arriving(request))
    return Response(status_code=204, headers=_headers_of(progress))


async def _arriving(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            if piece:
                yield piece
    except ClientDisconnect:
        raise UploadInterrupted("The client went away before the upload was whole") from None


def _headers_of(progress: UploadProgress) -> dict[str, str]:
    headers = {"Upload-Offset": str(progress.offset_bytes), "Cache-Control": "no-store"}
    if progress.whole is None:
        return headers | {"Upload-Complete": "?0"}
    return headers | {
        "Upload-Complete": "?1",
        "Upload-Length": str(progress.whole.size_bytes),
        "X-Upload-SHA256": progress.whole.sha256,
    }
