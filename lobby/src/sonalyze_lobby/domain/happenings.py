"""What may happen to a session: things that devices say, time, and restarts."""

from dataclasses import dataclass

from sonalyze_contracts.identifiers import DeviceId, UploadName
from sonalyze_lobby.domain.session import Stage


@dataclass(frozen=True, slots=True)
class StartTurn:
    """The admin wants the next speaker to begin."""

    by: DeviceId


@dataclass(frozen=True, slots=True)
class Confirm:
    """A device confirms what it was asked."""

    stage: Stage
    by: DeviceId
    audio_hash: str | None = None
    upload_name: UploadName | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A device cannot go on."""

    by: DeviceId
    message: str
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """The admin ends the session."""

    by: DeviceId
    reason: str


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline may have passed."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The lobby was restarted; what it said last may not have been heard."""


Event = StartTurn | Confirm | Report | Cancel | TimePassed | Resume
