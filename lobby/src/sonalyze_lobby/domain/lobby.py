"""A lobby: who is in the room, who does what there, and what may change when.

Every change gives the lobby as it is afterwards together with what follows from it. A change that
changes nothing (joining twice, leaving without being there) has no consequences.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sonalyze_contracts.command import Push
from sonalyze_contracts.identifiers import DeviceId, LobbyCode, LobbyId, SessionId, SlotId
from sonalyze_contracts.lobbies import (
    LobbyState,
    LobbyStateChanged,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantStatus,
    ProfileChanged,
    Role,
    RoleAssigned,
    RoomShared,
    StepChanged,
)
from sonalyze_lobby.domain.conditions import (
    LobbyFull,
    LobbyNotOpen,
    NotAdmin,
    ParticipantNotFound,
)
from sonalyze_lobby.domain.news import Entry, Tell

MOST_PARTICIPANTS = 512
"""More than the 64 speakers and 256 microphones that one session can have, and some to watch."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a participant is to do, and at which place in the room."""

    role: Role = Role.NONE
    role_slot_id: SlotId | None = None
    role_slot_label: str | None = None


@dataclass(frozen=True, slots=True)
class Participant:
    """A device that is or was in a lobby."""

    device_id: DeviceId
    joined_at: datetime
    role: Role = Role.NONE
    role_slot_id: SlotId | None = None
    role_slot_label: str | None = None
    status: ParticipantStatus = ParticipantStatus.JOINED
    left_at: datetime | None = None

    @property
    def is_here(self) -> bool:
        """Say whether the device has not left."""
        return self.status is ParticipantStatus.JOINED


