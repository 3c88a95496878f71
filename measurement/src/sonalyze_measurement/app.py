"""The service as an application: settings in, app out; all opens and closes in the lifespan."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware

from sonalyze_chassis.app import build_app
from sonalyze_chassis.compute import Engine
from sonalyze_chassis.dispatch import install_dispatch
from sonalyze_chassis.health import Health
from sonalyze_chassis.local_processes import LocalProcesses
from sonalyze_contracts.command import Service
from sonalyze_measurement.api import audio, bundle, http, uploads
from sonalyze_measurement.api.events import handlers
from sonalyze_measurement.infra.processes import PRELOADED
from sonalyze_measurement.opening import open_services
from sonalyze_measurement.settings import Settings

EXPOSED_HEADERS = (
    "X-Duration-Seconds", "X-Sample-Rate", "X-Audio-Hash", "X-Request-ID", "X-Upload-SHA256",
    "Content-Disposition", "Content-Range", "ETag", "Retry-After",
    "Upload-Offset", "Upload-Length", "Upload-Complete",
)  # fmt: skip


def local_processes(settings: Settings) -> LocalProcesses:
    """Let worker processes of this machine compute."""
    return LocalProcesses(settings.analysis_workers, settings.analysis_queue, PRELOADED)


def create_app(
    settings: Settings, engine: Callable[[Settings], Engine] = local_processes
) -> FastAPI:
    """Make the measurement service."""
    health = Health()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            registry: CollectorRegistry = app.state.metrics.registry
            app.state.services = await open_services(
                settings, engine(settings), health, registry, stack
            )
            yield

    app = build_app(
        Service.MEASUREMENT,
        settings,
        lifespan=lifespan,
        health=health,
        health_path="/v1/health",
        description="The measurement signal, recordings and their analysis.",
        max_body_bytes=settings.measurement_max_job_kb << 10,
    )
    for router in (audio.router, bundle.router, http.router, uploads.router):
        app.include_router(router)
    install_dispatch(app, handlers, settings.internal_auth_token)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
    )
    return app
