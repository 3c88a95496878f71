"""The protocol of one client connection: a message in, a decision out.

Checks stand in the documented order: size, rate, JSON and schema, identification, route. Nothing
closes a connection here: a client that errs is told so and may go on.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from sonalyze_contracts.command import Service
from sonalyze_contracts.envelope import GATEWAY_EVENT, ClientMessage
from sonalyze_contracts.errors import (
    Conflict,
    Invalid,
    MessageTooLarge,
    RateLimited,
    SonalyzeError,
    Unauthenticated,
    UnknownEvent,
)
from sonalyze_contracts.gateway import Identify
from sonalyze_contracts.identifiers import DeviceId
from sonalyze_gateway.domain.bucket import TokenBucket
from sonalyze_gateway.domain.routes import service_for

IDENTIFY = Identify.event


class NotIdentified(Unauthenticated):
    """The connection belongs to no device yet."""


class AlreadyIdentified(Conflict):
    """The connection belongs to another device already."""


class DeviceIdUnusable(Invalid):
    """The device id is missing, empty or longer than 128 characters."""


class MessageUnreadable(Invalid):
    """The message is not JSON, or not of the documented shape."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error."""

    event: str
    request_id: str | None
    error: SonalyzeError


@dataclass(frozen=True, slots=True)
class Welcome:
    """Confirm whose connection this is; ``is_new`` when nobody knew before."""

    request_id: str | None
    device_id: DeviceId
    is_new: bool


@dataclass(frozen=True, slots=True)
class Forward:
    """Let a service answer."""

    message: ClientMessage
    service: Service


Decision = Refuse | Welcome | Forward


class Connection:
    """Knows whose connection it is and how much it may still say."""

    __slots__ = ("_bucket", "_max_message_bytes", "device_id")

    def __init__(self, max_message_bytes: int, bucket: TokenBucket) -> None:
        self._max_message_bytes = max_message_bytes
        self._bucket = bucket
        self.device_id: DeviceId | None = None

    def identify(self, device_id: object, request_id: str | None = None) -> Refuse | Welcome:
        """Learn whose connection this is; the same id again is welcome again."""
        try:
            named = Identify.model_validate({"device_id": device_id}).device_id
        except ValidationError:
            return Refuse(
                IDENTIFY, request_id, DeviceIdUnusable("identify requires data.device_id")
            )
        if self.device_id not in (None, named):
            error = AlreadyIdentified("This connection is identified as another device")
            return Refuse(IDENTIFY, request_id, error)
        is_new = self.device_id is None
        self.device_id = named
        return Welcome(request_id, named, is_new)

    def hear(self, message: str | bytes, now_s: float) -> Decision:
        """Decide what a text (or, refused, a binary) message leads to."""
        if _size_bytes(message) > self._max_message_bytes:
            return _refuse_frame(MessageTooLarge("Message exceeds MAX_MESSAGE_BYTES"))
        if not self._bucket.take(now_s):
            return _refuse_frame(RateLimited("Too many messages"), _readable(message))
        if isinstance(message, bytes):
            return _refuse_frame(MessageUnreadable("Binary messages are not understood; send text"))
        content = _readable(message)
        try:
            return self._decide(ClientMessage.model_validate(content))
        except ValidationError:
            return _refuse_frame(MessageUnreadable("Invalid JSON message"), content)

    def _decide(self, message: ClientMessage) -> Decision:
        if message.event == IDENTIFY:
            return self.identify(message.data.get("device_id"), message.request_id)
        if self.device_id is None:
            return Refuse(message.event, message.request_id, NotIdentified("Identify first"))
        service = service_for(message.event)
        if service is None:
            error = UnknownEvent(f"Unknown event '{message.event}'")
            return Refuse(message.event, message.request_id, error)
        return Forward(message, service)


def _size_bytes(message: str | bytes) -> int:
    if isinstance(message, bytes) or message.isascii():
        return len(message)
    return len(message.encode())


def _readable(message: str | bytes) -> Any:  # noqa: ANN401  whatever the client wrote
    try:
        return orjson.loads(message)
    except orjson.JSONDecodeError:
        return None


def _refuse_frame(error: SonalyzeError, content: object = None) -> Refuse:
    request_id = content.get("request_id") if isinstance(content, dict) else None
    return Refuse(GATEWAY_EVENT, request_id if isinstance(request_id, str) else None, error)