@dataclass(frozen=True, slots=True)
class Lobby:
    """A lobby with everybody who is or was in it, in the order they came."""

    lobby_id: LobbyId
    code: LobbyCode
    admin_device_id: DeviceId
    created_at: datetime
    state: LobbyState = LobbyState.OPEN
    participants: tuple[Participant, ...] = ()
    active_session_id: SessionId | None = None

    @property
    def present(self) -> tuple[DeviceId, ...]:
        """The devices that have not left."""
        return tuple(one.device_id for one in self.participants if one.is_here)

    def participant(self, device_id: DeviceId) -> Participant | None:
        """Find a device, whether or not it has left."""
        return next((one for one in self.participants if one.device_id == device_id), None)

    def require_admin(self, device_id: DeviceId) -> None:
        """Refuse everybody but the creator."""
        if device_id != self.admin_device_id:
            raise NotAdmin("Only the lobby's admin may do this", lobby_id=self.lobby_id)

    def with_participant(self, participant: Participant) -> "Lobby":
        """Put a participant in, or in the place where it was."""
        if self.participant(participant.device_id) is None:
            return replace(self, participants=(*self.participants, participant))
        return replace(
            self,
            participants=tuple(
                participant if one.device_id == participant.device_id else one
                for one in self.participants
            ),
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A lobby after a change, and what follows from it."""

    lobby: Lobby
    entries: tuple[Entry, ...] = ()
    tells: tuple[Tell, ...] = ()


def opened(lobby_id: LobbyId, code: LobbyCode, admin: DeviceId, at: datetime) -> Change:
    """Open a lobby; its creator is its admin for ever and its first participant."""
    lobby = Lobby(lobby_id, code, admin, at, participants=(Participant(admin, joined_at=at),))
    entry = Entry("lobby_created", at, {"admin_device_id": admin, "code": code})
    return Change(lobby, (entry,))


def joined(lobby: Lobby, device_id: DeviceId, at: datetime) -> Change:
    """Let a device in; who comes back has the role that it had."""
    if lobby.state is not LobbyState.OPEN:
        raise LobbyNotOpen("The lobby is not open", lobby_id=lobby.lobby_id, state=lobby.state)
    known = lobby.participant(device_id)
    if known is not None and known.is_here:
        return Change(lobby)
    if known is None and len(lobby.participants) >= MOST_PARTICIPANTS:
        raise LobbyFull("The lobby is full", most_participants=MOST_PARTICIPANTS)
    newcomer = (
        Participant(device_id, joined_at=at)
        if known is None
        else replace(known, status=ParticipantStatus.JOINED, left_at=None)
    )
    lobby = lobby.with_participant(newcomer)
    push = ParticipantJoined(lobby_id=lobby.lobby_id, device_id=device_id)
    return _told_all(lobby, Entry("participant_joined", at, {"device_id": device_id}), push)


def left(lobby: Lobby, device_id: DeviceId, at: datetime) -> Change:
    """Let a device go; the others learn of it."""
    known = lobby.participant(device_id)
    if known is None or not known.is_here:
        return Change(lobby)
    lobby = lobby.with_participant(replace(known, status=ParticipantStatus.LEFT, left_at=at))
    push = ParticipantLeft(lobby_id=lobby.lobby_id, device_id=device_id)
    return _told_all(lobby, Entry("participant_left", at, {"device_id": device_id}), push)


def role_assigned(
    lobby: Lobby, by: DeviceId, target: DeviceId, assignment: Assignment, at: datetime
) -> Change:
    """Give a participant a role and a slot; no role means no slot."""
    lobby.require_admin(by)
    known = lobby.participant(target)
    if known is None or not known.is_here:
        raise ParticipantNotFound("The device is not in the lobby", target_device_id=target)
    given = Assignment() if assignment.role is Role.NONE else assignment
    facts = {"target_device_id": target, **asdict(given)}
    lobby = lobby.with_participant(replace(known, **asdict(given)))
    push = RoleAssigned.model_validate({"lobby_id": lobby.lobby_id, **facts})
    return _told_all(lobby, Entry("role_assigned", at, {"admin_device_id": by, **facts}), push)


def measurement_started(lobby: Lobby, by: DeviceId, at: datetime) -> Change:
    """Close the doors and measure."""
    lobby.require_admin(by)
    if lobby.state is not LobbyState.OPEN:
        raise LobbyNotOpen("The lobby is not open", lobby_id=lobby.lobby_id, state=lobby.state)
    lobby = replace(lobby, state=LobbyState.MEASUREMENT_RUNNING)
    push = LobbyStateChanged(lobby_id=lobby.lobby_id, state=lobby.state)
    return _told_all(lobby, Entry("measurement_started", at, {"admin_device_id": by}), push)


def room_shared(lobby: Lobby, by: DeviceId, room: dict[str, Any], at: datetime) -> Change:
    """Show the drawn room to the others."""
    lobby.require_admin(by)
    push = RoomShared(lobby_id=lobby.lobby_id, room=room, source_device_id=by, shared_at=at)
    return _told_others(lobby, by, Entry("room_snapshot", at, {"admin_device_id": by}), push)


def step_shared(lobby: Lobby, by: DeviceId, step_index: int, at: datetime) -> Change:
    """Show the others the step that the admin's app is at."""
    lobby.require_admin(by)
    push = StepChanged(lobby_id=lobby.lobby_id, step_index=step_index, source_device_id=by)
    payload = {"admin_device_id": by, "step_index": step_index}
    return _told_others(lobby, by, Entry("step_update", at, payload), push)


def profile_shared(lobby: Lobby, by: DeviceId, profile_id: str, at: datetime) -> Change:
    """Show the others the equipment profile that the admin chose."""
    lobby.require_admin(by)
    push = ProfileChanged(lobby_id=lobby.lobby_id, profile_id=profile_id, source_device_id=by)
    payload = {"admin_device_id": by, "profile_id": profile_id}
    return _told_others(lobby, by, Entry("profile_update", at, payload), push)


def _told_all(lobby: Lobby, entry: Entry, push: Push) -> Change:
    return Change(lobby, (entry,), (Tell(push, lobby.present),))


def _told_others(lobby: Lobby, by: DeviceId, entry: Entry, push: Push) -> Change:
    others = tuple(device_id for device_id in lobby.present if device_id != by)
    return Change(lobby, (entry,), (Tell(push, others),))
