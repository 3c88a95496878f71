"""Statements that stand for themselves, on both databases."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from throwaway_postgres import Server

from sonalyze_chassis.database import Database, DatabaseUnavailable

POOL_SIZE = 2


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: Server
) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'rows.db'}"
    if request.param == "postgresql":
        url = postgres.url(await postgres.fresh_database())
    opened = Database(url, POOL_SIZE)
    async with opened.transaction() as connection:
        await connection.execute(text("CREATE TABLE words (word VARCHAR(9) PRIMARY KEY)"))
    yield opened
    await opened.close()


WRITE = text("INSERT INTO words VALUES (:word) RETURNING word")
READ = text("SELECT word FROM words ORDER BY word")


async def test_what_a_statement_has_written_is_there_at_once(database: Database) -> None:
    written = await database.rows(WRITE, {"word": "a"})

    async with database.transaction() as connection:
        read = (await connection.execute(READ)).all()
    assert [tuple(row) for row in read] == [tuple(row) for row in written] == [("a",)]


async def test_a_statement_without_rows_gives_none(database: Database) -> None:
    assert await database.rows(READ, {}) == []


async def test_a_refused_statement_leaves_its_connection_usable(database: Database) -> None:
    await database.rows(WRITE, {"word": "a"})

    for _ in range(2 * POOL_SIZE):
        with pytest.raises(IntegrityError):
            await database.rows(WRITE, {"word": "a"})

    assert len(await database.rows(READ, {})) == 1


async def test_more_statements_than_connections_wait_for_each_other(database: Database) -> None:
    words = [f"w{number}" for number in range(10 * POOL_SIZE)]

    await asyncio.gather(*(database.rows(WRITE, {"word": word}) for word in words))

    assert [word for (word,) in await database.rows(READ, {})] == sorted(words)


async def test_transactions_on_sqlite_come_in_the_order_in_which_they_were_asked_for(
    tmp_path: Path,
) -> None:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'turns.db'}", 4 * POOL_SIZE)
    began = []

    async def write(number: int) -> None:
        async with database.transaction() as connection:
            began.append(number)
            await connection.execute(text("SELECT 1"))

    await asyncio.gather(*(write(number) for number in range(40)))

    assert began == list(range(40))
    await database.close()


async def test_a_statement_that_nobody_waits_for_any_more_frees_its_connection(
    postgres: Server,
) -> None:
    database = Database(postgres.url(await postgres.fresh_database()), POOL_SIZE)
    sleepers = [
        asyncio.create_task(database.rows(text("SELECT pg_sleep(60)"), {}))
        for _ in range(POOL_SIZE)
    ]
    async with database.transaction() as connection:
        busy = text("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
        while await connection.scalar(busy) < POOL_SIZE:
            await connection.execute(text("SELECT pg_stat_clear_snapshot()"))

    for sleeper in sleepers:
        sleeper.cancel()
    await asyncio.wait(sleepers)

    assert [tuple(row) for row in await database.rows(text("SELECT 1"), {})] == [(1,)]
    await database.close()


async def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"postgresql+asyncpg://postgres@/nothing?host={tmp_path}", POOL_SIZE)

    with pytest.raises(DatabaseUnavailable):
        await database.check()

    await database.close()
