"""What can go wrong, in seven kinds.

Each kind has a ``code`` that programs rely on and says whether trying again can help. A condition
is a subclass named after what was found (``LobbyClosed``); it keeps its kind's code unless clients
have to tell it apart. What HTTP makes of a kind is known to the chassis only.
"""

import re
from typing import Any, ClassVar

from sonalyze_contracts.model import Model


class ErrorBody(Model):
    """An error as WebSocket clients see it."""

    code: str
    message: str
    details: dict[str, Any] | None = None


class HttpErrorBody(Model):
    """An error as HTTP clients see it; ``detail`` is what FastAPI would have said alone."""

    detail: str | list[Any]
    code: str
    retryable: bool = False
    correlation_id: str | None = None
    details: dict[str, Any] | None = None


class SonalyzeError(Exception):
    """The root of the seven kinds; raise a condition, not this."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **facts: Any) -> None:  # noqa: ANN401  facts are JSON values
        super().__init__(message)
        self.message = message
        self.facts = facts

    @property
    def condition(self) -> str:
        """The class name as programs read it: ``LobbyClosed`` is ``lobby_closed``."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    @property
    def details(self) -> dict[str, Any]:
        """The condition and the facts, for a client's program."""
        return {"condition": self.condition, "retryable": self.retryable, **self.facts}

    def body(self) -> ErrorBody:
        """Tell a WebSocket client."""
        return ErrorBody(code=self.code, message=self.message, details=self.details)


class Invalid(SonalyzeError):
    """The request cannot be understood or contradicts itself."""

    code = "bad_request"


class Unauthenticated(SonalyzeError):
    """Nobody knows who is asking."""

    code = "unauthenticated"


class Forbidden(SonalyzeError):
    """The asker may not do this."""

    code = "forbidden"


class NotFound(SonalyzeError):
    """What is asked for does not exist."""

    code = "not_found"


class Conflict(SonalyzeError):
    """The request is fine, but not now: the state of things forbids it."""

    code = "conflict"


class TooLarge(SonalyzeError):
    """More was sent than a documented limit allows."""

    code = "too_large"


class Unavailable(SonalyzeError):
    """Something that is needed does not answer or has no room; trying again can help."""

    code = "unavailable"
    retryable = True


class PreconditionFailed(Conflict):
    """The thing is no longer what the writer has seen."""

    code = "precondition_failed"


class UnknownEvent(Invalid):
    """No service answers an event of this name."""

    code = "unknown_event"


class Unprocessable(Invalid):
    """Well-formed, but its content cannot be evaluated."""

    code = "unprocessable"


class UnsupportedMedia(Invalid):
    """The bytes are in no format that is read here."""

    code = "unsupported_media"


class MessageTooLarge(TooLarge):
    """A WebSocket message is above ``MAX_MESSAGE_BYTES``."""

    code = "message_too_large"


class RateLimited(Unavailable):
    """Messages come faster than ``RATE_LIMIT_RPS`` allows."""

    code = "rate_limited"


class UpstreamFailed(Unavailable):
    """A service behind the gateway did not answer, or not properly."""

    code = "upstream_error"


class UpstreamTimeout(UpstreamFailed):
    """A service behind the gateway took longer than it may."""
