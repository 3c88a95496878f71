"""Nobody is told what is not true: no commit, no push."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from announcements import Announcements
from protocol_harness import ADMIN

from sonalyze_chassis.database import Database, DatabaseUnavailable
from sonalyze_chassis.migrations import migrate
from sonalyze_contracts.identifiers import DeviceId
from sonalyze_lobby.infra.clock import WallClock
from sonalyze_lobby.infra.lobby_store import LobbyChanges, LobbyTables
from sonalyze_lobby.infra.tables import MIGRATIONS
from sonalyze_lobby.lobbies import Lobbies


class LostCommits(LobbyTables):
    """A database that goes away in the moment of the commit."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[LobbyChanges]:
        async with super().transaction() as changes:
            yield changes
            raise DatabaseUnavailable("gone")


async def test_what_was_not_committed_is_not_told(sqlite_url: str) -> None:
    database = Database(sqlite_url, pool_size=2)
    await migrate(database.engine, MIGRATIONS)
    announcements = Announcements()
    store = LostCommits(database)
    lobbies = Lobbies(store, announcements, WallClock())
    opened = await lobbies.create(ADMIN)

    with pytest.raises(DatabaseUnavailable):
        await lobbies.join(opened.code, DeviceId("m1"))

    assert announcements.tells == []
    assert (await store.by_id(opened.lobby_id)).present == (ADMIN,)
    await database.close()


@pytest.mark.parametrize("yields", [0, 1, 2, 4, 8, 16, 32])
async def test_a_request_that_is_cancelled_is_done_and_told_or_neither(
    sqlite_url: str, yields: int
) -> None:
    database = Database(sqlite_url, pool_size=2)
    await migrate(database.engine, MIGRATIONS)
    announcements = Announcements()
    store = LobbyTables(database)
    lobbies = Lobbies(store, announcements, WallClock())
    opened = await lobbies.create(ADMIN)
    joining = asyncio.create_task(lobbies.join(opened.code, DeviceId("m1")))

    for _ in range(yields):
        await asyncio.sleep(0)
    joining.cancel()
    await asyncio.wait({joining})

    has_joined = "m1" in (await store.by_id(opened.lobby_id)).present
    assert len(announcements.tells) == has_joined
    await database.close()
