"""How large a request body may be, enforced while it arrives and answered like any other error.

The framework's own limit answers in plain text, from outside of all middleware: browsers could
not read that answer, and programs would find no ``code`` in it.
"""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SCOPE_KEY = "sonalyze.body_allowance"


@dataclass(slots=True)
class _Allowance:
    most_bytes: int | None


def allow_body(request: Request, most_bytes: int | None) -> None:
    """Let this request's body be so large; None leaves the counting to the route."""
    request.scope[_SCOPE_KEY].most_bytes = most_bytes


class BodyLimit:
    """ASGI middleware: reading more of a body than is allowed fails with 413."""

    def __init__(self, app: ASGIApp, most_bytes: int | None) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what the route reads; a body that nobody reads is nobody's concern."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        allowance = scope[_SCOPE_KEY] = _Allowance(self._most_bytes)
        announced_bytes = _announced(scope)
        received_bytes = 0

        async def receive_within_limit() -> Message:
            nonlocal received_bytes
            _require_within(announced_bytes, allowance)
            message = await receive()
            received_bytes += len(message.get("body", b""))
            _require_within(received_bytes, allowance)
            return message

        await self._app(scope, receive_within_limit, send)


def _announced(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0


def _require_within(size_bytes: int, allowance: _Allowance) -> None:
    # The framework lets only its own exceptions pass while it reads a body.
    if allowance.most_bytes is not None and size_bytes > allowance.most_bytes:
        raise HTTPException(413, f"The body is larger than {allowance.most_bytes} bytes")
