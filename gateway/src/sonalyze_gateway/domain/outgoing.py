"""What the gateway tells clients, encoded once however many sockets it goes to."""

import struct
from typing import Any

import orjson
from pydantic_core import to_json

from sonalyze_contracts.errors import ErrorBody
from sonalyze_contracts.identifiers import DeviceId

_FINAL_TEXT = 0x81
_LENGTH_IN_TWO_BYTES, _LENGTH_IN_EIGHT_BYTES = 126, 127
_MOST_IN_TWO_BYTES = 0xFFFF


class Outgoing:
    """One message: its JSON, and the WebSocket frame around it."""

    __slots__ = ("frame", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.frame = _frame_head(len(payload)) + payload


def response(event: str, request_id: str | None, data: object) -> Outgoing:
    """Answer a request."""
    return _message("response", event, request_id, data, None)


def response_of_json(event: str, request_id: str | None, json: bytes) -> Outgoing:
    """Answer a request with JSON that is known to be valid, without taking it apart."""
    return _message("response", event, request_id, orjson.Fragment(json), None)


def failure(event: str, request_id: str | None, error: ErrorBody) -> Outgoing:
    """Say why a request was not answered."""
    body = {"code": error.code, "message": error.message, "details": error.details}
    return _message("error", event, request_id, None, body)


def push(event: str, data: dict[str, Any]) -> Outgoing:
    """Tell what happened, unasked."""
    return _message("event", event, None, data, None)


def identified(request_id: str | None, device_id: DeviceId) -> Outgoing:
    """Confirm whose connection this is."""
    return response("identify", request_id, {"device_id": device_id})


def _message(
    kind: str, event: str, request_id: str | None, data: object, error: dict[str, Any] | None
) -> Outgoing:
    message = {
        "type": kind,
        "event": event,
        "request_id": request_id,
        "data": data,
        "error": error,
    }
    try:
        return Outgoing(orjson.dumps(message))
    except orjson.JSONEncodeError:
        # orjson knows no integers beyond 64 bits; JSON does.
        return Outgoing(to_json(message))


def _frame_head(length: int) -> bytes:
    # RFC 6455, 5.2: one unfragmented text frame, unmasked as all frames of a server.
    if length < _LENGTH_IN_TWO_BYTES:
        return bytes((_FINAL_TEXT, length))
    if length <= _MOST_IN_TWO_BYTES:
        return struct.pack("!BBH", _FINAL_TEXT, _LENGTH_IN_TWO_BYTES, length)
    return struct.pack("!BBQ", _FINAL_TEXT, _LENGTH_IN_EIGHT_BYTES, length)
