"""Commands reach their handlers here: ``POST /gateway/handle``.

A service registers one handler per command that it owns and refuses to start while one is
missing. A handler gets the parsed command, the caller as the gateway knows it, and the service's
use cases; what it returns is the reply that the command's class promises. Log lines that are
written meanwhile name the caller's device.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import structlog
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr, TypeAdapter, ValidationError
from starlette.routing import Route

from sonalyze_chassis.auth import TOKEN_HEADER, require_token
from sonalyze_chassis.errors import sentence_of
from sonalyze_contracts.catalogue import owned_by
from sonalyze_contracts.command import Command, Service
from sonalyze_contracts.envelope import Caller, ClientMessage, ForwardedMessage
from sonalyze_contracts.errors import Invalid, UnknownEvent

HANDLE_PATH = "/gateway/handle"

CommandT = TypeVar("CommandT", bound=Command[Any])
ServicesT = TypeVar("ServicesT")
Handler = Callable[[CommandT, Caller, ServicesT], Awaitable[Any]]


class UnansweredCommands(RuntimeError):
    """The service owns commands that nothing answers; it must not start."""


class InvalidPayload(Invalid):
    """The data of an event does not have the documented shape."""


class Handlers(Generic[ServicesT]):
    """The handlers of one service, by event name."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._commands: dict[str, type[Command[Any]]] = {}
        self._handlers: dict[str, Handler[Any, ServicesT]] = {}
        self._replies: dict[str, TypeAdapter[Any]] = {}

    def answers(
        self, command: type[CommandT]
    ) -> Callable[[Handler[CommandT, ServicesT]], Handler[CommandT, ServicesT]]:
        """Register the decorated function as the handler of this command and its aliases."""

        def register(handler: Handler[CommandT, ServicesT]) -> Handler[CommandT, ServicesT]:
            reply: TypeAdapter[Any] = TypeAdapter(command.reply)
            for event in command.events():
                self._commands[event] = command
                self._handlers[event] = handler
                self._replies[event] = reply
            return handler

        return register

    def require_all(self) -> None:
        """Refuse to go on while a command of this service has no handler."""
        missing = sorted(
            command.event
            for command in owned_by(self._service)
            if command.event not in self._handlers
        )
        if missing:
            raise UnansweredCommands(f"{self._service} answers none of: {', '.join(missing)}")

    async def dispatch(self, message: ClientMessage, caller: Caller, services: ServicesT) -> bytes:
        """Answer one message with the JSON of its reply."""
        command = self._commands.get(message.event)
        if command is None:
            raise UnknownEvent(f"Unknown event: {message.event}")
        try:
            payload = command.model_validate(message.data)
        except ValidationError as error:
            raise InvalidPayload(sentence_of(error), event=message.event) from error
        reply = await self._handlers[message.event](payload, caller, services)
        return self._replies[message.event].dump_json(reply)


def install_dispatch(app: FastAPI, handlers: Handlers[Any], token: SecretStr) -> None:
    """Serve the internal route through which the gateway forwards clients' messages.

    It stands before all other routes: every message of every phone comes this way.
    """
    handlers.require_all()

    async def handle(request: Request) -> Response:
        require_token(request.headers.get(TOKEN_HEADER), token)
        try:
            forwarded = ForwardedMessage.model_validate_json(await request.body())
        except ValidationError as error:
            raise InvalidPayload(sentence_of(error)) from error
        structlog.contextvars.bind_contextvars(device_id=forwarded.client.device_id)
        reply = await handlers.dispatch(
            forwarded.message, forwarded.client, request.app.state.services
        )
        return Response(reply, media_type="application/json")

    app.router.routes.insert(0, Route(HANDLE_PATH, handle, methods=["POST"]))
