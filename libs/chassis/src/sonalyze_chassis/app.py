"""How every service becomes a FastAPI app."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from fastapi import FastAPI

from sonalyze_chassis.body import BodyLimit
from sonalyze_chassis.context import RequestContext
from sonalyze_chassis.errors import install_error_handlers, unforeseen
from sonalyze_chassis.health import Health, install_health
from sonalyze_chassis.logs import configure_logs
from sonalyze_chassis.metrics import HttpMetrics, install_metrics
from sonalyze_chassis.settings import ServiceSettings
from sonalyze_contracts.command import Service
from sonalyze_contracts.errors import HttpErrorBody

VERSION = "0.1.0"

LARGEST_BODY_BYTES = 2 << 20
"""A larger request body is answered 413 while it arrives; upload routes allow themselves more."""

ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {"model": HttpErrorBody, "description": "Any error"},
    422: {"model": HttpErrorBody, "description": "The request does not have the documented shape"},
}

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def _status_body(ready: bool) -> Mapping[str, Any]:
    return {"status": "ok" if ready else "not_ready"}


def build_app(  # noqa: PLR0913  a composition root names its parts
    service: Service,
    settings: ServiceSettings,
    *,
    lifespan: Lifespan,
    health: Health,
    health_path: str,
    health_body: Callable[[bool], Mapping[str, Any]] = _status_body,
    description: str = "",
    max_body_bytes: int | None = LARGEST_BODY_BYTES,
) -> FastAPI:
    """Make the app of a service with everything that all services have in common.

    ``lifespan`` opens what the service needs, puts its use cases into ``app.state.services`` and
    closes everything again.
    """
    app = FastAPI(
        title=f"Sonalyze {service}",
        version=VERSION,
        description=description,
        lifespan=lifespan,
        responses=ERRORS,
    )
    metrics = HttpMetrics(service)
    app.state.metrics = metrics
    install_error_handlers(app)
    install_health(app, health, health_path, health_body)
    install_metrics(app, metrics)
    app.add_middleware(BodyLimit, most_bytes=max_body_bytes)
    app.add_middleware(partial(RequestContext, observe=metrics.observe, apologize=unforeseen))
    configure_logs(service, settings)
    return app
