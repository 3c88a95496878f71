"""What storage keeps, as it crosses the wire of ``/v1/<resource>``.

Of each resource there is what a PATCH may change, what a POST says (that, and what never changes),
the entry of a batch (a POST under an id of the writer's own, at the time when it happened), and
the row that is answered. Inputs are typed dicts: what is not given is not there, which is something
else than null.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, Required, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field
from typing_extensions import TypedDict

from sonalyze_contracts.archive import MOST_BATCH_ROWS, device_row_id
from sonalyze_contracts.documents import JsonObject
from sonalyze_contracts.identifiers import DeviceId, DeviceIdField, NoNul
from sonalyze_contracts.model import Model

EntryT = TypeVar("EntryT")

LARGEST_COUNT = 2**31 - 1
LARGEST_SIZE_BYTES = 2**63 - 1
"""What the columns hold."""

ENDS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


def in_utc(moment: datetime) -> datetime:
    """Refuse the ends of the calendar: times that UTC does not have, and those taken for endless.

    PostgreSQL's driver stores the first and the last moment as its infinities.
    """
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is no point in time in UTC") from None
    if moment in ENDS:
        raise ValueError("is the first or the last moment of the calendar")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
Text = Annotated[str, NoNul]
Label = Annotated[str, Field(max_length=256), NoNul]
Name = Annotated[str, Field(max_length=64), NoNul]
Code = Annotated[str, Field(min_length=1, max_length=16), NoNul]
AnalysisType = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        examples=["room_acoustics", "frequency_response", "sti", "custom"],
    ),
    NoNul,
]
Sha256 = Annotated[str, Field(min_length=64, max_length=64), NoNul]
Count = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]
SizeBytes = Annotated[int, Field(ge=0, le=LARGEST_SIZE_BYTES)]


class StoredLobbyState(StrEnum):
    """How far a lobby has come."""

    CREATED = "created"
    OPEN = "open"
    MEASURING = "measuring"
    CLOSED = "closed"


class StoredRole(StrEnum):
    """What a participant does."""

    OBSERVER = "observer"
    SPEAKER = "speaker"
    MICROPHONE = "microphone"


class StoredPresence(StrEnum):
    """Whether a participant is there."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    LEFT = "left"


