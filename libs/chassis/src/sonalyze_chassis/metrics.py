"""Prometheus metrics, one registry per app."""

from collections.abc import Callable

from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from starlette.types import Scope


class HttpMetrics:
    """How many requests a service answers, how, and how fast."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self._service = service
        self._observers: dict[tuple[str, str, int], Callable[[float], None]] = {}
        self._durations = Histogram(
            "sonalyze_http_request_duration_seconds",
            "Time from a request's head to the end of its answer.",
            ["service", "method", "route", "status"],
            registry=self.registry,
        )

    def observe(self, scope: Scope, status: int, duration_s: float) -> None:
        """Count one request under its route, never under its path: ids would be endless."""
        route = getattr(scope.get("route"), "path", "unmatched")
        kind = scope["method"], route, status
        if kind not in self._observers:
            self._observers[kind] = self._durations.labels(self._service, *kind).observe
        self._observers[kind](duration_s)


def install_metrics(app: FastAPI, metrics: HttpMetrics) -> None:
    """Serve ``/metrics``."""
    router = APIRouter(tags=["health"])

    @router.get("/metrics")
    async def scrape() -> Response:
        """Give all metrics in Prometheus' text format."""
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    app.include_router(router)
