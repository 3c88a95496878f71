"""The WebSocket of one device: kept open, opened again when it breaks.

What is said over it is decided in ``conversation``. Here a reader task moves text, futures wake
the askers, and a lost socket is replaced after a back-off with jitter.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from sonalyze.addresses import Gateway
from sonalyze.backoff import Backoff
from sonalyze.conversation import Answered, Conversation, Question, Refused
from sonalyze.failures import AnswerTimedOut, CannotConnect, ConnectionLost
from sonalyze.pushes import Heard, Reconnected
from sonalyze.subscription import Subscription
from sonalyze_contracts.identifiers import DeviceId

LARGEST_MESSAGE_BYTES = 8 * 2**20
"""The results of a large session come as one push."""

_REFUSALS = (OSError, TimeoutError, InvalidHandshake, InvalidMessage, EOFError)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client waits: for a connection, and for an answer unless told otherwise."""

    connect_s: float = 10.0
    answer_s: float = 30.0
    backoff: Backoff = field(default_factory=Backoff)


class Connection:
    """One device's conversation with the gateway over as many sockets as it takes."""

    def __init__(
        self,
        gateway: Gateway,
        device_id: DeviceId,
        *,
        patience: Patience,
        chance: Random,
    ) -> None:
        self._gateway = gateway
        self._device_id = device_id
        self._patience = patience
        self._chance = chance
        self._conversation = Conversation()
        self._askers: dict[str, asyncio.Future[Any]] = {}
        self._subscriptions: list[Subscription] = []
        self._socket: ClientConnection | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Whether a socket is there right now."""
        return self._socket is not None

    async def open(self) -> None:
        """Connect, or say why that is not possible."""
        socket = await self._dial()
        self._socket = socket
        self._keeper = asyncio.create_task(self._keep(socket), name=f"socket-{self._device_id}")

    async def close(self) -> None:
        """Hang up; whoever still waits for an answer learns that none will come."""
        if self._keeper is not None:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper
        if self._socket is not None:
            await self._socket.close()
            self._socket = None
        for request_id in list(self._askers):
            self._fail(request_id)
        for subscription in self._subscriptions:
            subscription.close()

    async def ask(
        self, event: str, data: dict[str, Any], *, repeatable: bool, within_s: float | None = None
    ) -> Any:  # noqa: ANN401  a reply is whatever JSON held
        """Send a request and wait for the data of its reply, across reconnections if need be."""
        if self._keeper is None or self._keeper.done():
            raise ConnectionLost("The client is not connected", event=event)
        limit_s = self._patience.answer_s if within_s is None else within_s
        question = self._conversation.ask(event, data, repeatable=repeatable)
        answer = asyncio.get_running_loop().create_future()
        self._askers[question.request_id] = answer
        try:
            async with asyncio.timeout(limit_s):
                await self._send_unsent()
                return await answer
        except TimeoutError:
            raise AnswerTimedOut(
                f"No answer to {event} within {limit_s:g} s", event=event
            ) from None
        finally:
            self._conversation.drop(question.request_id)
            self._askers.pop(question.request_id, None)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """Hear every push from now on until the block is left."""
        subscription = Subscription()
        self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.remove(subscription)

    async def _dial(self) -> ClientConnection:
        url = self._gateway.socket_url(self._device_id)
        try:
            return await connect(
                url,
                compression=None,
                max_size=LARGEST_MESSAGE_BYTES,
                open_timeout=self._patience.connect_s,
                proxy=None if self._gateway.is_local else True,
            )
        except _REFUSALS as refusal:
            reason = str(refusal) or type(refusal).__name__
            raise CannotConnect(
                f"Cannot connect to {self._gateway.base_url}: {reason}"
            ) from refusal

    async def _keep(self, socket: ClientConnection) -> None:
        while True:
            with suppress(ConnectionClosed):
                async for text in socket:
                    self._hear(text)
            self._lose()
            socket = await self._dial_again()
            self._socket = socket
            self._tell(Reconnected())
            with suppress(ConnectionClosed):
                await self._send_unsent()

    async def _dial_again(self) -> ClientConnection:
        for wait_s in self._patience.backoff.waits_s(self._chance):
            await asyncio.sleep(wait_s)
            with suppress(CannotConnect):
                return await self._dial()
        raise AssertionError("waiting times never end")

    async def _send_unsent(self) -> None:
        for question in self._conversation.unsent():
            if self._socket is None:
                return
            await self._send(self._socket, question)

    async def _send(self, socket: ClientConnection, question: Question) -> None:
        # Marked before the await: another task that sends meanwhile must not send it as well.
        self._conversation.sent(question)
        with suppress(ConnectionClosed):
            await socket.send(question.frame)

    def _hear(self, text: str | bytes) -> None:
        if isinstance(text, bytes):
            return
        match self._conversation.hear(text):
            case None:
                return
            case Answered(request_id, data):
                self._settle(request_id, data)
            case Refused(request_id, error):
                self._fail(request_id, error)
            case push:
                self._tell(push)

    def _lose(self) -> None:
        self._socket = None
        for request_id in self._conversation.disconnected():
            self._fail(request_id)

    def _tell(self, heard: Heard) -> None:
        for subscription in self._subscriptions:
            subscription.put(heard)

    def _settle(self, request_id: str, data: Any) -> None:  # noqa: ANN401  whatever JSON held
        asker = self._askers.pop(request_id, None)
        if asker is not None and not asker.done():
            asker.set_result(data)

    def _fail(self, request_id: str, error: Exception | None = None) -> None:
        asker = self._askers.pop(request_id, None)
        if asker is not None and not asker.done():
            asker.set_exception(error or ConnectionLost("The connection broke before the answer"))