class OutputStatus(StrEnum):
    """How far an analysis has come."""

    CREATED = "created"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class SimulationStatus(StrEnum):
    """How far a simulation has come."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class DevicePatch(TypedDict, total=False):
    """What can change of a device."""

    label: Label | None
    platform: Name | None
    metadata: JsonObject


class DeviceNew(DevicePatch):
    """A device, new or known by its external id; what is not given becomes null or ``{}``."""

    external_id: DeviceIdField


class DeviceEntry(DeviceNew, total=False):
    """A device in a batch; its id is the one made from its external id, and need not be given."""

    id: UUID
    created_at: Moment


class Device(Model):
    """A device."""

    id: UUID
    external_id: DeviceId
    label: str | None
    platform: str | None
    metadata: dict[str, Any]
    created_at: datetime


class StoredLobbyPatch(TypedDict, total=False):
    """What can change of a lobby."""

    code: Code
    state: StoredLobbyState
    creator_device_id: UUID | None


class StoredLobbyNew(StoredLobbyPatch):
    """A lobby; ``created`` unless said otherwise, with a code of its own if none is given."""


class StoredLobbyEntry(StoredLobbyNew, total=False):
    """A lobby in a batch."""

    id: UUID
    created_at: Moment


class StoredLobby(Model):
    """A lobby."""

    id: UUID
    code: str
    state: StoredLobbyState
    creator_device_id: UUID | None
    created_at: datetime


class StoredParticipantPatch(TypedDict, total=False):
    """What can change of a participant."""

    role: StoredRole
    status: StoredPresence


class StoredParticipantNew(StoredParticipantPatch):
    """A device in a lobby; it is a connected observer unless said otherwise."""

    lobby_id: UUID
    device_id: UUID


class StoredParticipantEntry(StoredParticipantNew, total=False):
    """A participant in a batch."""

    id: UUID
    joined_at: Moment


class StoredParticipant(Model):
    """A device in a lobby."""

    id: UUID
    lobby_id: UUID
    device_id: UUID
    role: StoredRole
    status: StoredPresence
    joined_at: datetime


class MeasurementPatch(TypedDict, total=False):
    """What can change of a measurement."""

    kind: Name
    sample_rate_hz: Count | None
    channels: Count | None
    raw_blob_ref: Text | None
    raw_bytes: SizeBytes | None
    raw_sha256: Sha256 | None
    metadata: JsonObject
    started_at: Moment | None
    stopped_at: Moment | None


class MeasurementNew(MeasurementPatch, total=False):
    """Something measured: a recording (``raw``, the kind if none is given), or a whole session."""

    lobby_id: UUID | None
    created_by_device_id: UUID | None


class MeasurementEntry(MeasurementNew, total=False):
    """A measurement in a batch."""

    id: UUID
    created_at: Moment


class Measurement(Model):
    """Something measured."""

    id: UUID
    lobby_id: UUID | None
    created_by_device_id: UUID | None
    kind: str
    sample_rate_hz: int | None
    channels: int | None
    raw_blob_ref: str | None
    raw_bytes: int | None
    raw_sha256: str | None
    metadata: dict[str, Any]
    started_at: datetime | None
    stopped_at: datetime | None
    created_at: datetime


class AnalysisOutputPatch(TypedDict, total=False):
    """What can change of an analysis output."""

    status: OutputStatus
    result: JsonObject


class AnalysisOutputNew(AnalysisOutputPatch):
    """What an analysis of a measurement finds; ``created`` and empty unless said otherwise."""

    measurement_id: UUID
    type: AnalysisType


class AnalysisOutputEntry(AnalysisOutputNew, total=False):
    """An analysis output in a batch."""

    id: UUID
    created_at: Moment


class AnalysisOutput(Model):
    """What an analysis of a measurement found."""

    id: UUID
    measurement_id: UUID
    type: str
    status: OutputStatus
    result: dict[str, Any]
    created_at: datetime


class StoredSimulationJobPatch(TypedDict, total=False):
    """What can change of a simulation job."""

    status: SimulationStatus
    params: JsonObject
    started_at: Moment | None
    finished_at: Moment | None
    error: Text | None


class StoredSimulationJobNew(StoredSimulationJobPatch, total=False):
    """A simulation that somebody asked for; ``queued`` unless said otherwise."""

    requested_by_device_id: UUID | None
    lobby_id: UUID | None


class StoredSimulationJobEntry(StoredSimulationJobNew, total=False):
    """A simulation job in a batch."""

    id: UUID
    created_at: Moment


class StoredSimulationJob(Model):
    """A simulation that somebody asked for."""

    id: UUID
    requested_by_device_id: UUID | None
    lobby_id: UUID | None
    status: SimulationStatus
    params: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None


class StoredSimulationResultPatch(TypedDict, total=False):
    """What can change of a simulation's result."""

    result: JsonObject


class StoredSimulationResultNew(StoredSimulationResultPatch):
    """What a simulation job found; one per job."""

    job_id: UUID


class StoredSimulationResultEntry(StoredSimulationResultNew, total=False):
    """A simulation's result in a batch."""

    id: UUID
    created_at: Moment


class StoredSimulationResult(Model):
    """What a simulation job found."""

    id: UUID
    job_id: UUID
    result: dict[str, Any]
    created_at: datetime


def named_by_external_id(device: DeviceEntry) -> DeviceEntry:
    """Refuse an id that is not the one made from the external id."""
    if "id" in device and device["id"] != device_row_id(device["external_id"]):
        raise ValueError("the id of a device is made from its external id, and is another one")
    return device


NamedDevice = Annotated[DeviceEntry, AfterValidator(named_by_external_id)]
"""A device in a batch whose id, where it is given, is its own."""


class Batch(TypedDict, Generic[EntryT]):
    """``POST /v1/<resource>/batch``: entries that are written all or none.

    Of a row whose id exists the given fields change and all others stay. Entries of one id are one
    entry: of a field that several give, the last one holds.
    """

    rows: Required[Annotated[list[EntryT], Field(min_length=1, max_length=MOST_BATCH_ROWS)]]


class BatchReceipt(Model):
    """How many entries were written, and under which ids, in their order."""

    written: int
    ids: list[UUID]


class Deleted(Model):
    """The row is gone."""

    deleted: Literal[True] = True
