"""Bringing a schema up to date when a service starts; starting several at once is harmless.

A service's ``migrations/env.py`` calls `run_migrations`; Alembic's own commands come that way too.
"""

import asyncio
from collections.abc import Callable
from typing import Literal
from zlib import crc32

from alembic import command, context
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import AsyncEngine

from sonalyze_chassis.columns import DOCUMENT, UtcDateTime
from sonalyze_chassis.database import open_engine


def configuration(connection: Connection, location: str) -> Config:
    """Give Alembic's configuration for work on an open connection."""
    config = Config()
    config.set_main_option("script_location", location)
    config.attributes["connection"] = connection
    return config


async def migrate(engine: AsyncEngine, location: str) -> None:
    """Upgrade to the newest schema, in one transaction that keeps other starters waiting.

    ``location`` names the package of migrations: ``sonalyze_lobby.infra:migrations``.
    """
    async with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": crc32(location.encode())}
            )
        await connection.run_sync(_upgrade, location)


def run_migrations(metadata: MetaData, database_url: Callable[[], str]) -> None:
    """Do what Alembic was asked for: on the connection that it was given, else on this database."""
    given = context.config.attributes.get("connection")
    if given is None:
        asyncio.run(_run_on_database(metadata, database_url()))
    else:
        _run_on(given, metadata)


async def _run_on_database(metadata: MetaData, url: str) -> None:
    engine = open_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(_run_on, metadata)
    await engine.dispose()


def _run_on(connection: Connection, metadata: MetaData) -> None:
    """Run the migrations on a connection, all in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        render_item=without_our_types,
    )
    with context.begin_transaction():
        context.run_migrations()


def without_our_types(_: str, item: object, written: AutogenContext) -> str | Literal[False]:
    """Write migrations in SQLAlchemy's own types: they stay true when ours change."""
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if item is DOCUMENT:
        written.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def _upgrade(connection: Connection, location: str) -> None:
    command.upgrade(configuration(connection, location), "head")
