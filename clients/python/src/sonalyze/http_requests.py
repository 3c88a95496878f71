"""HTTP as the SDK does it: errors as exceptions, repeatable requests repeated."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from random import Random
from typing import Any, BinaryIO, TypeVar

import httpx2
from pydantic import ValidationError

from sonalyze.addresses import Gateway
from sonalyze.backoff import RETRY_FOR_S, Backoff
from sonalyze.failures import (
    AnswerTimedOut,
    CannotConnect,
    UnexpectedAnswer,
    may_be_repeated,
    of_response,
)
from sonalyze_contracts.errors import SonalyzeError, Unavailable
from sonalyze_contracts.model import Model

ResultT = TypeVar("ResultT")
ModelT = TypeVar("ModelT", bound=Model)

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
        with _our_failures(method, url):
            response = await self._client.request(method, self._gateway.resolve(url), **arguments())
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            raise of_response(response.status_code, response.content)
        return response

    async def send_repeatable(
        self, method: str, url: str, arguments: Arguments = dict
    ) -> httpx2.Response:
        """Send a request that does the same when sent twice, until it is answered or too late."""
        return await self._until_done(lambda: self.send(method, url, arguments))

    async def download(self, url: str, file: BinaryIO) -> None:
        """Write what is at a URL to a file, anew from its beginning if it breaks off."""
        await self._until_done(lambda: self._download(url, file))

    async def _download(self, url: str, file: BinaryIO) -> None:
        file.seek(0)
        file.truncate()
        with _our_failures("GET", url):
            async with self._client.stream("GET", self._gateway.resolve(url)) as response:
                if response.status_code >= HTTPStatus.BAD_REQUEST:
                    raise of_response(response.status_code, await response.aread())
                async for piece in response.aiter_bytes():
                    file.write(piece)

    async def _until_done(self, attempt: Callable[[], Awaitable[ResultT]]) -> ResultT:
        loop = asyncio.get_running_loop()
        give_up_at_s = loop.time() + RETRY_FOR_S
        for wait_s in self._backoff.waits_s(self._chance):
            try:
                return await attempt()
            except SonalyzeError as failure:
                if not _is_worth_another_try(failure) or loop.time() + wait_s > give_up_at_s:
                    raise
                await asyncio.sleep(wait_s)
        raise AssertionError("waiting times never end")


@contextmanager
def _our_failures(method: str, url: str) -> Iterator[None]:
    try:
        yield
    except httpx2.TimeoutException as fault:
        raise AnswerTimedOut(f"No answer to {method} {url} in time") from fault
    except httpx2.TransportError as fault:
        raise CannotConnect(
            f"{method} {url} failed: {str(fault) or type(fault).__name__}"
        ) from fault


def _is_worth_another_try(failure: SonalyzeError) -> bool:
    return isinstance(failure, Unavailable) and may_be_repeated(failure)


def parsed(model: type[ModelT], response: httpx2.Response) -> ModelT:
    """Read an answer, or say that it is not what was documented."""
    try:
        return model.model_validate_json(response.content)
    except ValidationError as fault:
        raise UnexpectedAnswer(f"{response.request.url.path} answered unexpectedly") from fault
