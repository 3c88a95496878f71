"""``/v1/...``: requests that a service behind the gateway answers."""

import asyncio
from collections.abc import Mapping

import structlog
from fastapi import Request
from pydantic import SecretStr
from starlette.types import ASGIApp, Receive, Scope, Send

from sonalyze_chassis.body import allow_body
from sonalyze_chassis.context import current_request_id
from sonalyze_chassis.errors import problem_of
from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_gateway.api.incoming import ClientLeft, Incoming
from sonalyze_gateway.api.readers import for_readers
from sonalyze_gateway.domain.headers import has_body, request_headers, response_headers
from sonalyze_gateway.domain.proxied import (
    Access,
    Prefix,
    Target,
    public_links,
    public_location,
    published,
    target_of,
)
from sonalyze_gateway.ports import ProxiedRequest, ProxiedResponse, Relay, ResponseCutOff

log = structlog.get_logger(__name__)

_ADDRESSED = {
    b"location": public_location,
    b"content-location": public_location,
    b"link": public_links,
}
"""Headers that say where something is."""

_TARGET = "sonalyze.target"


class ProxyEndpoint:
    """ASGI app of one route; one call is one request passed on and its response passed back."""

    def __init__(self, addresses: Mapping[Service, str], api_token: SecretStr) -> None:
        has_readers = bool(api_token.get_secret_value()) and Service.STORAGE in addresses
        self._addresses = addresses
        self._prefixes = published(readers=has_readers)
        self._ways: dict[Access, ASGIApp] = {
            Access.ANYBODY: self._relay,
            Access.READERS: for_readers(self._relay, api_token),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what the service answers, or say why it does not."""
        request = Request(scope, receive)
        allow_body(request, None)
        try:
            target = scope[_TARGET] = target_of(scope["raw_path"], self._prefixes)
            await self._ways[target.prefix.access](scope, receive, send)
        except ClientLeft:
            log.info("proxy.client_left")
        except ResponseCutOff:
            # Returning without the end of the body makes the server close the connection:
            # the client must not take half a response for a whole one.
            log.warning("proxy.response_cut_off")
        except SonalyzeError as error:
            log.info("proxy.refused", code=error.code, condition=error.condition)
            answer = problem_of(error)
            if "origin" in request.headers:
                answer.headers["Access-Control-Allow-Origin"] = "*"
            await answer(scope, receive, send)

    async def _relay(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on until the response is through or the client leaves."""
        target: Target = scope[_TARGET]
        incoming = Incoming(receive, has_body=has_body(scope["headers"]))
        outgoing = _outgoing(scope, target.prefix.service, target.path, incoming)
        relay: Relay = scope["app"].state.services.relay
        exchange = asyncio.create_task(self._exchange(relay, outgoing, target.prefix, send))
        abandoned = asyncio.create_task(incoming.abandoned())
        try:
            await asyncio.wait((exchange, abandoned), return_when=asyncio.FIRST_COMPLETED)
        finally:
            abandoned.cancel()
            exchange.cancel()
            await asyncio.wait((exchange, abandoned))
        _require_done(exchange, incoming)

    async def _exchange(
        self, relay: Relay, request: ProxiedRequest, prefix: Prefix, send: Send
    ) -> None:
        async with relay.pass_on(request) as response:
            await send(self._head(response, prefix))
            async for chunk in response.body:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _head(self, response: ProxiedResponse, prefix: Prefix) -> dict[str, object]:
        headers = [
            (name, self._public(name, value, prefix) if name in _ADDRESSED else value)
            for name, value in response_headers(response.headers)
        ]
        return {"type": "http.response.start", "status": response.status, "headers": headers}

    def _public(self, name: bytes, value: bytes, prefix: Prefix) -> bytes:
        upstream = self._addresses[prefix.service]
        return _ADDRESSED[name](value.decode("latin-1"), prefix, upstream).encode("latin-1")


def _outgoing(scope: Scope, service: Service, path: str, incoming: Incoming) -> ProxiedRequest:
    query = scope["query_string"].decode("ascii")
    client = scope.get("client")
    headers = request_headers(
        scope["headers"],
        client_ip=client[0] if client else None,
        scheme=scope["scheme"],
        request_id=current_request_id() or "",
    )
    body = incoming.body() if has_body(scope["headers"]) else None
    path_and_query = f"{path}?{query}" if query else path
    return ProxiedRequest(scope["method"], service, path_and_query, headers, body)


def _require_done(exchange: asyncio.Task[None], incoming: Incoming) -> None:
    """Raise what ended the exchange early; the client's own fault before its consequences."""
    if exchange.cancelled():
        raise ClientLeft("The client left")
    error = exchange.exception()
    if error is not None:
        raise incoming.failure or error
