"""Where Alembic begins: on the connection that it is given, else on ``DATABASE_URL``."""

import asyncio
from typing import Literal

from alembic import context
from sqlalchemy import Connection

from sonalyze_lobby.infra.database import open_engine
from sonalyze_lobby.infra.tables import METADATA, UtcDateTime
from sonalyze_lobby.settings import Settings


def on(connection: Connection) -> None:
    """Run the migrations on a connection, all in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        transactional_ddl=True,
        render_item=without_our_types,
    )
    with context.begin_transaction():
        context.run_migrations()


def without_our_types(_: str, item: object, __: object) -> str | Literal[False]:
    """Write migrations in SQLAlchemy's own types: they stay true when ours change."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


async def on_database_of_settings() -> None:
    """Run the migrations on the database that the service would use."""
    engine = open_engine(Settings().database_url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(on)
    await engine.dispose()


GIVEN = context.config.attributes.get("connection")
if GIVEN is not None:
    on(GIVEN)
else:
    asyncio.run(on_database_of_settings())
