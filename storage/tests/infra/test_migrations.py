"""Alembic's own commands on both databases, and services that start at the same time."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from sonalyze_chassis.database import open_engine
from sonalyze_chassis.migrations import migrate
from sonalyze_storage.infra.tables import METADATA, MIGRATIONS

SERVICE = Path(__file__).resolve().parents[2]
HISTORY = SERVICE / "src" / "sonalyze_storage" / "infra" / "migrations"


def alembic(folder: Path, database_url: str, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603  the documented command on a database of this test
        [sys.executable, "-m", "alembic", *arguments],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def tables_of(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def test_the_documented_commands_go_up_and_down(database_url: str) -> None:
    engine, folder = open_engine(database_url, pool_size=1), SERVICE / "src"

    await asyncio.to_thread(alembic, folder, database_url, "upgrade", "head")
    await asyncio.to_thread(alembic, folder, database_url, "check")
    after_up = await tables_of(engine)
    await asyncio.to_thread(alembic, folder, database_url, "downgrade", "-1")
    after_down = await tables_of(engine)

    assert after_up == {*METADATA.tables, "alembic_version"}
    assert after_down == {"alembic_version"}
    await engine.dispose()


def test_the_commands_need_no_sources_beside_them(tmp_path: Path, sqlite_url: str) -> None:
    shutil.copy(SERVICE / "pyproject.toml", tmp_path)

    alembic(tmp_path, sqlite_url, "upgrade", "head")

    assert "0001 (head)" in alembic(tmp_path, sqlite_url, "current")


def test_a_new_step_is_written_from_what_the_tables_say(tmp_path: Path, database_url: str) -> None:
    history = tmp_path / "history"
    shutil.copytree(HISTORY, history, ignore=shutil.ignore_patterns("0*.py", "__pycache__"))
    (tmp_path / "alembic.ini").write_text(f"[alembic]\nscript_location = {history}\n", "utf-8")

    alembic(tmp_path, database_url, "revision", "--autogenerate", "-m", "everything")
    alembic(tmp_path, database_url, "upgrade", "head")

    assert "No new upgrade operations" in alembic(tmp_path, database_url, "check")


@pytest.mark.parametrize("starters", [4])
async def test_services_that_start_at_once_migrate_once(database_url: str, starters: int) -> None:
    engines = [open_engine(database_url, pool_size=1) for _ in range(starters)]

    await asyncio.gather(*(migrate(engine, MIGRATIONS) for engine in engines))

    async with engines[0].connect() as connection:
        versions = (await connection.scalars(text("SELECT version_num FROM alembic_version"))).all()
    assert versions == ["0001"]
    for engine in engines:
        await engine.dispose()
