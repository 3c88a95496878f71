"""Requests passed on over HTTP, in both directions as they come, never held whole."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import UpstreamFailed, UpstreamTimeout
from sonalyze_gateway.domain.headers import Headers
from sonalyze_gateway.ports import ProxiedRequest, ProxiedResponse, ResponseCutOff

PATIENCE_S = 60.0
"""How long a service may send nothing, once it has the whole request."""

CONNECT_PATIENCE_S = 10.0
"""How long a service may take to accept a connection."""

READ_AHEAD_BYTES = 256 << 10
"""How much of a response is read before the client has taken it."""

AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""What aiohttp would say for itself, and the client may not have said."""

_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_PATIENCE_S, sock_read=PATIENCE_S)


class HttpRelay:
    """Passes requests on to the services' addresses."""

    def __init__(self, http: aiohttp.ClientSession, addresses: Mapping[Service, str]) -> None:
        self._http = http
        self._addresses = addresses

    @asynccontextmanager
    async def pass_on(self, request: ProxiedRequest) -> AsyncIterator[ProxiedResponse]:
        """Open the exchange; leaving it early cuts it off."""
        try:
            response = await self._http.request(
                request.method,
                URL(self._addresses[request.service] + request.path_and_query, encoded=True),
                headers=_as_aiohttp(request.headers),
                data=request.body,
                skip_auto_headers=AUTOMATIC,
                allow_redirects=False,
                timeout=_TIMEOUT,
                read_bufsize=READ_AHEAD_BYTES,
            )
        except TimeoutError as error:
            raise UpstreamTimeout("Upstream timeout", service=request.service) from error
        except (aiohttp.ClientError, ConnectionError) as error:
            raise UpstreamFailed("Upstream unreachable", service=request.service) from error
        try:
            yield ProxiedResponse(response.status, response.raw_headers, _body_of(response))
        finally:
            response.close()


async def _body_of(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    try:
        async for chunk in response.content.iter_any():
            yield chunk
    except (aiohttp.ClientError, OSError) as error:
        raise ResponseCutOff("The service broke off in the middle of its response") from error


def _as_aiohttp(headers: Headers) -> CIMultiDict[str]:
    return CIMultiDict((name.decode("ascii"), _text(value)) for name, value in headers)


def _text(value: bytes) -> str:
    # aiohttp writes headers as UTF-8; what is not UTF-8 can only be the older Latin-1.
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
