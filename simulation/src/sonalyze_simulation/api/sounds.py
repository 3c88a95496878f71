"""What a finished simulation sounds like, over HTTP."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request, Response
from starlette.requests import ClientDisconnect

from sonalyze_chassis.body import allow_body
from sonalyze_contracts.identifiers import JobId
from sonalyze_simulation.api.access import Asked
from sonalyze_simulation.api.leaving import while_listening
from sonalyze_simulation.domain.conditions import CallerLeft, NoSound
from sonalyze_simulation.services import Services
from sonalyze_simulation.sounds import PairName

router = APIRouter(prefix="/jobs/{job_id}", tags=["sounds"])

MOST_SOUND_BYTES = 12 << 20
"""Thirty seconds of stereo at 48 kHz and 32 bits."""

WAV = "audio/wav"
SOFA = "application/x-sofa"
BINARY = {"type": "string", "format": "binary"}
WAV_ANSWER: dict[int | str, dict[str, object]] = {200: {"content": {WAV: {"schema": BINARY}}}}
SOFA_ANSWER: dict[int | str, dict[str, object]] = {200: {"content": {SOFA: {"schema": BINARY}}}}
SOUND = {"requestBody": {"required": True, "content": {WAV: {"schema": BINARY}}}}


def pair_in_path(request: Request, source_id: str, microphone_id: str) -> PairName:
    """Read the names from the path as it was sent: an encoded slash belongs to a name."""
    sent = request.scope.get("raw_path") or f"{source_id}/{microphone_id}".encode()
    source, microphone = (unquote(part) for part in sent.split(b"/")[-2:])
    return PairName(source, microphone)


def pair_in_query(source: str, microphone: str) -> PairName:
    """Read names that a path cannot carry past a gateway, such as those with slashes."""
    return PairName(source, microphone)


@router.get("/rir/{source_id}/{microphone_id:path}", response_class=Response, responses=WAV_ANSWER)
async def response_file(
    job_id: str, pair: Annotated[PairName, Depends(pair_in_path)], request: Request, services: Asked
) -> Response:
    """Download what a microphone hears of an impulse: 32 bit, pressure relative to one metre."""
    named = pair._replace(microphone_id=pair.microphone_id.removesuffix(".wav"))
    return await _response(job_id, named, request, services)


@router.get("/rir.wav", response_class=Response, responses=WAV_ANSWER)
async def response_file_by_query(
    job_id: str,
    pair: Annotated[PairName, Depends(pair_in_query)],
    request: Request,
    services: Asked,
) -> Response:
    """Download the same, of names that no path can carry."""
    return await _response(job_id, pair, request, services)


@router.get("/sofa", response_class=Response, responses=SOFA_ANSWER)
async def sofa_file(job_id: str, request: Request, services: Asked) -> Response:
    """Download all responses as a SOFA file."""
    with services.sounds.turn():
        content = await while_listening(request, services.sounds.sofa(JobId(job_id)))
    return _file(content, SOFA, "responses.sofa")


@router.post(
    "/auralise/{source_id}/{microphone_id:path}",
    response_class=Response,
    responses=WAV_ANSWER,
    openapi_extra=SOUND,
)
async def auralise(
    job_id: str, pair: Annotated[PairName, Depends(pair_in_path)], request: Request, services: Asked
) -> Response:
    """Play a sound (a WAV or FLAC file as the body) from a source, and hear it at a microphone."""
    return await _auralised(job_id, pair, request, services)


@router.post("/auralise", response_class=Response, responses=WAV_ANSWER, openapi_extra=SOUND)
async def auralise_by_query(
    job_id: str,
    pair: Annotated[PairName, Depends(pair_in_query)],
    request: Request,
    services: Asked,
) -> Response:
    """Play the same between names that no path can carry."""
    return await _auralised(job_id, pair, request, services)


async def _response(job_id: str, pair: PairName, request: Request, services: Services) -> Response:
    with services.sounds.turn():
        sound = services.sounds.response(JobId(job_id), pair)
        return _file(await while_listening(request, sound), WAV, "response.wav")


async def _auralised(job_id: str, pair: PairName, request: Request, services: Services) -> Response:
    with services.sounds.turn():
        await services.sounds.require_pair(JobId(job_id), pair)
        played = services.sounds.auralised(JobId(job_id), pair, await _uploaded(request))
        return _file(await while_listening(request, played), WAV, "auralisation.wav")


async def _uploaded(request: Request) -> bytes:
    allow_body(request, MOST_SOUND_BYTES)
    try:
        sound = await request.body()
    except ClientDisconnect:
        raise CallerLeft("The client went away before the sound was whole") from None
    if not sound:
        raise NoSound("Send a WAV or FLAC file as the body")
    return sound


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
