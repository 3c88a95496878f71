"""Alembic's own commands on both databases, and services that start at the same time."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from sonalyze_chassis.database import open_engine
from sonalyze_chassis.migrations import migrate
from sonalyze_lobby.infra.tables import METADATA, MIGRATIONS

SERVICE = Path(__file__).resolve().parents[2]


def alembic(database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  the documented command on a database of this test
        [sys.executable, "-m", "alembic", *arguments],
        cwd=SERVICE,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )


async def tables_of(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_the_documented_commands_go_up_and_down(database_url: str) -> None:
    engine = open_engine(database_url, pool_size=1)

    up = await asyncio.to_thread(alembic, database_url, "upgrade", "head")
    check = await asyncio.to_thread(alembic, database_url, "check")
    after_up = await tables_of(engine)
    back = await asyncio.to_thread(alembic, database_url, "downgrade", "-1")
    after_back = await tables_of(engine)
    down = await asyncio.to_thread(alembic, database_url, "downgrade", "base")
    after_down = await tables_of(engine)

    assert [done.returncode for done in (up, check, back, down)] == [0] * 4, check.stdout
    assert after_up == {*METADATA.tables, "alembic_version"}
    assert after_back == after_up - {"outbox"}
    assert after_down == {"alembic_version"}
    await engine.dispose()


async def test_services_that_start_at_once_migrate_once(database_url: str) -> None:
    engines = [open_engine(database_url, pool_size=1) for _ in range(4)]

    await asyncio.gather(*(migrate(engine, MIGRATIONS) for engine in engines))

    async with engines[0].connect() as connection:
        versions = (await connection.scalars(text("SELECT version_num FROM alembic_version"))).all()
    assert versions == ["0002"]
    for engine in engines:
        await engine.dispose()
