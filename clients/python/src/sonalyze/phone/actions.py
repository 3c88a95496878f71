"""What a phone does when it is told something, and what it learns from having done it.

Every piece of work carries a ticket. Its outcome brings the ticket back, so that what was begun
for a turn that no longer exists is recognised and changes nothing.
"""

from dataclasses import dataclass
from typing import Any

from sonalyze_contracts.command import Command
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_contracts.identifiers import AudioHash, UploadName


@dataclass(frozen=True, slots=True)
class Send:
    """Send a command; a ``LobbyView`` or ``SessionView`` that it is answered comes back."""

    command: Command[Any]


@dataclass(frozen=True, slots=True)
class Fetch:
    """Download the signal; ends with ``Fetched``."""

    ticket: int
    url: str


@dataclass(frozen=True, slots=True)
class Record:
    """Start a new recording, dropping an older one; ends with ``RecordingRuns``."""

    ticket: int
    expected_duration_s: float


@dataclass(frozen=True, slots=True)
class Play:
    """Play the downloaded signal to its end; ends with ``Played``."""

    ticket: int
    audio_hash: AudioHash


@dataclass(frozen=True, slots=True)
class StopAndUpload:
    """Stop recording and upload it, under this name and an extension; ends with ``Uploaded``."""

    ticket: int
    endpoint: str
    stem: str


@dataclass(frozen=True, slots=True)
class Abandon:
    """Stop whatever plays, records or uploads, and forget it."""


Action = Send | Fetch | Record | Play | StopAndUpload | Abandon


@dataclass(frozen=True, slots=True)
class Fetched:
    """The signal is on this device."""

    ticket: int
    audio_hash: AudioHash


@dataclass(frozen=True, slots=True)
class RecordingRuns:
    """The microphone records."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Played:
    """The signal was played to its end."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The recording is stored under this name."""

    ticket: int
    upload_name: UploadName


@dataclass(frozen=True, slots=True)
class WorkFailed:
    """A piece of work could not be done."""

    ticket: int
    message: str
    code: str | None = None


Outcome = Fetched | RecordingRuns | Played | Uploaded | WorkFailed


@dataclass(frozen=True, slots=True)
class CommandRefused:
    """A command that the phone sent was answered with an error."""

    command: Command[Any]
    error: SonalyzeError
