"""What follows from a change: lines for the lobby's log, and pushes for devices.

The log is written with the change, in one transaction. Pushes leave after the commit: nobody is
told what is not yet true.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sonalyze_contracts.command import Push
from sonalyze_contracts.identifiers import DeviceId


@dataclass(frozen=True, slots=True)
class Tell:
    """A push and the devices that it is for."""

    push: Push
    device_ids: tuple[DeviceId, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a lobby's log, before the log has given it a number."""

    type: str
    at: datetime
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoggedEntry:
    """A line of a lobby's log; a larger ``id`` was committed later."""

    id: int
    type: str
    payload: dict[str, Any]
    created_at: datetime
