"""The composition root: settings in, app out; everything opens and closes in the lifespan."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.middleware.cors import CORSMiddleware

from sonalyze_chassis.app import build_app
from sonalyze_chassis.archive import archiving
from sonalyze_chassis.compute import Engine, LocalProcesses
from sonalyze_chassis.database import Database
from sonalyze_chassis.dispatch import install_dispatch
from sonalyze_chassis.health import Health
from sonalyze_chassis.publish import GatewayPublisher
from sonalyze_chassis.upstream import open_http
from sonalyze_contracts.command import Service
from sonalyze_measurement.analyses import Analyses
from sonalyze_measurement.api import audio, bundle, http, uploads
from sonalyze_measurement.api.events import handlers
from sonalyze_measurement.background import BackgroundAnalyses
from sonalyze_measurement.bundles import Bundles, Sources
from sonalyze_measurement.infra.archive import (
    OUTBOX,
    WRITING_CONNECTIONS,
    NothingArchived,
    OutboxArchive,
    database_url,
    prepare,
)
from sonalyze_measurement.infra.clock import WallClock
from sonalyze_measurement.infra.descriptions import Descriptions
from sonalyze_measurement.infra.documents import JobDocuments
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.infra.objects import ObjectFiles
from sonalyze_measurement.infra.old_recordings import StoredRecordings
from sonalyze_measurement.infra.partials import Partials
from sonalyze_measurement.infra.processes import PRELOADED, Processes
from sonalyze_measurement.infra.references import References
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.stores import open_files
from sonalyze_measurement.infra.uploads import Uploads
from sonalyze_measurement.infra.within_reach import SignalsWithinReach
from sonalyze_measurement.jobs import Jobs
from sonalyze_measurement.ports import Archive
from sonalyze_measurement.retention import Retention
from sonalyze_measurement.services import Services
from sonalyze_measurement.settings import Settings
from sonalyze_measurement.signals import Signals

EXPOSED_HEADERS = (
    "X-Duration-Seconds", "X-Sample-Rate", "X-Audio-Hash", "X-Request-ID", "X-Upload-SHA256",
    "Content-Disposition", "Content-Range", "ETag", "Retry-After",
    "Upload-Offset", "Upload-Length", "Upload-Complete",
)  # fmt: skip
PUSH_TIMEOUT_S = 10.0
PATIENCE_S = 5.0
"""How long a stopping service lets background analyses end; requests had their time before."""


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
            app.state.services = await _open(settings, engine(settings), health, registry, stack)
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


async def _open(
    settings: Settings,
    compute: Engine,
    health: Health,
    registry: CollectorRegistry,
    stack: AsyncExitStack,
) -> Services:
    staging = Staging(settings.measurement_data_dir)
    await asyncio.to_thread(staging.open)
    partials = Partials(settings.measurement_data_dir)
    await asyncio.to_thread(partials.forget_old)
    health.add("data_dir", staging.probe)
    files = open_files(
        settings.measurement_store_url,
        settings.measurement_data_dir,
        staging,
        allow_http=settings.aws_allow_http,
    )
    health.add("store", files.probe)
    locks = KeyedLocks()

    stack.push_async_callback(compute.close)
    await compute.warm()
    debug_dir = settings.measurement_debug_dir if settings.measurement_debug else None
    processes = Processes(compute, settings.analysis_deadline_s, debug_dir)

    upstream = await stack.enter_async_context(open_http(PUSH_TIMEOUT_S))
    publisher = GatewayPublisher(upstream, settings.gateway_url, settings.internal_auth_token)

    stack.push_async_callback(_deliver_rest, publisher)

    archive = await stack.enter_async_context(
        _archiving(settings, registry, files, processes, locks)
    )
    documents = JobDocuments(files)
    received = Uploads(
        files,
        documents,
        staging,
        partials,
        locks,
        archive,
        most_uploads=settings.measurement_max_uploads,
    )
    if settings.raw_audio_days:
        recordings = StoredRecordings(files, partials, locks, archive.deleted)
        _sweep(Retention(recordings, WallClock(), settings.raw_audio_days), health, stack)
    references = await _references(settings, files, staging, processes)

    analyses = Analyses(documents, received, references, processes, staging, archive)
    background = BackgroundAnalyses(analyses, publisher)
    stack.push_async_callback(background.close, PATIENCE_S)
    signals = Signals(references, processes)
    return Services(
        signals=signals,
        jobs=Jobs(
            documents,
            received,
            most_bytes=settings.measurement_max_upload_mb << 20,
            idle_s=settings.upload_idle_s,
        ),
        analyses=analyses,
        background=background,
        bundles=Bundles(Sources(documents, files, references, signals), WallClock()),
    )


@asynccontextmanager
async def _archiving(
    settings: Settings,
    registry: CollectorRegistry,
    files: ObjectFiles,
    processes: Processes,
    locks: KeyedLocks,
) -> AsyncIterator[Archive]:
    if not settings.storage_url:
        yield NothingArchived()
        return
    url = database_url(settings.measurement_data_dir)
    async with AsyncExitStack() as stack:
        database = Database(url, WRITING_CONNECTIONS)
        stack.push_async_callback(database.close)
        await prepare(database)
        outbox = await stack.enter_async_context(
            archiving(settings.storage_url, url, OUTBOX, registry)
        )
        archive = OutboxArchive(database, outbox, files, await processes.versions())
        await archive.open()
        descriptions = Descriptions(archive, files, processes, locks)
        await stack.enter_async_context(descriptions.underway())
        yield archive


async def _references(
    settings: Settings, files: ObjectFiles, staging: Staging, processes: Processes
) -> References:
    most_signals = settings.measurement_max_references
    within_reach = SignalsWithinReach(settings.measurement_data_dir, most_signals)
    await asyncio.to_thread(within_reach.open)
    return References(files, staging, within_reach, processes, most_signals=most_signals)


def _sweep(retention: Retention, health: Health, stack: AsyncExitStack) -> None:
    """Let retention go on until the service stops; if it ends before, the service is not well."""
    sweeping = asyncio.create_task(retention.keep_going())

    async def goes_on() -> None:
        if sweeping.done():
            sweeping.result()

    async def stop() -> None:
        sweeping.cancel()
        await asyncio.wait({sweeping})

    health.add("retention", goes_on)
    stack.push_async_callback(stop)


async def _deliver_rest(publisher: GatewayPublisher) -> None:
    """Let the last pushes reach the gateway, if it still takes them."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            await publisher.drained()
