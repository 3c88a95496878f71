"""Lobbies: who is in the room, and who does what there."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from sonalyze_contracts.command import Command, Push, Service
from sonalyze_contracts.identifiers import (
    DeviceId,
    DeviceIdField,
    LobbyCode,
    LobbyCodeField,
    LobbyId,
    LobbyIdField,
    SessionId,
    SlotId,
    SlotIdField,
    SlotLabel,
)
from sonalyze_contracts.model import Model

LARGEST_STEP_INDEX = 1_000


class Role(StrEnum):
    """What a device does in a measurement."""

    NONE = "none"
    SPEAKER = "speaker"
    MICROPHONE = "microphone"


class ParticipantStatus(StrEnum):
    """Whether a participant is still there."""

    JOINED = "joined"
    LEFT = "left"


class LobbyState(StrEnum):
    """What a lobby is doing."""

    OPEN = "open"
    MEASUREMENT_RUNNING = "measurement_running"
    CLOSED = "closed"


class ParticipantView(Model):
    """A device in a lobby."""

    device_id: DeviceId
    role: Role
    role_slot_id: SlotId | None = None
    role_slot_label: str | None = None
    status: ParticipantStatus
    joined_at: datetime
    left_at: datetime | None = None


class LobbyOpened(Model):
    """A new lobby and the code that others type to join it."""

    lobby_id: LobbyId
    code: LobbyCode
    admin_device_id: DeviceId
    state: LobbyState


class LobbyView(LobbyOpened):
    """A lobby with everybody who is or was in it, in the order they came."""

    participants: list[ParticipantView]
    active_session_id: SessionId | None = None


class Acknowledged(Model):
    """Done."""

    ok: Literal[True] = True


class LobbyStarted(Acknowledged):
    """The lobby now measures."""

    state: LobbyState


class StepShared(Acknowledged):
    """The step of the admin's app was passed on."""

    step_index: int


class ProfileShared(Acknowledged):
    """The chosen profile was passed on."""

    profile_id: str


class LobbyCreate(Command[LobbyOpened], event="lobby.create", owner=Service.LOBBY):
    """Open a lobby; whoever sends this is its admin for ever."""


class LobbyJoin(Command[LobbyView], event="lobby.join", owner=Service.LOBBY):
    """Join an open lobby by its six-character code; joining twice is joining once."""

    code: LobbyCodeField


class LobbyLeave(Command[Acknowledged], event="lobby.leave", owner=Service.LOBBY):
    """Leave a lobby."""

    lobby_id: LobbyIdField


class LobbyGet(Command[LobbyView], event="lobby.get", owner=Service.LOBBY):
    """Look a lobby up by id or code; the id wins."""

    lobby_id: LobbyIdField | None = None
    code: LobbyCodeField | None = None

    @model_validator(mode="after")
    def _names_a_lobby(self) -> Self:
        if self.lobby_id is None and self.code is None:
            raise ValueError("Missing 'lobby_id' or 'code' in data")
        return self


class LobbyStart(Command[LobbyStarted], event="lobby.start", owner=Service.LOBBY):
    """Close the doors and measure; admin only."""

    lobby_id: LobbyIdField


class RoleAssign(
    Command[Acknowledged], event="role.assign", owner=Service.LOBBY, aliases=("role.update",)
):
    """Give a participant a role and a slot in the room; admin only."""

    lobby_id: LobbyIdField
    target_device_id: DeviceIdField
    role: Role
    role_slot_id: SlotIdField | None = None
    role_slot_label: SlotLabel | None = None


class RoomSnapshot(Command[Acknowledged], event="lobby.room_snapshot", owner=Service.LOBBY):
    """Share the drawn room with the others; admin only."""

    lobby_id: LobbyIdField
    room: dict[str, Any]


class StepUpdate(Command[StepShared], event="lobby.step_update", owner=Service.LOBBY):
    """Share the step that the admin's app shows; admin only."""

    lobby_id: LobbyIdField
    step_index: int = Field(ge=0, le=LARGEST_STEP_INDEX, strict=True)


class ProfileUpdate(Command[ProfileShared], event="lobby.profile_update", owner=Service.LOBBY):
    """Share the chosen equipment profile, for example smartphone; admin only."""

    lobby_id: LobbyIdField
    profile_id: str = Field(min_length=1, max_length=128)


class LobbyUpdated(Push):
    """What every change of a lobby has in common; its ``type`` says which change it is."""

    lobby_id: LobbyId


class ParticipantJoined(LobbyUpdated, event="lobby.updated", owner=Service.LOBBY):
    """A device joined."""

    type: Literal["participant_joined"] = "participant_joined"
    device_id: DeviceId


class ParticipantLeft(LobbyUpdated, event="lobby.updated", owner=Service.LOBBY):
    """A device left."""

    type: Literal["participant_left"] = "participant_left"
    device_id: DeviceId


class RoleAssigned(LobbyUpdated, event="lobby.updated", owner=Service.LOBBY):
    """A participant has a new role."""

    type: Literal["role_assigned"] = "role_assigned"
    target_device_id: DeviceId
    role: Role
    role_slot_id: SlotId | None = None
    role_slot_label: str | None = None


class LobbyStateChanged(LobbyUpdated, event="lobby.updated", owner=Service.LOBBY):
    """The lobby changed what it is doing."""

    type: Literal["state_changed"] = "state_changed"
    state: LobbyState


class RoomShared(Push, event="lobby.room_snapshot", owner=Service.LOBBY):
    """The admin shared the drawn room."""

    lobby_id: LobbyId
    room: dict[str, Any]
    source_device_id: DeviceId
    shared_at: datetime


class StepChanged(Push, event="lobby.step_update", owner=Service.LOBBY):
    """The admin's app went to another step."""

    lobby_id: LobbyId
    step_index: int
    source_device_id: DeviceId


class ProfileChanged(Push, event="lobby.profile_update", owner=Service.LOBBY):
    """The admin chose another equipment profile."""

    lobby_id: LobbyId
    profile_id: str
    source_device_id: DeviceId
