"""Opening, joining and steering lobbies."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import structlog

from sonalyze_chassis.completion import to_its_end
from sonalyze_contracts.identifiers import DeviceId, LobbyCode, LobbyId
from sonalyze_lobby.domain import lobby as rules
from sonalyze_lobby.domain.codes import random_code
from sonalyze_lobby.domain.conditions import CodesExhausted
from sonalyze_lobby.domain.lobby import Assignment, Change, Lobby
from sonalyze_lobby.domain.news import LoggedEntry
from sonalyze_lobby.ports import Announcer, Clock, LobbyStore
from sonalyze_lobby.turnstile import Turnstile

MOST_ATTEMPTS = 10
"""At a million lobbies a code collides once in 2,000 times; ten in a row never."""

log = structlog.get_logger(__name__)


class Lobbies:
    """The use cases of lobbies; whoever calls them has established who is asking."""

    def __init__(
        self,
        store: LobbyStore,
        announcer: Announcer,
        clock: Clock,
        draw_code: Callable[[], LobbyCode] = random_code,
    ) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock
        self._draw_code = draw_code
        self._turnstile = Turnstile()

    async def create(self, device_id: DeviceId) -> Lobby:
        """Open a lobby under a code that nobody else has."""
        lobby_id = LobbyId(str(uuid4()))
        for _ in range(MOST_ATTEMPTS):
            change = rules.opened(lobby_id, self._draw_code(), device_id, self._clock.now())
            if await self._store.add(change.lobby, change.entries):
                log.info("lobby.opened", lobby_id=lobby_id)
                return change.lobby
        raise CodesExhausted("No free lobby code was found; try again")

    async def get(self, lobby_id: LobbyId) -> Lobby:
        """Read a lobby."""
        return await self._store.by_id(lobby_id)

    async def get_by_code(self, code: LobbyCode) -> Lobby:
        """Read the lobby with this code."""
        return await self._store.by_code(code)

    async def log(self, lobby_id: LobbyId, after_id: int, limit: int) -> Sequence[LoggedEntry]:
        """Read a page of what happened in a lobby."""
        return await self._store.log(lobby_id, after_id, limit)

    async def join(self, code: LobbyCode, device_id: DeviceId) -> Lobby:
        """Add a device to the lobby with this code; joining twice is joining once."""
        now = self._clock.now()
        lobby_id = await self._store.id_of(code)
        return await self._change(lobby_id, lambda lobby: rules.joined(lobby, device_id, now))

    async def leave(self, lobby_id: LobbyId, device_id: DeviceId) -> Lobby:
        """Let a device go; who is not there has left already."""
        now = self._clock.now()
        return await self._change(lobby_id, lambda lobby: rules.left(lobby, device_id, now))

    async def assign_role(
        self, lobby_id: LobbyId, by: DeviceId, target: DeviceId, assignment: Assignment
    ) -> Lobby:
        """Give a participant a role and a slot in the room."""
        now = self._clock.now()
        return await self._change(
            lobby_id, lambda lobby: rules.role_assigned(lobby, by, target, assignment, now)
        )

    async def start(self, lobby_id: LobbyId, by: DeviceId) -> Lobby:
        """Close the doors and measure."""
        now = self._clock.now()
        return await self._change(lobby_id, lambda lobby: rules.measurement_started(lobby, by, now))

    async def share_room(self, lobby_id: LobbyId, by: DeviceId, room: dict[str, Any]) -> None:
        """Show the drawn room to the others."""
        now = self._clock.now()
        await self._change(lobby_id, lambda lobby: rules.room_shared(lobby, by, room, now))

    async def share_step(self, lobby_id: LobbyId, by: DeviceId, step_index: int) -> None:
        """Show the others the step that the admin's app is at."""
        now = self._clock.now()
        await self._change(lobby_id, lambda lobby: rules.step_shared(lobby, by, step_index, now))

    async def share_profile(self, lobby_id: LobbyId, by: DeviceId, profile_id: str) -> None:
        """Show the others the equipment profile that the admin chose."""
        now = self._clock.now()
        await self._change(lobby_id, lambda lobby: rules.profile_shared(lobby, by, profile_id, now))

    @to_its_end
    async def _change(self, lobby_id: LobbyId, rule: Callable[[Lobby], Change]) -> Lobby:
        async with self._turnstile(lobby_id):
            async with self._store.transaction() as lobbies:
                before = await lobbies.locked(lobby_id)
                change = rule(before)
                await lobbies.save(before, change.lobby, change.entries)
            self._announcer.announce(lobby_id, change.tells)
        return change.lobby
