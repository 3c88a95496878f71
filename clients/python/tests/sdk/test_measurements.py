"""Signals, jobs, uploads and analyses over real HTTP."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sonalyze.addresses import Gateway
from sonalyze.backoff import Backoff
from sonalyze.failures import AudioDamaged, CannotConnect, UnexpectedAnswer, UploadDamaged
from sonalyze.measurements import Measurements
from sonalyze_contracts.analysis_requests import AnalysisRequest, AnalysisSource
from sonalyze_contracts.errors import Invalid, NotFound, Unavailable, Unprocessable
from sonalyze_contracts.identifiers import AudioHash, JobId, UploadName
from sonalyze_contracts.jobs import RoomMap

SIGNAL = b"RIFF" + bytes(1000)
RECORDING = b"fLaC" + bytes(300_000)
BUNDLE = b"PK" + bytes(300_000)


@dataclass
class ServiceDouble:
    """A measurement service that fails as often as it is told."""

    failures: list[Response] = field(default_factory=list)
    announced_hash: str = hashlib.sha256(SIGNAL).hexdigest()
    stored_hash: str | None = None
    uploads: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    url: str = ""

    def routes(self) -> list[Route]:
        return [
            Route("/v1/measurement/audio", self.audio),
            Route("/v1/jobs", self.create, methods=["POST"]),
            Route("/v1/jobs/{job_id}", self.job),
            Route("/v1/jobs/{job_id}/uploads/{name}", self.upload, methods=["POST"]),
            Route("/v1/jobs/{job_id}/analyze", self.analyze, methods=["POST"]),
            Route("/v1/jobs/{job_id}/bundle", self.bundle),
        ]

    async def audio(self, request: Request) -> Response:
        self.requests.append(str(request.url.query))
        headers = {"X-Audio-Hash": self.announced_hash}
        return self.failure() or Response(SIGNAL, media_type="audio/wav", headers=headers)

    async def create(self, request: Request) -> Response:
        self.requests.append(str(await request.json()))
        return self.failure() or JSONResponse({"job_id": "j1"})

    async def job(self, request: Request) -> Response:
        body = {
            "job_id": request.path_params["job_id"],
            "map": {},
            "meta": {},
            "uploads": ["a.wav"],
        }
        return self.failure() or JSONResponse(body)

    async def upload(self, request: Request) -> Response:
        async with request.form() as form:
            content = await form["file"].read()  # type: ignore[union-attr]  # the field is a file
        name = request.path_params["name"]
        self.uploads[name] = content
        sha256 = self.stored_hash or hashlib.sha256(content).hexdigest()
        body = {"job_id": "j1", "upload": name, "bytes": len(content), "sha256": sha256}
        return self.failure() or JSONResponse(body)

    async def analyze(self, _: Request) -> Response:
        return self.failure() or JSONResponse({})

    async def bundle(self, request: Request) -> Response:
        self.requests.append(request.url.path)
        return self.failure() or StreamingResponse(in_pieces(BUNDLE, broken=False))

    def failure(self) -> Response | None:
        return self.failures.pop(0) if self.failures else None


async def in_pieces(content: bytes, *, broken: bool) -> AsyncIterator[bytes]:
    yield content[: len(content) // 2]
    if broken:
        raise BrokenOff
    yield content[len(content) // 2 :]


class BrokenOff(Exception):
    """What makes a server close the connection in the middle of an answer."""


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def failed(status: int, code: str, *, retryable: bool = False, detail: object = "No") -> Response:
    return JSONResponse({"detail": detail, "code": code, "retryable": retryable}, status)


@asynccontextmanager
async def serving(double: ServiceDouble) -> AsyncIterator[Measurements]:
    app = Starlette(routes=double.routes())
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    double.url = f"http://127.0.0.1:{port}"
    ticking = asyncio.create_task(server.main_loop())
    measurements = Measurements(
        Gateway.at(double.url), backoff=Backoff(0.001, 0.002), chance=SystemRandom()
    )
    try:
        yield measurements
    finally:
        await measurements.close()
        server.should_exit = True
        await ticking
        await server.shutdown()


async def test_a_signal_is_fetched_with_its_hash() -> None:
    async with serving(ServiceDouble()) as measurements:
        signal = await measurements.fetch_signal("/v1/measurement/audio?session_id=s1")

    assert signal.content == SIGNAL
    assert signal.audio_hash == hashlib.sha256(SIGNAL).hexdigest()


async def test_a_damaged_signal_is_refused() -> None:
    async with serving(ServiceDouble(announced_hash="0" * 64)) as measurements:
        with pytest.raises(AudioDamaged):
            await measurements.fetch_signal()


async def test_an_absolute_url_is_taken_as_it_is() -> None:
    double = ServiceDouble()
    async with serving(double) as measurements:
        await measurements.fetch_signal(f"{double.url}/v1/measurement/audio?session_id=s2")

    assert double.requests == ["session_id=s2"]


async def test_what_may_be_repeated_is_repeated_while_that_can_help() -> None:
    double = ServiceDouble(failures=[failed(503, "unavailable", retryable=True)] * 2)
    async with serving(double) as measurements:
        await measurements.fetch_signal()

    assert len(double.requests) == 3


async def test_what_cannot_help_is_not_tried_again() -> None:
    double = ServiceDouble(failures=[failed(404, "not_found")])
    async with serving(double) as measurements:
        with pytest.raises(NotFound):
            await measurements.fetch_signal()

    assert len(double.requests) == 1


async def test_a_job_is_never_created_twice() -> None:
    double = ServiceDouble(failures=[failed(503, "unavailable", retryable=True)])
    async with serving(double) as measurements:
        with pytest.raises(Unavailable):
            await measurements.create_job(RoomMap())

    assert len(double.requests) == 1


@pytest.mark.parametrize("as_file", [False, True])
async def test_an_upload_arrives_whole(tmp_path: Path, *, as_file: bool) -> None:
    double, path = ServiceDouble(), tmp_path / "recording.flac"
    path.write_bytes(RECORDING)
    async with serving(double) as measurements:
        job_id = await measurements.create_job(RoomMap())
        receipt = await measurements.upload_to_job(
            job_id, UploadName("left.sofa.flac"), path if as_file else RECORDING
        )

    assert double.uploads == {"left.sofa.flac": RECORDING}
    assert receipt.bytes == len(RECORDING)


async def test_a_broken_upload_is_sent_again_from_its_first_byte(tmp_path: Path) -> None:
    double = ServiceDouble(failures=[failed(503, "unavailable", retryable=True)])
    path = tmp_path / "recording.flac"
    path.write_bytes(RECORDING)
    async with serving(double) as measurements:
        await measurements.upload("/v1/jobs/j1/uploads/", UploadName("a.flac"), path)

    assert double.uploads == {"a.flac": RECORDING}


async def test_an_upload_that_was_stored_differently_is_noticed() -> None:
    async with serving(ServiceDouble(stored_hash="0" * 64)) as measurements:
        with pytest.raises(UploadDamaged):
            await measurements.upload("/v1/jobs/j1/uploads/", UploadName("a.wav"), RECORDING)


async def test_a_bundle_that_breaks_off_is_downloaded_anew(tmp_path: Path) -> None:
    double = ServiceDouble(failures=[StreamingResponse(in_pieces(BUNDLE, broken=True))])
    target = tmp_path / "bundle.zip"
    async with serving(double) as measurements:
        await measurements.bundle(JobId("j1"), target)

    assert target.read_bytes() == BUNDLE
    assert double.requests == ["/v1/jobs/j1/bundle"] * 2
    assert names_in(tmp_path) == [target.name]


async def test_a_bundle_of_an_unknown_job_leaves_no_file(tmp_path: Path) -> None:
    double = ServiceDouble(failures=[failed(404, "not_found")])
    async with serving(double) as measurements:
        with pytest.raises(NotFound):
            await measurements.bundle(JobId("j1"), tmp_path / "bundle.zip")

    assert names_in(tmp_path) == []


async def test_a_job_is_looked_up() -> None:
    async with serving(ServiceDouble()) as measurements:
        job = await measurements.get_job(JobId("j1"))

    assert job.uploads == ["a.wav"]


async def test_a_refused_analysis_carries_code_and_details() -> None:
    body = {
        "detail": "The recording is silent",
        "code": "unprocessable",
        "details": {"condition": "silent_recording"},
    }
    double = ServiceDouble(failures=[JSONResponse(body, 422)])
    request = AnalysisRequest(
        source=AnalysisSource.SWEEP_DECONVOLUTION_GENERATED, audio_hash=AudioHash("a" * 64)
    )
    async with serving(double) as measurements:
        with pytest.raises(Unprocessable) as caught:
            await measurements.analyze(JobId("j1"), request)

    assert caught.value.message == "The recording is silent"
    assert caught.value.details["condition"] == "silent_recording"


async def test_an_answer_of_another_shape_is_not_passed_on() -> None:
    request = AnalysisRequest(source=AnalysisSource.IMPULSE_RESPONSE)
    async with serving(ServiceDouble()) as measurements:
        with pytest.raises(UnexpectedAnswer):
            await measurements.analyze(JobId("j1"), request)


async def test_what_a_framework_says_of_a_body_becomes_a_sentence() -> None:
    detail = [{"loc": ["body", "map"], "msg": "Field required"}]
    double = ServiceDouble(failures=[failed(422, "bad_request", detail=detail)])
    async with serving(double) as measurements:
        with pytest.raises(Invalid, match=r"body\.map: Field required"):
            await measurements.create_job(RoomMap())


async def test_a_proxys_own_page_is_understood_by_its_status() -> None:
    double = ServiceDouble(failures=[Response("<h1>404</h1>", 404)])
    async with serving(double) as measurements:
        with pytest.raises(NotFound, match="404"):
            await measurements.get_job(JobId("j1"))


async def test_nobody_there_is_said() -> None:
    async with serving(ServiceDouble()) as measurements:
        gone = Measurements(
            Gateway.at("http://127.0.0.1:1"), backoff=Backoff(0.001), chance=SystemRandom()
        )
        with pytest.raises(CannotConnect):
            await gone.create_job(RoomMap())
        await gone.close()
        await measurements.fetch_signal()
