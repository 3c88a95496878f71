"""One socket's life between its first and its last message.

Requests run at the same time, so that one slow answer holds up no other; responses leave as they
are ready and carry their ``request_id``. Above the limit the socket is not read any further: the
client's own connection slows it down, and nothing is dropped.
"""

import asyncio

import structlog

from sonalyze_chassis.context import bind_request_id
from sonalyze_contracts.envelope import Caller, CloseCode
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_contracts.gateway import IdentifyRequired
from sonalyze_contracts.identifiers import ConnectionId, DeviceId
from sonalyze_gateway.domain import outgoing
from sonalyze_gateway.domain.connection import Connection, Decision, Forward, Refuse, Welcome
from sonalyze_gateway.forwarding import Forwarding
from sonalyze_gateway.hub import Hub
from sonalyze_gateway.outbox import Outbox
from sonalyze_gateway.ports import Clock

log = structlog.get_logger(__name__)

HINT = 'Send {"event": "identify", "data": {"device_id": "..."}} or connect to /ws?device_id=...'
APOLOGY = "Something went wrong here; the correlation id helps to find it in the log."


class Conversation:
    """Listens to one client and sees to it that everything it asks is answered."""

    def __init__(  # noqa: PLR0913  a conversation joins all parts
        self,
        connection: Connection,
        *,
        connection_id: ConnectionId,
        ip: str | None,
        outbox: Outbox,
        hub: Hub,
        forwarding: Forwarding,
        clock: Clock,
        max_concurrent_requests: int,
    ) -> None:
        self._connection = connection
        self._connection_id = connection_id
        self._ip = ip
        self._outbox = outbox
        self._hub = hub
        self._forwarding = forwarding
        self._clock = clock
        self._free = asyncio.Semaphore(max_concurrent_requests)
        self._running: set[asyncio.Task[None]] = set()

    @property
    def was_given_up(self) -> bool:
        """Whether too much waited for this client."""
        return self._outbox.was_given_up

    def greet(self, device_id: str | None) -> None:
        """Identify by what the address says, or ask for it."""
        if device_id:
            decision = self._connection.identify(device_id)
            if isinstance(decision, Welcome):
                self._join(decision.device_id)
                return
            self._refuse(decision)
        self._outbox.put(outgoing.push(IdentifyRequired.event, {"hint": HINT}))

    async def hear(self, message: str | bytes) -> None:
        """Take one message; returns when the next may come."""
        await self._act(self._connection.hear(message, self._clock()))

    async def end(self) -> None:
        """Tell the client nothing more, and let what it asked for run to its end."""
        if self.was_given_up:
            log.warning("socket.given_up", code=int(CloseCode.SLOW_CONSUMER))
        self._outbox.close()
        if self._connection.device_id is not None:
            self._hub.leave(self._connection.device_id, self._outbox)
        if self._running:
            await asyncio.gather(*self._running)

    async def _act(self, decision: Decision) -> None:
        match decision:
            case Forward():
                await self._free.acquire()
                running = asyncio.create_task(self._answer(decision))
                self._running.add(running)
                running.add_done_callback(self._forget)
            case Welcome():
                if decision.is_new:
                    self._join(decision.device_id)
                self._outbox.put(outgoing.identified(decision.request_id, decision.device_id))
            case Refuse():
                self._refuse(decision)

    def _join(self, device_id: DeviceId) -> None:
        """Let the device be told, and named in what is logged about its socket and its requests."""
        self._hub.join(device_id, self._outbox)
        structlog.contextvars.bind_contextvars(device_id=device_id)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._free.release()

    def _refuse(self, refusal: Refuse) -> None:
        self._outbox.put(outgoing.failure(refusal.event, refusal.request_id, refusal.error.body()))

    async def _answer(self, forward: Forward) -> None:
        """Answer one request; its failure, even one that nobody foresaw, is its own."""
        message = forward.message
        correlation_id = bind_request_id(None)
        try:
            answer = await self._forwarding.answer(
                self._caller(), message, forward.service, correlation_id
            )
        except Exception:
            log.exception("socket.request_failed", upstream_event=message.event)
            error = SonalyzeError(APOLOGY, correlation_id=correlation_id).body()
            answer = outgoing.failure(message.event, message.request_id, error)
        self._outbox.put(answer)

    def _caller(self) -> Caller:
        device_id = self._connection.device_id
        assert device_id is not None  # noqa: S101  only identified connections forward
        return Caller(device_id=device_id, connection_id=self._connection_id, ip=self._ip)
