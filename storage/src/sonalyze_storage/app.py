"""Composition root: what storage is made of, and in which order it opens and closes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import orjson
from fastapi import FastAPI

from sonalyze_chassis.app import build_app
from sonalyze_chassis.database import Database
from sonalyze_chassis.health import Health
from sonalyze_chassis.migrations import migrate
from sonalyze_contracts.archive import LARGEST_BATCH_BYTES
from sonalyze_contracts.command import Service
from sonalyze_storage.api.http import install_routes
from sonalyze_storage.domain.catalogue import COLLECTIONS, SIMULATION_RESULTS
from sonalyze_storage.infra.rows import TableRows
from sonalyze_storage.infra.tables import MIGRATIONS
from sonalyze_storage.settings import Settings
from sonalyze_storage.shelf import Shelf


def create_app(settings: Settings) -> FastAPI:
    """Make storage's app."""
    health = Health()
    app = build_app(
        Service.STORAGE,
        settings,
        lifespan=partial(_run, settings=settings, health=health),
        health=health,
        health_path="/healthz",
        health_body=lambda ready: {"ok": ready},
        description="The memory of the system: what was measured, by whom, and what came out.",
        max_body_bytes=LARGEST_BATCH_BYTES,
    )
    install_routes(app, COLLECTIONS)
    return app


@asynccontextmanager
async def _run(app: FastAPI, settings: Settings, health: Health) -> AsyncIterator[None]:
    # Documents go into the answers as the database gives them.
    database = Database(
        settings.database_url, settings.database_pool_size, read_json=orjson.Fragment
    )
    try:
        if settings.run_migrations:
            await migrate(database.engine, MIGRATIONS)
        app.state.services = {
            collection.resource: Shelf(collection, TableRows(collection, database))
            for collection in COLLECTIONS
        }
        health.add("database", TableRows(SIMULATION_RESULTS, database).check)
        yield
    finally:
        await database.close()
