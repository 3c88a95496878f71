"""A client's request while it is passed on: its body, and whether the client is still there."""

import asyncio
from collections.abc import AsyncIterator

from starlette.types import Message, Receive

from sonalyze_contracts.errors import Invalid, SonalyzeError

PATIENCE_S = 60.0
"""How long a client may send nothing in the middle of a body."""


class ClientLeft(SonalyzeError):
    """There is nobody left to answer."""


class BodyStalled(Invalid):
    """The body stopped arriving."""


class Incoming:
    """The receiving half of one request."""

    def __init__(self, receive: Receive, *, has_body: bool) -> None:
        self._receive = receive
        self._is_complete = asyncio.Event()
        self.failure: SonalyzeError | None = None
        if not has_body:
            self._is_complete.set()

    async def body(self) -> AsyncIterator[bytes]:
        """Give the body as it arrives; why it ended early is kept in ``failure``."""
        more = True
        while more:
            message = await self._next()
            more = message["more_body"]
            if message["body"]:
                yield message["body"]
        self._is_complete.set()

    async def abandoned(self) -> None:
        """Return when the client leaves after its request was read."""
        await self._is_complete.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout(PATIENCE_S):
                message = await self._receive()
        except TimeoutError as error:
            self.failure = BodyStalled("The body stopped arriving")
            raise self.failure from error
        if message["type"] == "http.disconnect":
            self.failure = ClientLeft("The client left")
            raise self.failure
        return message
