"""Errors as this client raises them.

What the backend refuses comes back as the kind of ``sonalyze_contracts.errors`` that carries its
code, with the details that the backend gave; a code that is newer than this client becomes a kind
of its own. The conditions below are those that only a client can find.
"""

from functools import lru_cache
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from sonalyze_contracts.errors import (
    Conflict,
    ErrorBody,
    Forbidden,
    HttpErrorBody,
    Invalid,
    NotFound,
    SonalyzeError,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unprocessable,
    UnsupportedMedia,
    UpstreamFailed,
    UpstreamTimeout,
)


class CannotConnect(Unavailable):
    """The gateway did not accept a connection."""


class ConnectionLost(Unavailable):
    """The connection broke before the answer came, and asking twice would not be the same."""


class AnswerTimedOut(Unavailable):
    """No answer came in time."""


class PushesMissed(Unavailable):
    """The reader of the pushes fell so far behind that some were dropped."""


class AudioDamaged(Unavailable):
    """The bytes that arrived do not have the hash that was announced."""


class UploadDamaged(Unavailable):
    """The service stored other bytes than were sent."""


class UnexpectedAnswer(SonalyzeError):
    """The answer does not have the documented shape."""


_OF_STATUS: dict[int, type[SonalyzeError]] = {
    HTTPStatus.UNAUTHORIZED: Unauthenticated,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: UnsupportedMedia,
    HTTPStatus.UNPROCESSABLE_ENTITY: Unprocessable,
    HTTPStatus.TOO_MANY_REQUESTS: Unavailable,
}
"""What a status means when nothing but the status tells, for example behind somebody's proxy."""


@lru_cache(maxsize=256)
def kind_of(code: str) -> type[SonalyzeError]:
    """Find the kind of error that carries a code."""
    for kind in _contract_kinds(SonalyzeError):
        if kind.code == code:
            return kind
    return type("RemoteError", (SonalyzeError,), {"code": code, "__doc__": "A newer condition."})


def _contract_kinds(root: type[SonalyzeError]) -> list[type[SonalyzeError]]:
    children = [kind for kind in root.__subclasses__() if kind.__module__ == root.__module__]
    return children + [kind for child in children for kind in _contract_kinds(child)]


def of_message(body: ErrorBody) -> SonalyzeError:
    """Turn the error of a WebSocket message into an exception."""
    return _raised(body.code, body.message, body.details or {})


def of_response(status: int, content: bytes) -> SonalyzeError:
    """Turn the answer to a failed HTTP request into an exception."""
    try:
        body = HttpErrorBody.model_validate_json(content)
    except ValidationError:
        kind = _OF_STATUS.get(
            status, Invalid if status < HTTPStatus.INTERNAL_SERVER_ERROR else None
        )
        return (kind or Unavailable)(f"The server answered {status}", status=status)
    details = {
        "retryable": body.retryable,
        "correlation_id": body.correlation_id,
        "status": status,
        **(body.details or {}),
    }
    return _raised(body.code, _sentence(body.detail), details)


def _raised(code: str, message: str, details: dict[str, Any]) -> SonalyzeError:
    error = kind_of(code)(message)
    error.facts = details
    return error


def _sentence(detail: str | list[Any]) -> str:
    if isinstance(detail, str):
        return detail
    faults = [fault for fault in detail if isinstance(fault, dict)]
    return "; ".join(f"{_place(fault)}: {fault.get('msg', 'invalid')}" for fault in faults)


def _place(fault: dict[str, Any]) -> str:
    return ".".join(str(part) for part in fault.get("loc", ()))


def may_be_repeated(error: SonalyzeError) -> bool:
    """Say whether trying again can help: the backend's own word where it gave one."""
    return bool(error.details["retryable"])


def was_not_reached(error: SonalyzeError) -> bool:
    """Say whether the service behind the gateway was down, as it is while it is restarted."""
    took_too_long = error.details["condition"] == UpstreamTimeout("").condition
    return isinstance(error, UpstreamFailed) and not took_too_long
