"""``/ws``: frames of a client come in here."""

import asyncio
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from sonalyze_chassis.sockets import socket_of
from sonalyze_contracts.envelope import CloseCode
from sonalyze_gateway.api.wires import AsgiWire, SocketWire
from sonalyze_gateway.conversation import Conversation
from sonalyze_gateway.gateway import Gateway


class WebSocketEndpoint:
    """ASGI app of one route; one call is one socket's whole life."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Accept the socket and listen until it ends."""
        gateway: Gateway = scope["app"].state.services.gateway
        await receive()
        await send({"type": "websocket.accept"})
        if gateway.is_full:
            reason = "As many sockets as allowed are open"
            code = CloseCode.TRY_AGAIN_LATER
            await send({"type": "websocket.close", "code": code, "reason": reason})
            return
        wire = _wire_of(scope, send)
        client = scope.get("client")
        async with gateway.converse(wire, client[0] if client else None) as conversation:
            try:
                await _listen(conversation, _device_id_in(scope), receive)
            except asyncio.CancelledError:
                if not (isinstance(wire, AsgiWire) and wire.is_closing):
                    raise


async def _listen(conversation: Conversation, device_id: str | None, receive: Receive) -> None:
    conversation.greet(device_id)
    while (event := await receive())["type"] == "websocket.receive":
        text = event.get("text")
        await conversation.hear(event["bytes"] if text is None else text)


def _wire_of(scope: Scope, send: Send) -> SocketWire | AsgiWire:
    socket = socket_of(scope)
    if socket is not None:
        return SocketWire(socket)
    reader = asyncio.current_task()
    assert reader is not None  # noqa: S101  ASGI apps run in tasks
    return AsgiWire(send, reader)


def _device_id_in(scope: Scope) -> str | None:
    query: str = scope["query_string"].decode("latin-1")
    return next((value for name, value in parse_qsl(query) if name == "device_id"), None)
