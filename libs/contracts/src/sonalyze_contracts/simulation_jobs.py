"""Simulations as commands and as jobs.

``simulation.run`` and ``simulation.request`` carry a request of `simulations` or the payload of
an app with a room model of its own. Which of the two it is and what it means is the service's to
find out, so their fields are kept as they came.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sonalyze_contracts.command import Command, Push, Service
from sonalyze_contracts.documents import storable
from sonalyze_contracts.errors import ErrorBody
from sonalyze_contracts.identifiers import JobId, JobIdField
from sonalyze_contracts.model import Model
from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_contracts.simulations import SimulationRequest


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


Stage = Literal["queued", "preparing", "images", "rays", "evaluating", "storing"]
Fraction = Annotated[float, Field(ge=0, le=1)]


class SimulationAccepted(Model):
    """The simulation runs as a job; progress and result are pushed, and can be asked for."""

    job_id: JobId
    status: Literal["accepted"] = "accepted"
    estimated_seconds: float | None = None


class SimulationJob(Model):
    """``GET /jobs/{job_id}`` and ``DELETE /jobs/{job_id}``: a job as it stands."""

    job_id: JobId
    status: JobStatus
    fraction: Fraction = 0.0
    stage: Stage | None = None
    seconds_left: float | None = None
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    result: SimulationAnswer | None = None
    error: ErrorBody | None = None


class SimulationHealthView(Model):
    """The service answers."""

    status: Literal["ok"] = "ok"


class AppPayload(Model):
    """A room as an app draws it; the service's documentation lists what is read of it."""

    model_config = ConfigDict(extra="allow")

    room_model: dict[str, Any] | str | None = None
    rooms: list[Any] | None = None


class _Asked(Model):
    """Fields as they came, within what JSON can carry everywhere."""

    model_config = ConfigDict(extra="allow")

    @classmethod
    def of(cls, request: SimulationRequest) -> Self:
        """Ask for a simulation."""
        return cls.model_validate(request.model_dump(mode="json"))

    @property
    def body(self) -> dict[str, Any]:
        """The payload, unread."""
        return dict(self.__pydantic_extra__ or {})

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, data: Any) -> Any:  # noqa: ANN401  anything that a client sends
        return storable(data) if isinstance(data, dict) else data

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        own = handler.resolve_ref_schema(handler(core_schema))
        meant = [
            handler(model.__pydantic_core_schema__) for model in (SimulationRequest, AppPayload)
        ]
        own["anyOf"] = meant
        return own


class SimulationRun(
    _Asked,
    Command[SimulationAnswer | SimulationAccepted],
    event="simulation.run",
    owner=Service.SIMULATION,
):
    """Simulate a room and wait for the answer; what takes long becomes a job."""

    model_config = ConfigDict(extra="allow")


class SimulationStart(
    _Asked, Command[SimulationAccepted], event="simulation.request", owner=Service.SIMULATION
):
    """Simulate a room as a job; progress and result are pushed to the sender."""

    model_config = ConfigDict(extra="allow")


class SimulationCancel(Command[SimulationJob], event="simulation.cancel", owner=Service.SIMULATION):
    """Stop a job; one that has ended stays as it is."""

    job_id: JobIdField


class SimulationHealth(
    Command[SimulationHealthView], event="simulation.health", owner=Service.SIMULATION
):
    """Ask whether the service answers."""


class SimulationProgress(Push, event="simulation.progress", owner=Service.SIMULATION):
    """How far a job is."""

    job_id: JobId
    fraction: Fraction
    stage: Stage
    seconds_left: float | None = None


class SimulationResult(Push, event="simulation.result", owner=Service.SIMULATION):
    """A job ended: with its result, or with the error that explains why not."""

    job_id: JobId
    result: SimulationAnswer | None = None
    error: ErrorBody | None = None
