"""What only shows on a real database: races, times, and a database that goes away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain, repeat
from pathlib import Path

import pytest
from announcements import Announcements
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from sonalyze_chassis.database import Database, DatabaseUnavailable
from sonalyze_chassis.migrations import migrate
from sonalyze_contracts.identifiers import DeviceId, LobbyCode, LobbyId
from sonalyze_lobby.domain.conditions import CodesExhausted
from sonalyze_lobby.infra.clock import WallClock
from sonalyze_lobby.infra.lobby_store import LobbyTables
from sonalyze_lobby.infra.tables import LOBBIES, MIGRATIONS
from sonalyze_lobby.lobbies import Lobbies

ADMIN = DeviceId("admin")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=8)
    await migrate(database.engine, MIGRATIONS)
    yield database
    await database.close()


async def test_concurrent_duplicate_joins_are_one_join(database: Database) -> None:
    store, announcements = LobbyTables(database), Announcements()
    processes = [Lobbies(store, announcements, WallClock()) for _ in range(8)]
    opened = await processes[0].create(ADMIN)

    await asyncio.gather(*(one.join(opened.code, DeviceId("m1")) for one in processes * 3))

    seen = await store.by_id(opened.lobby_id)
    log = await store.log(opened.lobby_id, 0, 100)
    assert [one.device_id for one in seen.participants] == ["admin", "m1"]
    assert [entry.type for entry in log] == ["lobby_created", "participant_joined"]
    assert len(announcements.tells) == 1


async def test_many_who_join_at_once_all_get_in(database: Database) -> None:
    store, announcements = LobbyTables(database), Announcements()
    lobbies = Lobbies(store, announcements, WallClock())
    opened = await lobbies.create(ADMIN)
    devices = [DeviceId(f"m{index}") for index in range(40)]

    await asyncio.gather(*(lobbies.join(opened.code, device_id) for device_id in devices))

    seen = await store.by_id(opened.lobby_id)
    assert set(seen.present) == {ADMIN, *devices}
    sizes = [len(tell.device_ids) for tell in announcements.tells]
    assert sizes == sorted(sizes)


async def test_lobbies_that_draw_the_same_code_at_once_get_different_ones(
    database: Database,
) -> None:
    drawn = chain(repeat("SAME00", 5), (f"CODE{index:02}" for index in range(20)))
    lobbies = Lobbies(
        LobbyTables(database), Announcements(), WallClock(), lambda: LobbyCode(next(drawn))
    )

    opened = await asyncio.gather(*(lobbies.create(ADMIN) for _ in range(5)))

    codes = {lobby.code for lobby in opened}
    assert len(codes) == 5
    assert "SAME00" in codes


async def test_without_a_free_code_there_is_no_lobby(database: Database) -> None:
    lobbies = Lobbies(
        LobbyTables(database), Announcements(), WallClock(), lambda: LobbyCode("SAME00")
    )
    await lobbies.create(ADMIN)

    with pytest.raises(CodesExhausted):
        await lobbies.create(ADMIN)


async def test_times_come_back_as_the_same_moment_in_utc(database: Database) -> None:
    moment = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5)))
    row = {"id": "x", "code": "X", "creator_device_id": "x", "state": "open"}

    async with database.transaction() as connection:
        await connection.execute(insert(LOBBIES).values(**row, created_at=moment))
    async with database.statement() as connection:
        found = await connection.scalar(select(LOBBIES.c.created_at))

    assert found == moment
    assert found.tzinfo is UTC or found.utcoffset() == timedelta(0)


async def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    row = {"id": "x", "code": "X", "creator_device_id": "x", "state": "open"}

    with pytest.raises(StatementError, match="zone"):
        async with database.transaction() as connection:
            await connection.execute(
                insert(LOBBIES).values(**row, created_at=datetime(2026, 1, 1))  # noqa: DTZ001  the offence
            )


async def test_a_database_that_does_not_answer_is_unavailable() -> None:
    database = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing", pool_size=1)

    with pytest.raises(DatabaseUnavailable) as caught:
        await LobbyTables(database).by_id(LobbyId("x"))

    assert caught.value.retryable
    await database.close()


async def test_connections_that_open_a_new_file_at_once_all_open(tmp_path: Path) -> None:
    answers = []

    for attempt in range(20):
        url = f"sqlite+aiosqlite:///{tmp_path / f'{attempt}.db'}"
        databases = [Database(url, pool_size=1) for _ in range(6)]
        checks = (database.check() for database in databases)
        answers += await asyncio.gather(*checks, return_exceptions=True)
        for database in databases:
            await database.close()

    assert answers == [None] * 120
