"""Bringing the schema up to date when the service starts; starting twice at once is harmless."""

from zlib import crc32

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

MIGRATIONS = "sonalyze_lobby.infra:migrations"
MIGRATION_LOCK = crc32(b"sonalyze_lobby migrations")


def configuration(connection: Connection) -> Config:
    """Give Alembic's configuration for work on an open connection."""
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    config.attributes["connection"] = connection
    return config


async def migrate(engine: AsyncEngine) -> None:
    """Upgrade to the newest schema, in one transaction that keeps other starters waiting."""
    async with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK}
            )
        await connection.run_sync(_upgrade)


def _upgrade(connection: Connection) -> None:
    command.upgrade(configuration(connection), "head")
