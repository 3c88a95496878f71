"""What the gateway counts, as Prometheus reads it."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sonalyze_gateway.forwarding import Forwarding
from sonalyze_gateway.gateway import Gateway
from sonalyze_gateway.hub import Hub


class Counts(Collector):
    """Reads the use cases' own counters whenever somebody asks for them."""

    def __init__(self, gateway: Gateway, hub: Hub, forwarding: Forwarding) -> None:
        self._gateway = gateway
        self._hub = hub
        self._forwarding = forwarding

    def collect(self) -> Iterator[Metric]:
        """Give all counts."""
        yield GaugeMetricFamily(
            "sonalyze_gateway_sockets", "Open sockets.", value=self._gateway.sockets
        )
        yield CounterMetricFamily(
            "sonalyze_gateway_given_up",
            "Sockets closed because their client did not read.",
            value=self._gateway.given_up,
        )
        yield CounterMetricFamily(
            "sonalyze_gateway_pushes", "Messages pushed to sockets.", value=self._hub.pushes
        )
        forwarded = CounterMetricFamily(
            "sonalyze_gateway_forwarded",
            "Messages forwarded to services, by how that ended.",
            labels=("service", "outcome"),
        )
        for (service, outcome), count in self._forwarding.outcomes.items():
            forwarded.add_metric((service, outcome), count)
        yield forwarded


@contextmanager
def counted(
    registry: CollectorRegistry, gateway: Gateway, hub: Hub, forwarding: Forwarding
) -> Iterator[None]:
    """Show the counts for as long as the context lasts."""
    counts = Counts(gateway, hub, forwarding)
    registry.register(counts)
    try:
        yield
    finally:
        registry.unregister(counts)
