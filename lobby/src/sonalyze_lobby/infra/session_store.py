"""Sessions and the outcomes of their analyses in the database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, insert, select, true, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from sonalyze_chassis.archive import NO_ARCHIVE, Archive
from sonalyze_chassis.completion import to_its_end
from sonalyze_chassis.database import Database
from sonalyze_contracts.identifiers import LobbyId, SessionId
from sonalyze_contracts.sessions import SessionStatus
from sonalyze_lobby.domain.analysis import Outcome
from sonalyze_lobby.domain.archive import rows_of_session
from sonalyze_lobby.domain.conditions import OtherSessionRunning, SessionNotFound
from sonalyze_lobby.domain.news import Entry
from sonalyze_lobby.domain.session import Session
from sonalyze_lobby.infra.lobby_store import lock_lobby, write_log
from sonalyze_lobby.infra.tables import OUTCOMES, SESSIONS

STATE: TypeAdapter[Session] = TypeAdapter(Session)


class SessionTables:
    """A store of sessions."""

    def __init__(self, database: Database, archive: Archive = NO_ARCHIVE) -> None:
        self._database = database
        self._archive = archive

    @to_its_end
    async def by_id(self, session_id: SessionId) -> Session:
        """Read a session."""
        async with self._database.statement() as connection:
            return _session(session_id, await connection.scalar(_state_of(session_id)))

    @to_its_end
    async def add(self, session: Session, entries: Sequence[Entry], at: datetime) -> None:
        """Keep a new session, unless one of the lobby runs."""
        async with self._database.transaction() as connection:
            await lock_lobby(connection, session.lobby_id)
            await _require_none_running(connection, session.lobby_id)
            columns = {"id": session.session_id, "created_at": at, **_columns(session)}
            await connection.execute(insert(SESSIONS).values(settled=False, **columns))
            await write_log(connection, session.lobby_id, entries)
            await self._archive.enqueue(connection, rows_of_session(None, session, at))
        self._archive.committed(connection)

    @to_its_end
    async def due(self, now: datetime) -> Sequence[SessionId]:
        """List the sessions whose deadline has passed."""
        async with self._database.statement() as connection:
            found = await connection.scalars(
                select(SESSIONS.c.id).where(SESSIONS.c.deadline <= now)
            )
            return [SessionId(session_id) for session_id in found]

    @to_its_end
    async def next_deadline(self) -> datetime | None:
        """Give the earliest deadline of all sessions."""
        async with self._database.statement() as connection:
            found: datetime | None = await connection.scalar(select(func.min(SESSIONS.c.deadline)))
        return found

    @to_its_end
    async def unsettled(self) -> Sequence[SessionId]:
        """List the sessions that have begun and whose end is not known to have been told."""
        wanted = select(SESSIONS.c.id).where(
            ~SESSIONS.c.settled, SESSIONS.c.status != SessionStatus.CREATED
        )
        async with self._database.statement() as connection:
            return [SessionId(session_id) for session_id in await connection.scalars(wanted)]

    @to_its_end
    async def settle(self, session_id: SessionId) -> None:
        """Remember that everybody was told of the end."""
        async with self._database.statement() as connection:
            await connection.execute(
                update(SESSIONS).where(SESSIONS.c.id == session_id).values(settled=true())
            )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["SessionChanges"]:
        """Change a session; committed at the end of the block."""
        try:
            async with self._database.transaction() as connection:
                yield SessionChanges(connection, self._archive)
        except IntegrityError as error:
            raise OtherSessionRunning("Another session of the lobby runs") from error
        self._archive.committed(connection)


class SessionChanges:
    """Changes to one session inside a transaction."""

    def __init__(self, connection: AsyncConnection, archive: Archive) -> None:
        self._connection = connection
        self._archive = archive

    async def locked(self, session_id: SessionId) -> Session:
        """Read a session and keep others from changing it meanwhile."""
        state = await self._connection.scalar(_state_of(session_id).with_for_update())
        return _session(session_id, state)

    async def save(self, before: Session, after: Session, entries: Sequence[Entry]) -> None:
        """Write a session as it now stands, its lobby's log, and what storage is to know."""
        await self._connection.execute(
            update(SESSIONS).where(SESSIONS.c.id == after.session_id).values(**_columns(after))
        )
        if entries:
            await lock_lobby(self._connection, after.lobby_id)
            await write_log(self._connection, after.lobby_id, entries)
        await self._archive.enqueue(self._connection, rows_of_session(before, after))


class OutcomeTables:
    """A store of what analyses found."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @to_its_end
    async def of(self, session_id: SessionId) -> Sequence[Outcome]:
        """Read the outcomes so far."""
        wanted = select(
            OUTCOMES.c.speaker_slot_id,
            OUTCOMES.c.microphone_slot_id,
            OUTCOMES.c.upload_name,
            OUTCOMES.c.results,
            OUTCOMES.c.error,
        ).where(OUTCOMES.c.session_id == session_id)
        async with self._database.statement() as connection:
            return [Outcome(*row) for row in await connection.execute(wanted)]

    @to_its_end
    async def add(self, session_id: SessionId, outcome: Outcome) -> None:
        """Keep an outcome; the first one of a pair stands."""
        columns = {"session_id": session_id, **asdict(outcome)}
        with suppress(IntegrityError):
            async with self._database.statement() as connection:
                await connection.execute(insert(OUTCOMES).values(columns))


async def _require_none_running(connection: AsyncConnection, lobby_id: LobbyId) -> None:
    running = await connection.scalar(
        select(SESSIONS.c.id).where(
            SESSIONS.c.lobby_id == lobby_id, SESSIONS.c.status == SessionStatus.RUNNING
        )
    )
    if running is not None:
        raise OtherSessionRunning("Another session of the lobby runs", session_id=running)


def _state_of(session_id: SessionId) -> Any:  # noqa: ANN401  a select of one JSON column
    return select(SESSIONS.c.state).where(SESSIONS.c.id == session_id)


def _session(session_id: SessionId, state: Any) -> Session:  # noqa: ANN401  a JSON document
    if state is None:
        raise SessionNotFound("No session has this id", session_id=session_id)
    return STATE.validate_python(state)


def _columns(session: Session) -> dict[str, Any]:
    return {
        "lobby_id": session.lobby_id,
        "status": session.status,
        "deadline": session.deadline,
        "state": STATE.dump_python(session, mode="json"),
    }
