"""The SDK's front door: commands in, replies out, pushes as an async iteration.

async with Client("http://localhost:8000", device_id="my-phone") as client:
    lobby = await client.send(LobbyJoin(code="AB12CD"))
    async for push in client:
        ...
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from functools import lru_cache
from random import Random, SystemRandom
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from sonalyze.addresses import Gateway
from sonalyze.backoff import RETRY_FOR_S
from sonalyze.connection import Connection, Patience
from sonalyze.failures import UnexpectedAnswer, was_not_reached
from sonalyze.measurements import Measurements
from sonalyze.pushes import Heard
from sonalyze.repeatable import may_be_sent_again
from sonalyze.simulations import Simulations
from sonalyze.subscription import Subscription
from sonalyze_contracts.command import Command
from sonalyze_contracts.errors import RateLimited, SonalyzeError, UpstreamFailed
from sonalyze_contracts.identifiers import DeviceId

ReplyT = TypeVar("ReplyT")


@lru_cache(maxsize=128)
def _reply_adapter(command: type[Command[Any]]) -> TypeAdapter[Any]:
    return TypeAdapter(command.reply)


def _may_try_again(command: Command[Any], failure: SonalyzeError) -> bool:
    if isinstance(failure, RateLimited):
        return True
    return was_not_reached(failure) and may_be_sent_again(command)


class Client:
    """One device at one gateway: its WebSocket, and over HTTP ``measurements``, ``simulations``."""

    def __init__(
        self,
        url: str,
        *,
        device_id: str | None = None,
        patience: Patience | None = None,
        chance: Random | None = None,
    ) -> None:
        self.device_id = DeviceId(device_id or f"sdk-{uuid4()}")
        self._patience = patience or Patience()
        self._chance = chance or SystemRandom()
        gateway = Gateway.at(url)
        self._connection = Connection(
            gateway, self.device_id, patience=self._patience, chance=self._chance
        )
        self.measurements = Measurements(
            gateway, backoff=self._patience.backoff, chance=self._chance
        )
        self.simulations = Simulations(gateway, backoff=self._patience.backoff, chance=self._chance)

    async def __aenter__(self) -> Self:
        try:
            await self._connection.open()
        except BaseException:
            await self._close_requests()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._connection.close()
        await self._close_requests()

    async def _close_requests(self) -> None:
        await self.measurements.close()
        await self.simulations.close()

    @property
    def is_connected(self) -> bool:
        """Whether the socket is open right now; a lost one is reopened without being asked."""
        return self._connection.is_open

    async def send(self, command: Command[ReplyT], *, within_s: float | None = None) -> ReplyT:
        """Send a command and give its reply.

        Over a broken connection, or while the service behind the gateway is restarted, a command
        that may be repeated is sent again; for the others an error says that nobody knows whether
        it was done. A command that the gateway turned away because messages came too fast was not
        done, and is sent again a little later.
        """
        loop = asyncio.get_running_loop()
        give_up_at_s = loop.time() + RETRY_FOR_S
        for wait_s in self._patience.backoff.waits_s(self._chance):
            try:
                return await self._ask(command, within_s)
            except (RateLimited, UpstreamFailed) as failure:
                if not _may_try_again(command, failure) or loop.time() + wait_s > give_up_at_s:
                    raise
                await asyncio.sleep(wait_s)
        raise AssertionError("waiting times never end")

    async def _ask(self, command: Command[ReplyT], within_s: float | None) -> ReplyT:
        data = await self._connection.ask(
            command.event,
            command.model_dump(mode="json"),
            repeatable=may_be_sent_again(command),
            within_s=within_s,
        )
        try:
            reply: ReplyT = _reply_adapter(type(command)).validate_python(data)
        except ValidationError as fault:
            raise UnexpectedAnswer(f"The reply to {command.event} is malformed: {fault}") from fault
        return reply

    def pushes(self) -> AbstractContextManager[Subscription]:
        """Hear every push from the entry of the block on, whoever else listens."""
        return self._connection.subscribe()

    async def __aiter__(self) -> AsyncIterator[Heard]:
        with self._connection.subscribe() as subscription:
            async for heard in subscription:
                yield heard
