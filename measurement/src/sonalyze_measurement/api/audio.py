"""The measurement signal over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse

from sonalyze_contracts.signals import (
    DEFAULT_SAMPLE_RATE_HZ,
    DEFAULT_SWEEP_END_HZ,
    DEFAULT_SWEEP_START_HZ,
    HIGHEST_SAMPLE_RATE_HZ,
    HIGHEST_SWEEP_HZ,
    LOWEST_SAMPLE_RATE_HZ,
    LOWEST_SWEEP_HZ,
    AudioInfo,
)
from sonalyze_measurement.api.access import Asked
from sonalyze_measurement.domain.names import download_stem_of
from sonalyze_measurement.domain.signals import AudioFormat, SignalFile, SignalParameters

router = APIRouter(prefix="/v1/measurement/audio", tags=["signal"])

SampleRate = Annotated[int, Query(ge=LOWEST_SAMPLE_RATE_HZ, le=HIGHEST_SAMPLE_RATE_HZ)]
SweepEdge = Annotated[float, Query(ge=LOWEST_SWEEP_HZ, le=HIGHEST_SWEEP_HZ, allow_inf_nan=False)]


def asked_parameters(
    sample_rate: SampleRate = DEFAULT_SAMPLE_RATE_HZ,
    sweep_f_start: SweepEdge = DEFAULT_SWEEP_START_HZ,
    sweep_f_end: SweepEdge = DEFAULT_SWEEP_END_HZ,
) -> SignalParameters:
    """Read what tells one signal from another."""
    return SignalParameters(sample_rate, sweep_f_start, sweep_f_end)


Parameters = Annotated[SignalParameters, Depends(asked_parameters)]


@router.head("", include_in_schema=False)
@router.get("", response_class=FileResponse)
async def download_signal(
    request: Request,
    services: Asked,
    parameters: Parameters,
    session_id: str | None = None,
    format: AudioFormat = AudioFormat.WAV,  # noqa: A002  the documented name
) -> Response:
    """Download the signal: 15 s, 16 bit, the same bytes for the same parameters."""
    reference, path = await services.signals.download(SignalFile(parameters, format))
    etag = f'"{reference.audio_hash}"'
    headers = {
        "X-Duration-Seconds": str(reference.duration_s),
        "X-Sample-Rate": str(parameters.sample_rate_hz),
        "X-Audio-Hash": reference.audio_hash,
        "ETag": etag,
        "Cache-Control": "no-cache",
    }
    if _already_has(request, etag):
        return Response(status_code=304, headers=headers)
    name = f"{download_stem_of(session_id)}.{format}"
    return FileResponse(path, media_type=format.media_type, headers=headers, filename=name)


def _already_has(request: Request, etag: str) -> bool:
    known = request.headers.get("If-None-Match", "").split(",")
    return any(tag.strip().removeprefix("W/") in {etag, "*"} for tag in known)


@router.get("/info")
async def signal_info(services: Asked, parameters: Parameters) -> AudioInfo:
    """Tell what of the signal is when."""
    return await services.signals.timeline(parameters)
