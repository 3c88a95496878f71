"""Apps that read what storage keeps: whoever shows the API token, and nothing but reading.

A stranger learns nothing but that a token is needed: not what exists, nor which methods there are.
The token is the gateway's affair and goes no further.
"""

import secrets

import structlog
from fastapi import Request
from pydantic import SecretStr
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sonalyze_chassis.context import current_request_id
from sonalyze_chassis.errors import problem, problem_of
from sonalyze_contracts.errors import HttpErrorBody, Unauthenticated

log = structlog.get_logger(__name__)

READING = ("GET", "HEAD")
EXPOSED_HEADERS = ("ETag", "Link", "X-Request-ID")
CREDENTIALS = b"authorization"


class TokenRequired(Unauthenticated):
    """The API token is missing or not ours."""


class ReadersOnly:
    """ASGI middleware: who shows no token gets 401, who shows it and does not read gets 405."""

    def __init__(self, app: ASGIApp, token: SecretStr) -> None:
        self._app = app
        self._token = token.get_secret_value().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a reader on, without the token."""
        refusal = self._refusal(Request(scope))
        if refusal is not None:
            log.info("proxy.refused", status=refusal.status_code)
            await refusal(scope, receive, send)
            return
        headers = [pair for pair in scope["headers"] if pair[0] != CREDENTIALS]
        # A HEAD is asked as the GET that it stands for; the server leaves the body out.
        await self._app({**scope, "method": "GET", "headers": headers}, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        if not self._is_shown_by(request):
            answer = problem_of(TokenRequired("This needs the API token"))
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        if request.method not in READING:
            body = HttpErrorBody(
                detail="Method Not Allowed",
                code="method_not_allowed",
                correlation_id=current_request_id(),
            )
            return problem(405, body, {"Allow": ", ".join(READING)})
        return None

    def _is_shown_by(self, request: Request) -> bool:
        shown = [value for name, value in request.headers.raw if name == CREDENTIALS]
        scheme, _, token = (shown[0] if len(shown) == 1 else b"").partition(b" ")
        is_equal = secrets.compare_digest(token.strip(), self._token)
        return is_equal and scheme.lower() == b"bearer"


def for_readers(app: ASGIApp, token: SecretStr) -> ASGIApp:
    """Guard an app, and let scripts of any page that has the token read what it answers.

    Preflights carry no token and are answered here.
    """
    return CORSMiddleware(
        ReadersOnly(app, token),
        allow_origins=["*"],
        allow_methods=READING,
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
    )
