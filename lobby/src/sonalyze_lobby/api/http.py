"""The documented HTTP routes. Inside the house the device is named in the body."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from sonalyze_contracts.identifiers import (
    DeviceIdField,
    LobbyCodeField,
    LobbyId,
    LobbyIdField,
    SlotIdField,
    SlotLabel,
)
from sonalyze_contracts.lobbies import Acknowledged, LobbyOpened, LobbyStarted, LobbyView, Role
from sonalyze_contracts.model import Model
from sonalyze_lobby.domain.lobby import Assignment
from sonalyze_lobby.services import Services

LARGEST_ID = 2**31 - 1
"""What the log's integer ids can be compared with in every database."""

LARGEST_PAGE = 1000

router = APIRouter(prefix="/lobbies", tags=["lobbies"])


class OpenLobby(Model):
    """``POST /lobbies``."""

    creator_device_id: DeviceIdField


class JoinLobby(Model):
    """``POST /lobbies/join``."""

    code: LobbyCodeField
    device_id: DeviceIdField


class LeaveLobby(Model):
    """``POST /lobbies/{lobby_id}/leave``."""

    device_id: DeviceIdField


class AssignRole(Model):
    """``POST /lobbies/{lobby_id}/roles``."""

    admin_device_id: DeviceIdField
    target_device_id: DeviceIdField
    role: Role
    role_slot_id: SlotIdField | None = None
    role_slot_label: SlotLabel | None = None


class StartLobby(Model):
    """``POST /lobbies/{lobby_id}/start``."""

    admin_device_id: DeviceIdField


class LogLine(Model):
    """One thing that happened in a lobby."""

    id: int
    type: str
    payload: dict[str, Any]
    created_at: datetime


class LogPage(Model):
    """What happened in a lobby, the oldest first; ask again with the last id for more."""

    lobby_id: LobbyId
    events: list[LogLine] = Field(default_factory=list)


def services_of(request: Request) -> Services:
    """Find the use cases of the app that answers."""
    services: Services = request.app.state.services
    return services


Use = Annotated[Services, Depends(services_of)]


@router.post("")
async def open_lobby(body: OpenLobby, services: Use) -> LobbyOpened:
    """Open a lobby."""
    return LobbyOpened.model_validate(await services.lobbies.create(body.creator_device_id))


@router.post("/join")
async def join(body: JoinLobby, services: Use) -> LobbyView:
    """Join an open lobby by its code."""
    return LobbyView.model_validate(await services.lobbies.join(body.code, body.device_id))


@router.get("/{lobby_id}")
async def get_lobby(lobby_id: LobbyIdField, services: Use) -> LobbyView:
    """Show a lobby."""
    return LobbyView.model_validate(await services.lobbies.get(lobby_id))


@router.post("/{lobby_id}/leave")
async def leave(lobby_id: LobbyIdField, body: LeaveLobby, services: Use) -> Acknowledged:
    """Leave a lobby."""
    await services.lobbies.leave(lobby_id, body.device_id)
    return Acknowledged()


@router.post("/{lobby_id}/roles")
async def assign_role(lobby_id: LobbyIdField, body: AssignRole, services: Use) -> Acknowledged:
    """Give a participant a role and a slot."""
    await services.lobbies.assign_role(
        lobby_id,
        body.admin_device_id,
        body.target_device_id,
        Assignment(body.role, body.role_slot_id, body.role_slot_label),
    )
    return Acknowledged()


@router.post("/{lobby_id}/start")
async def start(lobby_id: LobbyIdField, body: StartLobby, services: Use) -> LobbyStarted:
    """Close the doors and measure."""
    lobby = await services.lobbies.start(lobby_id, body.admin_device_id)
    return LobbyStarted(state=lobby.state)


@router.get("/{lobby_id}/events")
async def events(
    lobby_id: LobbyIdField,
    services: Use,
    after_id: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = LARGEST_PAGE,
) -> LogPage:
    """Show a page of what happened in a lobby, after the entry with this id."""
    entries = await services.lobbies.log(lobby_id, after_id, limit)
    return LogPage(lobby_id=lobby_id, events=[LogLine.model_validate(one) for one in entries])
