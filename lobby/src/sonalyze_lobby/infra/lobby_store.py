"""Lobbies in the database."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Row, Select, bindparam, insert, literal_column, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sonalyze_chassis.archive import NO_ARCHIVE, Archive
from sonalyze_chassis.completion import to_its_end
from sonalyze_chassis.database import Database
from sonalyze_contracts.identifiers import LobbyCode, LobbyId
from sonalyze_contracts.lobbies import LobbyState, ParticipantStatus, Role
from sonalyze_contracts.sessions import SessionStatus
from sonalyze_lobby.domain.archive import rows_of_lobby
from sonalyze_lobby.domain.conditions import LobbyNotFound
from sonalyze_lobby.domain.lobby import Lobby, Participant
from sonalyze_lobby.domain.news import Entry, LoggedEntry
from sonalyze_lobby.infra.tables import LOBBIES, LOBBY_EVENTS, PARTICIPANTS, SESSIONS

ACTIVE_SESSION = (
    select(SESSIONS.c.id)
    .where(
        SESSIONS.c.lobby_id == LOBBIES.c.id,
        or_(
            SESSIONS.c.status == literal_column(f"'{SessionStatus.RUNNING}'"),
            SESSIONS.c.status == literal_column(f"'{SessionStatus.CREATED}'"),
        ),
    )
    .order_by(SESSIONS.c.status.desc(), SESSIONS.c.created_at.desc())
    .limit(1)
    .scalar_subquery()
)
"""The session that runs, else the newest that was planned: "running" sorts after "created"."""

LOBBY_ROWS = (
    select(
        LOBBIES,
        ACTIVE_SESSION.label("active_session_id"),
        PARTICIPANTS.c.device_id,
        PARTICIPANTS.c.role,
        PARTICIPANTS.c.role_slot_id,
        PARTICIPANTS.c.role_slot_label,
        PARTICIPANTS.c.status,
        PARTICIPANTS.c.joined_at,
        PARTICIPANTS.c.left_at,
    )
    .select_from(LOBBIES.outerjoin(PARTICIPANTS))
    .order_by(PARTICIPANTS.c.joined_at, PARTICIPANTS.c.id)
)
LOBBY_BY_ID = LOBBY_ROWS.where(LOBBIES.c.id == bindparam("lobby_id"))
LOBBY_BY_CODE = LOBBY_ROWS.where(LOBBIES.c.code == bindparam("code"))
"""Made once: ``lobby.get`` is what clients ask most, and building it anew costs a third of it."""


class LobbyTables:
    """A store of lobbies, one statement per read."""

    def __init__(self, database: Database, archive: Archive = NO_ARCHIVE) -> None:
        self._database = database
        self._archive = archive

    async def by_id(self, lobby_id: LobbyId) -> Lobby:
        """Read a lobby."""
        return await self._read(LOBBY_BY_ID, {"lobby_id": lobby_id})

    async def by_code(self, code: LobbyCode) -> Lobby:
        """Read the lobby with this code."""
        return await self._read(LOBBY_BY_CODE, {"code": code})

    @to_its_end
    async def id_of(self, code: LobbyCode) -> LobbyId:
        """Find which lobby has this code."""
        async with self._database.statement() as connection:
            found = await connection.scalar(select(LOBBIES.c.id).where(LOBBIES.c.code == code))
        if found is None:
            raise LobbyNotFound("No lobby has this code")
        return LobbyId(found)

    @to_its_end
    async def add(self, lobby: Lobby, entries: Sequence[Entry]) -> bool:
        """Keep a new lobby; false, and nothing kept, if its code is taken."""
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    insert(LOBBIES).values(
                        id=lobby.lobby_id,
                        code=lobby.code,
                        creator_device_id=lobby.admin_device_id,
                        state=lobby.state,
                        created_at=lobby.created_at,
                    )
                )
                changes = LobbyChanges(connection, self._archive)
                await changes.add_participants(lobby, lobby.participants)
                await write_log(connection, lobby.lobby_id, entries)
                await self._archive.enqueue(connection, rows_of_lobby(None, lobby))
        except IntegrityError:
            return False
        self._archive.committed(connection)
        return True

    @to_its_end
    async def log(self, lobby_id: LobbyId, after_id: int, limit: int) -> Sequence[LoggedEntry]:
        """Read a page of a lobby's log, the oldest first."""
        page = (
            select(
                LOBBY_EVENTS.c.id,
                LOBBY_EVENTS.c.type,
                LOBBY_EVENTS.c.payload,
                LOBBY_EVENTS.c.created_at,
            )
            .where(LOBBY_EVENTS.c.lobby_id == lobby_id, LOBBY_EVENTS.c.id > after_id)
            .order_by(LOBBY_EVENTS.c.id)
            .limit(limit)
        )
        async with self._database.statement() as connection:
            rows = (await connection.execute(page)).all()
            known = rows or await connection.scalar(
                select(LOBBIES.c.id).where(LOBBIES.c.id == lobby_id)
            )
        if not known:
            raise LobbyNotFound("No lobby has this id", lobby_id=lobby_id)
        return [LoggedEntry(*row) for row in rows]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["LobbyChanges"]:
        """Change a lobby; committed at the end of the block."""
        async with self._database.transaction() as connection:
            yield LobbyChanges(connection, self._archive)
        self._archive.committed(connection)

    async def _read(self, wanted: Select[Any], parameters: dict[str, str]) -> Lobby:
        async with self._database.statement() as connection:
            return _lobby((await connection.execute(wanted, parameters)).all())


