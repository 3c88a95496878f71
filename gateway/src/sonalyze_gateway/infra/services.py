"""The services behind the gateway, over HTTP."""

from collections.abc import Mapping

import aiohttp
from pydantic import SecretStr
from yarl import URL

from sonalyze_chassis.auth import TOKEN_HEADER
from sonalyze_chassis.context import REQUEST_ID_HEADER
from sonalyze_chassis.dispatch import HANDLE_PATH
from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import UpstreamFailed, UpstreamTimeout
from sonalyze_gateway.ports import Answer


class HttpServices:
    """Forwards messages to each service's ``/gateway/handle``."""

    def __init__(
        self, http: aiohttp.ClientSession, addresses: Mapping[Service, str], token: SecretStr
    ) -> None:
        self._http = http
        self._urls = {service: URL(base + HANDLE_PATH) for service, base in addresses.items()}
        secret = token.get_secret_value()
        self._headers = {"Content-Type": "application/json"}
        if secret:
            self._headers[TOKEN_HEADER] = secret

    async def handle(self, service: Service, body: bytes, request_id: str) -> Answer:
        """Let a service handle a client's message."""
        headers = self._headers | {REQUEST_ID_HEADER: request_id}
        try:
            async with self._http.post(
                self._urls[service], data=body, headers=headers, allow_redirects=False
            ) as answer:
                return Answer(answer.status, await answer.read())
        except TimeoutError as error:
            raise UpstreamTimeout("Upstream timeout", service=service) from error
        except aiohttp.ClientError as error:
            raise UpstreamFailed("Upstream unreachable", service=service) from error
