"""A step of a session: how it stands afterwards, and what follows from it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sonalyze_contracts.command import Push
from sonalyze_contracts.identifiers import DeviceId
from sonalyze_contracts.sessions import Phase
from sonalyze_lobby.domain.announcements import phase_update
from sonalyze_lobby.domain.news import Entry, Tell
from sonalyze_lobby.domain.session import Session


@dataclass(frozen=True, slots=True)
class Step:
    """Grows by what happens one after the other; pushes and log lines keep that order."""

    session: Session
    tells: tuple[Tell, ...] = ()
    entries: tuple[Entry, ...] = ()

    def become(self, session: Session) -> "Step":
        """Let the session stand like this."""
        return replace(self, session=session)

    def tell(self, push: Push, *device_ids: DeviceId) -> "Step":
        """Push something to these devices, or to everybody who follows the session."""
        told = device_ids or self.session.audience
        return replace(self, tells=(*self.tells, Tell(push, told)))

    def announce(self, phase: Phase) -> "Step":
        """Enter a phase and tell everybody."""
        entered = self.become(replace(self.session, phase=phase))
        return entered.tell(phase_update(entered.session, phase))

    def note(self, entry_type: str, at: datetime, **payload: Any) -> "Step":  # noqa: ANN401  JSON
        """Write a line into the lobby's log."""
        payload = {"session_id": self.session.session_id, **payload}
        return replace(self, entries=(*self.entries, Entry(entry_type, at, payload)))