class LobbyChanges:
    """Changes to one lobby inside a transaction."""

    def __init__(self, connection: AsyncConnection, archive: Archive) -> None:
        self._connection = connection
        self._archive = archive

    async def locked(self, lobby_id: LobbyId) -> Lobby:
        """Read a lobby and keep others from changing it meanwhile."""
        await lock_lobby(self._connection, lobby_id)
        rows = await self._connection.execute(LOBBY_BY_ID, {"lobby_id": lobby_id})
        return _lobby(rows.all())

    async def save(self, before: Lobby, after: Lobby, entries: Sequence[Entry]) -> None:
        """Write what differs, the log, and what storage is to know."""
        if after.state is not before.state:
            await self._connection.execute(
                update(LOBBIES).where(LOBBIES.c.id == after.lobby_id).values(state=after.state)
            )
        known = {one.device_id: one for one in before.participants}
        changed = [one for one in after.participants if known.get(one.device_id) is not one]
        await self.add_participants(after, [one for one in changed if one.device_id not in known])
        for participant in changed:
            if participant.device_id in known:
                await self._update(after.lobby_id, participant)
        await write_log(self._connection, after.lobby_id, entries)
        await self._archive.enqueue(self._connection, rows_of_lobby(before, after))

    async def add_participants(self, lobby: Lobby, newcomers: Iterable[Participant]) -> None:
        """Write participants that were never here before."""
        rows = [
            {"lobby_id": lobby.lobby_id, "device_id": one.device_id, **_columns(one)}
            for one in newcomers
        ]
        if rows:
            await self._connection.execute(insert(PARTICIPANTS), rows)

    async def _update(self, lobby_id: LobbyId, participant: Participant) -> None:
        await self._connection.execute(
            update(PARTICIPANTS)
            .where(
                PARTICIPANTS.c.lobby_id == lobby_id,
                PARTICIPANTS.c.device_id == participant.device_id,
            )
            .values(**_columns(participant))
        )


async def lock_lobby(connection: AsyncConnection, lobby_id: LobbyId) -> None:
    """Keep others from changing a lobby or its log until the transaction ends.

    SQLite has one writer at a time anyway and ignores the clause.
    """
    await connection.execute(select(LOBBIES.c.id).where(LOBBIES.c.id == lobby_id).with_for_update())


async def write_log(
    connection: AsyncConnection, lobby_id: LobbyId, entries: Sequence[Entry]
) -> None:
    """Add lines to a lobby's log; the lobby has to be locked, so that ids follow commits."""
    rows = [
        {
            "lobby_id": lobby_id,
            "type": entry.type,
            "payload": entry.payload,
            "created_at": entry.at,
        }
        for entry in entries
    ]
    if rows:
        await connection.execute(insert(LOBBY_EVENTS), rows)


def _columns(participant: Participant) -> dict[str, Any]:
    return {
        "role": participant.role,
        "role_slot_id": participant.role_slot_id,
        "role_slot_label": participant.role_slot_label,
        "status": participant.status,
        "joined_at": participant.joined_at,
        "left_at": participant.left_at,
    }


def _lobby(rows: Sequence[Row[Any]]) -> Lobby:
    if not rows:
        raise LobbyNotFound("No such lobby")
    first = rows[0]
    return Lobby(
        lobby_id=first.id,
        code=first.code,
        admin_device_id=first.creator_device_id,
        created_at=first.created_at,
        state=LobbyState(first.state),
        active_session_id=first.active_session_id,
        participants=tuple(_participant(row) for row in rows if row.device_id is not None),
    )


def _participant(row: Row[Any]) -> Participant:
    return Participant(
        device_id=row.device_id,
        joined_at=row.joined_at,
        role=Role(row.role),
        role_slot_id=row.role_slot_id,
        role_slot_label=row.role_slot_label,
        status=ParticipantStatus(row.status),
        left_at=row.left_at,
    )
