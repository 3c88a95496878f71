"""HTTP as the SDK does it: errors as exceptions, repeatable requests repeated."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from random import Random
from typing import Any

import httpx2

from sonalyze.addresses import Gateway
from sonalyze.backoff import RETRY_FOR_S, Backoff
from sonalyze.failures import AnswerTimedOut, CannotConnect, may_be_repeated, of_response
from sonalyze_contracts.errors import SonalyzeError, Unavailable

Arguments = Callable[[], dict[str, Any]]
"""Makes the arguments of a request anew for each try: a body that was read is used up."""


class HttpRequests:
    """Requests to the gateway over pooled connections."""

    def __init__(
        self, gateway: Gateway, *, backoff: Backoff, chance: Random, timeout_s: float
    ) -> None:
        self._gateway = gateway
        self._backoff = backoff
        self._chance = chance
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(timeout_s, connect=10.0), trust_env=not gateway.is_local
        )

    async def close(self) -> None:
        """Close the pooled connections."""
        await self._client.aclose()

    async def send(self, method: str, url: str, arguments: Arguments = dict) -> httpx2.Response:
        """Send one request once."""
        try:
            response = await self._client.request(method, self._gateway.resolve(url), **arguments())
        except httpx2.TimeoutException as fault:
            raise AnswerTimedOut(f"No answer to {method} {url} in time") from fault
        except httpx2.TransportError as fault:
            raise CannotConnect(
                f"{method} {url} failed: {str(fault) or type(fault).__name__}"
            ) from fault
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise of_response(response.status_code, response.content)
        return response

    async def send_repeatable(
        self, method: str, url: str, arguments: Arguments = dict
    ) -> httpx2.Response:
        """Send a request that does the same when sent twice, until it is answered or too late."""
        loop = asyncio.get_running_loop()
        give_up_at_s = loop.time() + RETRY_FOR_S
        for wait_s in self._backoff.waits_s(self._chance):
            try:
                return await self.send(method, url, arguments)
            except SonalyzeError as failure:
                if not _is_worth_another_try(failure) or loop.time() + wait_s > give_up_at_s:
                    raise
                await asyncio.sleep(wait_s)
        raise AssertionError("waiting times never end")


def _is_worth_another_try(failure: SonalyzeError) -> bool:
    return isinstance(failure, Unavailable) and may_be_repeated(failure)
