"""Measurement jobs: a map of the room, its recordings and what was found in them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.command import Command, Push, Service
from sonalyze_contracts.documents import JsonObject
from sonalyze_contracts.identifiers import JobId, JobIdField, NoNul, UploadName
from sonalyze_contracts.model import Model
from sonalyze_contracts.results import AnalysisResults
from sonalyze_contracts.signals import (
    DEFAULT_SAMPLE_RATE_HZ,
    HIGHEST_SAMPLE_RATE_HZ,
    LOWEST_SAMPLE_RATE_HZ,
    AudioInfo,
)

Metres2 = Annotated[list[float], Field(min_length=2, max_length=2)]
Metres3 = Annotated[list[float], Field(min_length=3, max_length=3)]


class MapRoom(Model):
    """The plan of the room: corners in metres, and its height."""

    vertices: list[Metres2] = Field(default_factory=list)
    height_m: Annotated[float, Field(gt=0)] | None = None


class MapPoint(Model):
    """A place in the room, in metres."""

    id: Annotated[str, Field(max_length=128), NoNul]
    position: Metres3


class RoomMap(Model):
    """What is known of the room; everything is optional."""

    room: MapRoom | None = None
    furniture: list[JsonObject] = Field(default_factory=list)
    sources: list[MapPoint] = Field(default_factory=list)
    receivers: list[MapPoint] = Field(default_factory=list)
    meta: JsonObject = Field(default_factory=dict)


class JobRequest(Model):
    """``POST /v1/jobs``."""

    map: RoomMap
    meta: JsonObject = Field(default_factory=dict)


class JobCreated(Model):
    """A job that recordings can be uploaded to."""

    job_id: JobId


class UploadReceipt(Model):
    """What was stored, and its SHA-256 to compare with what was sent."""

    job_id: JobId
    upload: UploadName
    bytes: int
    sha256: str


class AnalysisReceipt(Model):
    """A job with the results of its newest analysis."""

    job_id: JobId
    results: AnalysisResults


class JobView(Model):
    """A job as it stands; ``results`` appears with the first analysis."""

    job_id: JobId
    map: RoomMap
    meta: dict[str, Any]
    uploads: list[UploadName]
    analysed: list[UploadName] = Field(
        default_factory=list, description="Uploads that have results of their own."
    )
    results: AnalysisResults | None = Field(default=None, exclude_if=lambda value: value is None)


class JobCreate(Command[JobCreated], event="measurement.create_job", owner=Service.MEASUREMENT):
    """Create a job; its stored ``meta`` also gets the sender's device id."""

    map: RoomMap
    meta: JsonObject = Field(default_factory=dict)


class JobGet(Command[JobView], event="measurement.get_job", owner=Service.MEASUREMENT):
    """Look a job up."""

    job_id: JobIdField


class AudioInfoGet(
    Command[AudioInfo], event="measurement.get_audio_info", owner=Service.MEASUREMENT
):
    """Ask for the timeline of the measurement signal."""

    sample_rate: int = Field(
        default=DEFAULT_SAMPLE_RATE_HZ, ge=LOWEST_SAMPLE_RATE_HZ, le=HIGHEST_SAMPLE_RATE_HZ
    )


class AnalysisRun(
    AnalysisRequest, Command[AnalysisReceipt], event="analysis.run", owner=Service.MEASUREMENT
):
    """Analyse a recording of a job, or all of them, and wait for the results."""

    job_id: JobIdField


class AnalysisAccepted(Model):
    """The analysis runs; its results are pushed."""

    job_id: JobId
    analysis_id: str
    status: Literal["accepted"] = "accepted"


class AnalysisStart(
    AnalysisRequest,
    Command[AnalysisAccepted],
    event="analysis.request",
    owner=Service.MEASUREMENT,
):
    """Analyse a recording of a job, or all; progress and results are pushed to the sender."""

    job_id: JobIdField


class AnalysisStage(Push, event="analysis.progress", owner=Service.MEASUREMENT):
    """How far a requested analysis is."""

    job_id: JobId
    analysis_id: str
    stage: Literal["queued", "running", "storing"]
    fraction: Annotated[float, Field(ge=0, le=1)]


class AnalysisResult(Push, event="analysis.result", owner=Service.MEASUREMENT):
    """A requested analysis ended: with results, or with the error that explains why not."""

    job_id: JobId
    analysis_id: str
    results: AnalysisResults | None = None
    error: dict[str, Any] | None = None
