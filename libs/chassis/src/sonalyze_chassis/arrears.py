"""How far the archive is behind, as Prometheus reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sonalyze_chassis.drain import Drainer


class Arrears(Collector):
    """Reads what the drainer counted last, whenever somebody asks."""

    def __init__(self, drainer: Drainer) -> None:
        self._drainer = drainer

    def collect(self) -> Iterator[Metric]:
        """Give all counts."""
        counts = self._drainer.counts
        yield GaugeMetricFamily(
            "sonalyze_archive_backlog_rows", "Rows that wait for storage.", value=counts.waiting
        )
        yield GaugeMetricFamily(
            "sonalyze_archive_refused_rows",
            "Rows that storage did not take; they are tried again at the next start.",
            value=counts.refused,
        )
        yield GaugeMetricFamily(
            "sonalyze_archive_oldest_row_age_seconds",
            "How long the oldest of the rows that wait has waited.",
            value=_age_s(counts.oldest_at),
        )


@contextmanager
def counted(registry: CollectorRegistry, drainer: Drainer) -> Iterator[None]:
    """Show the counts for as long as the context lasts."""
    arrears = Arrears(drainer)
    registry.register(arrears)
    try:
        yield
    finally:
        registry.unregister(arrears)


def _age_s(written_at: datetime | None) -> float:
    return (datetime.now(UTC) - written_at).total_seconds() if written_at else 0.0
