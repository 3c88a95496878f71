"""What can be wrong with a request to a lobby or a session."""

from typing import Any

from sonalyze_contracts.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unavailable,
    Unprocessable,
)


class LobbyNotFound(NotFound):
    """No lobby has this id or code."""


class ParticipantNotFound(NotFound):
    """The device is not in the lobby."""


class SessionNotFound(NotFound):
    """No session has this id."""


class NotAdmin(Forbidden):
    """Only the lobby's admin may do this."""


class NotMember(Forbidden):
    """The device takes no part in the session."""


class NotAsked(Forbidden):
    """The device takes part, but somebody else was asked."""


class LobbyNotOpen(Conflict):
    """The lobby measures already, or is closed."""


class LobbyFull(Conflict):
    """The lobby has as many participants as the documented limit allows."""


class OutOfPhase(Conflict):
    """Nobody waits for this answer now."""


class TurnRunning(Conflict):
    """A turn is under way; the next begins when it has ended."""


class SessionOver(Conflict):
    """The session was completed or cancelled before."""


class OtherSessionRunning(Conflict):
    """The lobby runs another session, which has to end first."""


class UploadNameTaken(Conflict):
    """Under this name another recording is to be analysed."""


class BadMembers(Invalid):
    """The speakers and microphones of a session contradict each other or the lobby."""


class CodesExhausted(Unavailable):
    """No free code was found in as many attempts as are made."""


class AnalysisRefused(Unprocessable):
    """The measurement service says why a recording cannot be analysed."""

    def as_entry(self) -> dict[str, Any]:
        """Give the error as a pair's entry in the results has it."""
        return {
            "code": self.facts["reason"],
            "message": self.message,
            "details": self.facts.get("found"),
        }


class AnalysisUnavailable(Unavailable):
    """The measurement service does not answer, or has no room."""

    def as_entry(self) -> dict[str, Any]:
        """Give the error as a pair's entry in the results has it."""
        return {"code": self.code, "message": self.message, "details": None}
