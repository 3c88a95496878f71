"""A client's message, answered by the service that owns it."""

from collections import Counter

import orjson
import structlog

from sonalyze_chassis.auth import WrongToken
from sonalyze_contracts.command import Service
from sonalyze_contracts.envelope import Caller, ClientMessage
from sonalyze_contracts.errors import ErrorBody, Invalid, UpstreamFailed
from sonalyze_gateway.domain import outgoing
from sonalyze_gateway.domain.answers import error_of, is_json, is_success
from sonalyze_gateway.domain.outgoing import Outgoing
from sonalyze_gateway.ports import Answer, Services

log = structlog.get_logger(__name__)

_OUR_TOKEN_REFUSED = WrongToken("").condition
"""An operator's mistake, which must not look like the client's."""


class PayloadTooDeep(Invalid):
    """The data is nested deeper than anything that has a meaning here."""


class AnswerUnreadable(UpstreamFailed):
    """A service answered with something that is neither a reply nor an error."""


class Forwarding:
    """Asks services on behalf of connections, and counts how that ended."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.outcomes: Counter[tuple[Service, str]] = Counter()

    async def answer(
        self, caller: Caller, message: ClientMessage, service: Service, request_id: str
    ) -> Outgoing:
        """Give what the client gets to hear, whatever happens upstream."""
        try:
            answer = await self._services.handle(service, _letter(caller, message), request_id)
            if is_success(answer.status) and is_json(answer.body):
                self.outcomes[service, "answered"] += 1
                return outgoing.response_of_json(message.event, message.request_id, answer.body)
            error = _refusal(answer, service)
        except (UpstreamFailed, PayloadTooDeep) as failed:
            log.warning("forwarding.failed", service=service, upstream_event=message.event)
            error = failed.body()
        self.outcomes[service, error.code] += 1
        return outgoing.failure(message.event, message.request_id, error)


def _letter(caller: Caller, message: ClientMessage) -> bytes:
    try:
        return orjson.dumps(
            {
                "client": {
                    "device_id": caller.device_id,
                    "connection_id": caller.connection_id,
                    "ip": caller.ip,
                },
                "message": {
                    "event": message.event,
                    "request_id": message.request_id,
                    "data": message.data,
                },
            }
        )
    except orjson.JSONEncodeError as error:
        raise PayloadTooDeep("The message is nested too deeply") from error


def _refusal(answer: Answer, service: Service) -> ErrorBody:
    error = None if is_success(answer.status) else error_of(answer.status, answer.body)
    if error is not None and (error.details or {}).get("condition") != _OUR_TOKEN_REFUSED:
        return error
    log.error("forwarding.answer_unreadable", service=service, status=answer.status)
    return AnswerUnreadable(f"Upstream error ({answer.status})").body()
