"""The composition root: settings in, app out; everything opens and closes in the lifespan."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware

from sonalyze_chassis.app import build_app
from sonalyze_chassis.compute import Engine
from sonalyze_chassis.dispatch import install_dispatch
from sonalyze_chassis.health import Health
from sonalyze_chassis.publish import GatewayPublisher
from sonalyze_chassis.upstream import open_http
from sonalyze_contracts.command import Service
from sonalyze_simulation.api import http, sounds
from sonalyze_simulation.api.events import handlers
from sonalyze_simulation.computing import Computing
from sonalyze_simulation.infra.archive import archived
from sonalyze_simulation.infra.engines import engine_chosen
from sonalyze_simulation.infra.memory import RememberedJobs
from sonalyze_simulation.infra.pace import pace_in
from sonalyze_simulation.infra.processes import Processes, Terms
from sonalyze_simulation.jobs import Jobs
from sonalyze_simulation.ports import JobRecords
from sonalyze_simulation.recall import Recall
from sonalyze_simulation.services import Services
from sonalyze_simulation.settings import Settings
from sonalyze_simulation.simulations import Limits, Simulations
from sonalyze_simulation.sounds import MOST_WAITING, Sounds

EXPOSED_HEADERS = ("X-Job-ID", "X-Request-ID", "Content-Disposition", "Retry-After")
PUSH_TIMEOUT_S = 10.0
PATIENCE_S = 5.0
"""How long a stopping service lets jobs end; requests had their time before."""


def create_app(settings: Settings, engine: Callable[[Settings], Engine] = engine_chosen) -> FastAPI:
    """Make the simulation service."""
    health = Health()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            registry: CollectorRegistry = app.state.metrics.registry
            app.state.services = await _open(settings, engine(settings), registry, stack)
            yield

    app = build_app(
        Service.SIMULATION,
        settings,
        lifespan=lifespan,
        health=health,
        health_path="/health",
        description="Rooms computed: what each microphone hears of each source.",
    )
    # A redirect would name this host, which clients behind the gateway cannot reach.
    app.router.redirect_slashes = False
    for router in (http.router, sounds.router):
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


async def _open(
    settings: Settings, compute: Engine, registry: CollectorRegistry, stack: AsyncExitStack
) -> Services:
    stack.push_async_callback(compute.close)
    await compute.warm()
    terms = Terms(
        pace=pace_in(settings.simulation_pace),
        processes=settings.simulation_workers,
        most_seconds=settings.simulation_max_seconds,
    )
    processes = Processes(compute, terms)

    upstream = await stack.enter_async_context(open_http(PUSH_TIMEOUT_S))
    publisher = GatewayPublisher(upstream, settings.gateway_url, settings.internal_auth_token)
    stack.push_async_callback(_deliver_rest, publisher)

    records = await stack.enter_async_context(_records(settings, registry))
    jobs = Jobs(records, publisher)
    stack.push_async_callback(jobs.close, PATIENCE_S)

    computing = Computing(processes, Recall(settings.simulation_cache_mb << 20))
    limits = Limits(
        settings.simulation_max_seconds,
        settings.simulation_answer_seconds,
        most_underway=settings.simulation_workers + settings.simulation_queue,
    )
    return Services(
        simulations=Simulations(processes, computing, jobs, limits),
        jobs=jobs,
        sounds=Sounds(processes, jobs, settings.simulation_workers + MOST_WAITING),
    )


@asynccontextmanager
async def _records(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[JobRecords]:
    memory = RememberedJobs(settings.simulation_jobs_mb << 20)
    if not settings.storage_url:
        yield memory
        return
    await asyncio.to_thread(settings.simulation_data_dir.mkdir, parents=True, exist_ok=True)
    async with archived(
        memory, settings.storage_url, settings.simulation_data_dir, registry
    ) as records:
        yield records


async def _deliver_rest(publisher: GatewayPublisher) -> None:
    """Let the last pushes reach the gateway, if it still takes them."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            await publisher.drained()
