"""Composition root: what the lobby is made of, and in which order it opens and closes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI

from sonalyze_chassis.app import build_app
from sonalyze_chassis.archive import NO_ARCHIVE, Archive, archiving
from sonalyze_chassis.database import Database
from sonalyze_chassis.dispatch import install_dispatch
from sonalyze_chassis.health import Health
from sonalyze_chassis.migrations import migrate
from sonalyze_chassis.publish import GatewayPublisher
from sonalyze_chassis.upstream import open_http
from sonalyze_contracts.command import Service
from sonalyze_lobby.analyses import Analyses
from sonalyze_lobby.api.events import handlers
from sonalyze_lobby.api.http import router
from sonalyze_lobby.infra.announcements import PublishedAnnouncements
from sonalyze_lobby.infra.clock import WallClock
from sonalyze_lobby.infra.lobby_store import LobbyTables
from sonalyze_lobby.infra.measurement import MeasurementService
from sonalyze_lobby.infra.session_store import OutcomeTables, SessionTables
from sonalyze_lobby.infra.tables import MIGRATIONS, OUTBOX
from sonalyze_lobby.lobbies import Lobbies
from sonalyze_lobby.services import Services
from sonalyze_lobby.sessions import Sessions
from sonalyze_lobby.settings import Settings

FAREWELL_S = 3.0
"""How long a stopping lobby tries to deliver its last pushes; the next process repeats them."""


def create_app(settings: Settings) -> FastAPI:
    """Make the lobby's app."""
    health = Health()
    app = build_app(
        Service.LOBBY,
        settings,
        lifespan=partial(_run, settings=settings, health=health),
        health=health,
        health_path="/health",
        health_body=lambda ready: {"service": settings.service_name, "ok": ready},
        description="Lobbies, roles and the measurement protocol.",
    )
    app.include_router(router)
    install_dispatch(app, handlers, settings.internal_auth_token)
    return app


@asynccontextmanager
async def _run(app: FastAPI, settings: Settings, health: Health) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        database = Database(settings.database_url, settings.database_pool_size)
        stack.push_async_callback(database.close)
        await migrate(database.engine, MIGRATIONS)
        health.add("database", database.check)
        archive: Archive = NO_ARCHIVE
        if settings.storage_url:
            archive = await stack.enter_async_context(
                archiving(
                    settings.storage_url, settings.database_url, OUTBOX, app.state.metrics.registry
                )
            )
        http = await stack.enter_async_context(open_http(settings.push_timeout_seconds))
        publisher = GatewayPublisher(http, settings.gateway_url, settings.internal_auth_token)
        stack.push_async_callback(_say_farewell, publisher)
        measurement = MeasurementService(
            http, settings.measurement_url, settings.analysis_timeout_seconds
        )
        services = _use_cases(settings, database, archive, publisher, measurement)
        app.state.services = services
        stack.push_async_callback(services.sessions.close)
        await stack.enter_async_context(_in_background(services.sessions, health))
        yield


def _use_cases(
    settings: Settings,
    database: Database,
    archive: Archive,
    publisher: GatewayPublisher,
    measurement: MeasurementService,
) -> Services:
    clock = WallClock()
    announcer = PublishedAnnouncements(publisher)
    lobbies = LobbyTables(database, archive)
    sessions = Sessions(
        store=SessionTables(database, archive),
        lobbies=lobbies,
        announcer=announcer,
        clock=clock,
        analyses=Analyses(measurement, OutcomeTables(database), announcer, clock),
        terms=settings.terms(),
    )
    return Services(Lobbies(lobbies, announcer, clock), sessions)


@asynccontextmanager
async def _in_background(sessions: Sessions, health: Health) -> AsyncIterator[None]:
    watch = asyncio.create_task(sessions.keep_going())

    async def is_awake() -> None:
        if watch.done():
            watch.result()

    health.add("watch", is_awake)
    try:
        yield
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


async def _say_farewell(publisher: GatewayPublisher) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(publisher.drained(), FAREWELL_S)
