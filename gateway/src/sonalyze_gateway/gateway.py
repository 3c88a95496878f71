"""The gateway's use cases, joined."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from sonalyze_contracts.identifiers import ConnectionId
from sonalyze_gateway.conversation import Conversation
from sonalyze_gateway.domain.bucket import TokenBucket
from sonalyze_gateway.domain.connection import Connection
from sonalyze_gateway.forwarding import Forwarding
from sonalyze_gateway.hub import Hub
from sonalyze_gateway.outbox import Outbox
from sonalyze_gateway.ports import Clock, Wire
from sonalyze_gateway.settings import Settings


class Gateway:
    """Talks with every client, and counts how many sockets are open and were given up."""

    def __init__(
        self, settings: Settings, hub: Hub, forwarding: Forwarding, clock: Clock = time.monotonic
    ) -> None:
        self._settings = settings
        self._hub = hub
        self._forwarding = forwarding
        self._clock = clock
        self.sockets = 0
        self.given_up = 0

    @property
    def is_full(self) -> bool:
        """Whether no further socket is taken."""
        return self.sockets >= self._settings.max_sockets

    @asynccontextmanager
    async def converse(self, wire: Wire, ip: str | None) -> AsyncIterator[Conversation]:
        """Talk with a client for as long as the context lasts."""
        conversation = self._conversation(wire, ip)
        self.sockets += 1
        try:
            yield conversation
        finally:
            self.sockets -= 1
            self.given_up += conversation.was_given_up
            await conversation.end()

    def _conversation(self, wire: Wire, ip: str | None) -> Conversation:
        settings = self._settings
        bucket = TokenBucket(settings.rate_limit_rps, settings.rate_limit_burst, self._clock())
        return Conversation(
            Connection(settings.max_message_bytes, bucket),
            connection_id=ConnectionId(uuid4().hex),
            ip=ip,
            outbox=Outbox(wire, settings.push_queue_limit),
            hub=self._hub,
            forwarding=self._forwarding,
            clock=self._clock,
            max_concurrent_requests=settings.max_concurrent_requests,
        )
