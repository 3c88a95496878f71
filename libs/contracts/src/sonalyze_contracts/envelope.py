"""The messages of the WebSocket, and what the gateway and the services say to each other."""

from enum import IntEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from sonalyze_contracts.errors import ErrorBody
from sonalyze_contracts.identifiers import ConnectionId, DeviceId, DeviceIdField
from sonalyze_contracts.model import Model

GATEWAY_EVENT = "gateway"
"""The event name of errors that concern a frame, not an event."""


class ClientMessage(Model):
    """What a client sends."""

    event: Annotated[str, Field(min_length=1)]
    request_id: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class ServerMessage(Model):
    """What a client receives: always these five keys, the unused ones null."""

    type: Literal["response", "event", "error"]
    event: str
    request_id: str | None = None
    data: Any = None
    error: ErrorBody | None = None

    @classmethod
    def response(cls, event: str, request_id: str | None, data: object) -> "ServerMessage":
        """Answer a request."""
        return cls(type="response", event=event, request_id=request_id, data=data)

    @classmethod
    def push(cls, event: str, data: dict[str, Any]) -> "ServerMessage":
        """Tell what happened, unasked."""
        return cls(type="event", event=event, data=data)

    @classmethod
    def failure(cls, event: str, request_id: str | None, error: ErrorBody) -> "ServerMessage":
        """Say why a request was not answered."""
        return cls(type="error", event=event, request_id=request_id, error=error)


class CloseCode(IntEnum):
    """Why the gateway closes a socket; below 4000 the codes that RFC 6455 registers."""

    INVALID_TEXT = 1007
    """A text message was not UTF-8."""

    MESSAGE_TOO_BIG = 1009
    """A message was larger than the server reads at all (1 MiB)."""

    PING_UNANSWERED = 1011
    """The client did not answer a ping in time."""

    RESTARTING = 1012
    """The gateway stops; connect again in a moment."""

    TRY_AGAIN_LATER = 1013
    """As many sockets as ``MAX_SOCKETS`` allows are open."""

    SLOW_CONSUMER = 4008
    """More than ``PUSH_QUEUE_LIMIT`` messages waited for a client that does not read."""


class Caller(Model):
    """Who is asking: known from the connection, never from a payload."""

    device_id: DeviceId
    connection_id: ConnectionId
    ip: str | None = None


class ForwardedMessage(Model):
    """``POST /gateway/handle``: one client message with the connection it came from."""

    client: Caller
    message: ClientMessage


class BroadcastTargets(Model):
    """Whom a broadcast is for."""

    device_ids: list[DeviceIdField] = Field(default_factory=list)


class Broadcast(Model):
    """``POST /internal/broadcast``: one push for some devices."""

    event: Annotated[str, Field(min_length=1)]
    data: dict[str, Any] = Field(default_factory=dict)
    targets: BroadcastTargets


class BroadcastReceipt(Model):
    """How many sockets a broadcast reached."""

    sent: int
