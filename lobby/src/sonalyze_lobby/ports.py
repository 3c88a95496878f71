"""What the use cases need from outside."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from sonalyze_contracts.identifiers import LobbyCode, LobbyId, SessionId
from sonalyze_lobby.domain.analysis import Outcome
from sonalyze_lobby.domain.lobby import Lobby
from sonalyze_lobby.domain.news import Entry, LoggedEntry, Tell
from sonalyze_lobby.domain.session import Recording, Session


class Clock(Protocol):
    """What time it is, and waiting."""

    def now(self) -> datetime:
        """Give the time, in UTC."""

    async def sleep_until(self, when: datetime) -> None:
        """Come back at that time, at once if it has passed."""


class Announcer(Protocol):
    """Tells devices what happened, per topic in the order of the calls."""

    def announce(self, topic: str, tells: Sequence[Tell]) -> None:
        """Send pushes to their devices, after all earlier ones of the topic."""

    async def delivered(self, topic: str) -> None:
        """Wait until every push of the topic so far was taken or given up."""


class LobbyTransaction(Protocol):
    """Changes to one lobby, all of them or none."""

    async def locked(self, lobby_id: LobbyId) -> Lobby:
        """Read a lobby and keep others from changing it meanwhile."""

    async def save(self, before: Lobby, after: Lobby, entries: Sequence[Entry]) -> None:
        """Write what differs, and the log."""


class LobbyStore(Protocol):
    """Where lobbies are kept."""

    async def by_id(self, lobby_id: LobbyId) -> Lobby:
        """Read a lobby."""

    async def by_code(self, code: LobbyCode) -> Lobby:
        """Read the lobby with this code."""

    async def id_of(self, code: LobbyCode) -> LobbyId:
        """Find which lobby has this code."""

    async def add(self, lobby: Lobby, entries: Sequence[Entry]) -> bool:
        """Keep a new lobby; false, and nothing kept, if its code is taken."""

    async def log(self, lobby_id: LobbyId, after_id: int, limit: int) -> Sequence[LoggedEntry]:
        """Read a page of a lobby's log, the oldest first."""

    def transaction(self) -> AbstractAsyncContextManager[LobbyTransaction]:
        """Change a lobby; committed at the end of the block."""


class SessionTransaction(Protocol):
    """Changes to one session, all of them or none."""

    async def locked(self, session_id: SessionId) -> Session:
        """Read a session and keep others from changing it meanwhile."""

    async def save(self, before: Session, after: Session, entries: Sequence[Entry]) -> None:
        """Write a session as it now stands, and its lobby's log.

        Raises
        ------
        OtherSessionRunning
            The session is to run, but another one of the lobby does.
        """


class SessionStore(Protocol):
    """Where sessions are kept."""

    async def by_id(self, session_id: SessionId) -> Session:
        """Read a session."""

    async def add(self, session: Session, entries: Sequence[Entry], at: datetime) -> None:
        """Keep a new session.

        Raises
        ------
        OtherSessionRunning
            A session of the lobby runs already.
        """

    async def due(self, now: datetime) -> Sequence[SessionId]:
        """List the sessions whose deadline has passed."""

    async def next_deadline(self) -> datetime | None:
        """Give the earliest deadline of all sessions."""

    async def unsettled(self) -> Sequence[SessionId]:
        """List the sessions that have begun and whose end is not known to have been told."""

    async def settle(self, session_id: SessionId) -> None:
        """Remember that everybody was told of the end."""

    def transaction(self) -> AbstractAsyncContextManager[SessionTransaction]:
        """Change a session; committed at the end of the block."""


class OutcomeStore(Protocol):
    """Where the outcomes of a session's analyses are kept."""

    async def of(self, session_id: SessionId) -> Sequence[Outcome]:
        """Read the outcomes so far."""

    async def add(self, session_id: SessionId, outcome: Outcome) -> None:
        """Keep an outcome; the first one of a pair stands."""


class Measurement(Protocol):
    """Analyses recordings."""

    async def analyze(self, job_id: str, recording: Recording) -> dict[str, Any]:
        """Analyse one recording against the signal that was played.

        Raises
        ------
        AnalysisRefused
            It cannot be analysed, and why.
        AnalysisUnavailable
            Nobody answered; trying again can help.
        """
