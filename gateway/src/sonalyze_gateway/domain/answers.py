"""What a service's HTTP answer means for the client that asked over its WebSocket."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from sonalyze_contracts.errors import ErrorBody

CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media",
    422: "bad_request",
    429: "rate_limited",
}
"""What a status means when the service does not say it with a code."""

_MISPLACED = {"body", "query", "path"}


def is_success(status: int) -> bool:
    """Say whether the body is the answer."""
    return 200 <= status < 300  # noqa: PLR2004  HTTP's own range


def is_json(body: bytes) -> bool:
    """Say whether the body can be handed on as it is."""
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def error_of(status: int, body: bytes) -> ErrorBody | None:
    """Read a service's error; None when it is none that a client could understand."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(said, dict):
        return None
    code = said.get("code") or CODES.get(status)
    message = _sentence(said.get("detail"))
    if not isinstance(code, str) or not message:
        return None
    return ErrorBody(code=code, message=message, details=_details(said))


def _details(said: Mapping[str, Any]) -> dict[str, Any] | None:
    details = said.get("details")
    facts = dict(details) if isinstance(details, dict) else {}
    correlation_id = said.get("correlation_id")
    if correlation_id is not None:
        facts["correlation_id"] = correlation_id
    return facts or None


def _sentence(detail: object) -> str | None:
    if isinstance(detail, str):
        return detail
    if not isinstance(detail, list):
        return None
    return "; ".join(_fault(fault) for fault in detail if isinstance(fault, dict)) or None


def _fault(fault: Mapping[str, Any]) -> str:
    """Say what one entry of FastAPI's list of validation errors says."""
    place: Sequence[Any] = fault.get("loc") or ()
    where = ".".join(str(part) for part in place if part not in _MISPLACED)
    said = str(fault.get("msg", "Invalid"))
    return f"'{where}': {said}" if where else said
