"""The parts of the service, opened in order and joined."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from prometheus_client import CollectorRegistry

from sonalyze_chassis.archive import archiving
from sonalyze_chassis.compute import Engine
from sonalyze_chassis.database import Database
from sonalyze_chassis.health import Health
from sonalyze_chassis.publish import GatewayPublisher
from sonalyze_chassis.upstream import open_http
from sonalyze_measurement.analyses import Analyses
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
from sonalyze_measurement.infra.processes import Processes
from sonalyze_measurement.infra.references import References
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.stores import open_files
from sonalyze_measurement.infra.uploads import Uploads
from sonalyze_measurement.infra.within_reach import SignalsWithinReach
from sonalyze_measurement.jobs import Jobs
from sonalyze_measurement.ports import Archive
from sonalyze_measurement.recordings import Recordings
from sonalyze_measurement.retention import Retention
from sonalyze_measurement.rooms import Rooms
from sonalyze_measurement.services import Services
from sonalyze_measurement.settings import Settings
from sonalyze_measurement.signals import Signals

PUSH_TIMEOUT_S = 10.0
PATIENCE_S = 5.0
"""How long a stopping service lets background analyses end; requests had their time before."""


async def open_services(
    settings: Settings,
    compute: Engine,
    health: Health,
    registry: CollectorRegistry,
    stack: AsyncExitStack,
) -> Services:
    """Open everything; the stack closes it again, and health is asked of what can fail."""
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

    single = Recordings(documents, received, references, processes, staging, archive)
    at_once = settings.analysis_workers
    rooms = Rooms(documents, references, single, processes, archive, at_once)
    analyses = Analyses(single, rooms)
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
