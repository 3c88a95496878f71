"""The request id: made at the gateway or taken from the caller, the same in every service."""

import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = "X-Request-ID"
_ACCEPTED = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_current: ContextVar[str | None] = ContextVar("request_id", default=None)

log = structlog.get_logger(__name__)

Apology = Callable[[str, Exception], ASGIApp]
"""Makes the answer to a request, by its path, that failed in a way nobody foresaw."""

Observer = Callable[[Scope, int, float], None]
"""Told of each answered request: its scope, status and duration in seconds."""


def current_request_id() -> str | None:
    """Give the id of the request that is being handled, if any."""
    return _current.get()


def bind_request_id(request_id: str | None) -> str:
    """Make this the current request, or a new one if the id is missing or not one we print."""
    is_printable = request_id and _ACCEPTED.fullmatch(request_id)
    accepted = request_id if request_id and is_printable else secrets.token_hex(16)
    _current.set(accepted)
    structlog.contextvars.bind_contextvars(request_id=accepted)
    return accepted


class RequestContext:
    """ASGI middleware: binds the request id and sends it back; nothing unforeseen passes it."""

    def __init__(self, app: ASGIApp, observe: Observer, apologize: Apology) -> None:
        self._app = app
        self._observe = observe
        self._apologize = apologize

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; WebSockets pass, they bind an id per message."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        request_id = bind_request_id(Headers(scope=scope).get(REQUEST_ID_HEADER))
        started = time.perf_counter()
        status: int | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            if status is not None:
                raise
            await self._apologize(scope["path"], error)(scope, receive, send_with_id)
        finally:
            duration_s = time.perf_counter() - started
            self._observe(scope, status or 500, duration_s)
            log.debug(
                "http.answered",
                method=scope["method"],
                path=scope["path"],
                status=status,
                duration_ms=round(duration_s * 1000, 1),
            )
