"""What the gateway needs from outside."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import UpstreamFailed
from sonalyze_gateway.domain.headers import Headers
from sonalyze_gateway.domain.outgoing import Outgoing

Clock = Callable[[], float]
"""Gives seconds that never go back."""


class Wire(Protocol):
    """The way to one client."""

    def write_now(self, message: Outgoing) -> bool:
        """Write without waiting, unless the client is behind; say whether it was written."""

    async def write(self, message: Outgoing) -> None:
        """Write as soon as the client has caught up.

        Raises
        ------
        ConnectionError
            The client is gone.
        """

    def hang_up(self, code: int, reason: str) -> None:
        """End the connection within a limit, whether or not the client still reads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    body: bytes


class Services(Protocol):
    """The services behind the gateway."""

    async def handle(self, service: Service, body: bytes, request_id: str) -> Answer:
        """Let a service handle a client's message.

        Raises
        ------
        UpstreamTimeout, UpstreamFailed
            It did not answer in time, or not at all.
        """


@dataclass(frozen=True, slots=True)
class ProxiedRequest:
    """A request that is passed on; its body is read as it is sent."""

    method: str
    service: Service
    path_and_query: str
    headers: Headers
    body: AsyncIterator[bytes] | None


@dataclass(frozen=True, slots=True)
class ProxiedResponse:
    """A response whose body is read as it is passed on."""

    status: int
    headers: Headers
    body: AsyncIterator[bytes]


class Relay(Protocol):
    """Passes requests on to services."""

    def pass_on(self, request: ProxiedRequest) -> AbstractAsyncContextManager[ProxiedResponse]:
        """Open the exchange; leaving it early cuts it off.

        Raises
        ------
        UpstreamTimeout, UpstreamFailed
            There is no response.
        ResponseCutOff
            While the body is read: the rest of it will not come.
        """


class ResponseCutOff(UpstreamFailed):
    """A service broke off in the middle of its response."""
