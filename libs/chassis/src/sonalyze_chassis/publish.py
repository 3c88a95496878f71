"""Telling devices what happened: pushes leave in order per topic, after the commit.

``publish`` only puts a push into its topic's line and returns; one task per topic sends. A phone
that does not read, or a gateway that restarts, delays nobody who waits for an answer. A push that
the gateway does not take for ``PATIENCE_S`` is given up and logged: whoever missed it asks for
the state when it comes back.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import aiohttp
import structlog
from pydantic import SecretStr
from pydantic_core import to_json

from sonalyze_chassis.auth import TOKEN_HEADER
from sonalyze_chassis.context import REQUEST_ID_HEADER, current_request_id
from sonalyze_contracts.command import Push
from sonalyze_contracts.identifiers import DeviceId

log = structlog.get_logger(__name__)

BROADCAST_PATH = "/internal/broadcast"
PATIENCE_S = 30.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


class Publisher(Protocol):
    """Tells devices what happened."""

    def publish(self, topic: str, push: Push, device_ids: Sequence[DeviceId]) -> None:
        """Send a push to these devices, after all earlier ones of the same topic."""


class GatewayPublisher:
    """Publishes through the gateway's ``/internal/broadcast``."""

    def __init__(self, http: aiohttp.ClientSession, gateway_url: str, token: SecretStr) -> None:
        self._http = http
        self._url = gateway_url.rstrip("/") + BROADCAST_PATH
        self._headers = {
            TOKEN_HEADER: token.get_secret_value(),
            "Content-Type": "application/json",
        }
        self._lines: dict[str, deque[tuple[bytes, dict[str, str]]]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def publish(self, topic: str, push: Push, device_ids: Sequence[DeviceId]) -> None:
        """Put the push into its topic's line; nobody to tell means nothing to do."""
        if not device_ids:
            return
        body = to_json(
            {"event": push.event, "data": push.data(), "targets": {"device_ids": list(device_ids)}},
            inf_nan_mode="null",
        )
        request_id = current_request_id()
        headers = self._headers | ({REQUEST_ID_HEADER: request_id} if request_id else {})
        self._lines.setdefault(topic, deque()).append((body, headers))
        if topic not in self._tasks:
            self._tasks[topic] = asyncio.create_task(self._send_line(topic))

    async def drained(self) -> None:
        """Wait until every push so far was sent or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values())

    async def delivered(self, topic: str) -> None:
        """Wait until every push of the topic so far was sent or given up."""
        while task := self._tasks.get(topic):
            await asyncio.wait({task})

    async def _send_line(self, topic: str) -> None:
        line = self._lines[topic]
        try:
            while line:
                await self._deliver(topic, *line[0])
                line.popleft()
        finally:
            del self._lines[topic], self._tasks[topic]

    async def _deliver(self, topic: str, body: bytes, headers: dict[str, str]) -> None:
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + PATIENCE_S
        pause_s = FIRST_PAUSE_S
        while not await self._taken(body, headers):
            if loop.time() + pause_s > give_up_at:
                log.error("push.given_up", topic=topic)
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _taken(self, body: bytes, headers: dict[str, str]) -> bool:
        try:
            async with self._http.post(self._url, data=body, headers=headers) as answer:
                if answer.status < 500:  # noqa: PLR2004  a refusal does not improve by repeating
                    if answer.status != 200:  # noqa: PLR2004
                        log.error("push.refused", status=answer.status)
                    return True
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("push.delayed", error=type(error).__name__)
        return False
