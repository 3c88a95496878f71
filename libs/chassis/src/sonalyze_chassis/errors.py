"""What HTTP makes of an error; the only place that knows status codes."""

from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from sonalyze_chassis.context import current_request_id
from sonalyze_contracts import errors
from sonalyze_contracts.errors import HttpErrorBody, SonalyzeError

log = structlog.get_logger(__name__)

STATUS: dict[type[SonalyzeError], int] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.PreconditionFailed: 412,
    errors.TooLarge: 413,
    errors.UnsupportedMedia: 415,
    errors.Unprocessable: 422,
    errors.RateLimited: 429,
    errors.UpstreamFailed: 502,
    errors.UpstreamTimeout: 504,
    errors.Unavailable: 503,
}
_CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media",
    422: "bad_request",
    429: "rate_limited",
}
INTERNAL_MESSAGE = "Something went wrong here; the correlation id helps to find it in the log."


def status_of(error: SonalyzeError) -> int:
    """Give the status of the nearest kind that has one."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(
    status: int, body: HttpErrorBody, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Answer with an error, in the one shape that all errors have."""
    return JSONResponse(body.model_dump(mode="json"), status_code=status, headers=headers)


def problem_of(error: SonalyzeError) -> JSONResponse:
    """Answer with one of the seven kinds."""
    retry_after_s = error.facts.get("retry_after_s")
    headers = None if retry_after_s is None else {"Retry-After": str(round(retry_after_s))}
    body = HttpErrorBody(
        detail=error.message,
        code=error.code,
        retryable=error.retryable,
        correlation_id=current_request_id(),
        details=error.details,
    )
    return problem(status_of(error), body, headers)


def sentence_of(error: ValidationError) -> str:
    """Say in one sentence what is wrong with a payload."""
    return "; ".join(_fault(fault["type"], fault["loc"], fault["msg"]) for fault in error.errors())


def install_error_handlers(app: FastAPI) -> None:
    """Let every error leave the service in the documented shape, without traces of the inside."""
    app.add_exception_handler(SonalyzeError, _on_ours)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)


async def _on_ours(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, SonalyzeError)  # noqa: S101  registered for this class only
    log.info("request.refused", code=error.code, condition=error.condition, **_plain(error.facts))
    return problem_of(error)


async def _on_validation(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this class only
    detail = [
        {"type": fault["type"], "loc": list(fault["loc"]), "msg": fault["msg"]}
        for fault in error.errors()
    ]
    return problem(422, _plain_body(detail, "bad_request"))


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this class only
    if isinstance(error.__cause__, UnicodeDecodeError | RecursionError):
        # The framework tells broken JSON (422) from JSON that broke its parser (400); we do not.
        return problem(422, _plain_body("The body is not JSON", "bad_request"))
    code = _CODES.get(error.status_code, "internal")
    headers = dict(error.headers) if error.headers else None
    return problem(error.status_code, _plain_body(error.detail, code), headers)


def unforeseen(path: str, error: Exception) -> JSONResponse:
    """Log what nobody foresaw, and tell the client nothing but where to look."""
    log.error("request.failed", path=path, exc_info=error)
    return problem(500, _plain_body(INTERNAL_MESSAGE, "internal"))


def _plain_body(detail: str | list[Any], code: str) -> HttpErrorBody:
    return HttpErrorBody(detail=detail, code=code, correlation_id=current_request_id())


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {f"fact_{name}": value for name, value in facts.items()}


def _fault(kind: str, place: Sequence[int | str], message: str) -> str:
    where = ".".join(str(part) for part in place)
    if kind == "missing":
        return f"Missing '{where}' in data"
    said = message.removeprefix("Value error, ")
    return f"'{where}': {said}" if where else said
