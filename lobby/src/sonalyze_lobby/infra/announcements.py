"""Pushes of the domain, handed to the gateway's publisher."""

from collections.abc import Sequence

from sonalyze_chassis.publish import GatewayPublisher
from sonalyze_lobby.domain.news import Tell


class PublishedAnnouncements:
    """Announces through the gateway."""

    def __init__(self, publisher: GatewayPublisher) -> None:
        self._publisher = publisher

    def announce(self, topic: str, tells: Sequence[Tell]) -> None:
        """Send pushes to their devices, after all earlier ones of the topic."""
        for tell in tells:
            self._publisher.publish(topic, tell.push, tell.device_ids)

    async def delivered(self, topic: str) -> None:
        """Wait until every push of the topic so far was taken or given up."""
        await self._publisher.delivered(topic)
