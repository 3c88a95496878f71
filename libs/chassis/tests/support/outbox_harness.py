"""An outbox on a database of its own, and a drainer whose pauses a test sees and ends."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import MetaData

from sonalyze_chassis.backlog import Backlog, Counts
from sonalyze_chassis.database import Database
from sonalyze_chassis.delivery import Storage
from sonalyze_chassis.drain import REST_S, Drainer
from sonalyze_chassis.outbox import Outbox, outbox_in
from sonalyze_chassis.upstream import open_http
from sonalyze_contracts.archive import NAMES, ArchivedRow, Resource

PATIENCE_S = 10.0

METADATA = MetaData()
TABLE = outbox_in(METADATA)


def row(name: str, resource: Resource = Resource.LOBBIES, /, **fields: object) -> ArchivedRow:
    """Make a row of which the name is all that matters."""
    return ArchivedRow(resource, uuid_of(name), fields)


def uuid_of(name: str) -> UUID:
    """Give the id of the row of this name."""
    return uuid5(NAMES, name)


class Pauses:
    """Pauses between attempts end when the test lets them; a drainer with nothing to do waits."""

    def __init__(self) -> None:
        self.longest_s: list[float] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self._is_pause = False
        self._idled = 0
        self._news = asyncio.Condition()

    def draw(self, low_s: float, high_s: float) -> float:
        """Note how long the pause may become at most."""
        assert low_s == 0.0
        self.longest_s.append(high_s)
        self._is_pause = True
        return high_s

    async def sleep(self, duration_s: float) -> None:
        """Wait for the test, or for ever; rest for no time at all."""
        if duration_s == REST_S:
            return
        async with self._news:
            self._idled += not self._is_pause
            self._news.notify_all()
        if self._is_pause:
            self._is_pause = False
            await self.may_end.wait()
        else:
            await asyncio.Event().wait()

    async def happened(self, times: int) -> None:
        """Wait for so many pauses."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(self.longest_s) >= times)

    async def idle(self) -> None:
        """Wait until there is nothing more to do, from now on."""
        before = self._idled
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: self._idled > before)


class Desk:
    """A service that writes rows down, and its drainer."""

    def __init__(self, database: Database, storage: Storage, pauses: Pauses) -> None:
        self.database = database
        self.pauses = pauses
        self.outbox = Outbox(TABLE)
        self.backlog = Backlog(database, TABLE)
        self.drainer = Drainer(
            self.backlog, storage, self.outbox.news, sleep=pauses.sleep, draw=pauses.draw
        )

    async def write(self, *rows: ArchivedRow) -> None:
        """Write rows down in one transaction."""
        async with self.database.transaction() as connection:
            await self.outbox.enqueue(connection, rows)
        self.outbox.committed(connection)

    async def drained(self) -> Counts:
        """Wait until everything has gone out that goes; give what is left."""
        self.outbox.news.set()
        await self.pauses.idle()
        return await self.backlog.counts()


@asynccontextmanager
async def desk(
    database_url: str, storage_url: str, *, timeout_s: float = 5.0
) -> AsyncIterator[Desk]:
    """Open a desk; its drainer is the test's to start."""
    database = Database(database_url, pool_size=3)
    async with database.engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
    async with open_http(timeout_s) as http:
        opened = Desk(database, Storage(http, storage_url), Pauses())
        try:
            yield opened
        finally:
            opened.pauses.may_end.set()
            await opened.drainer.close()
            await database.close()


def fields_of(written: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a row holds besides its id."""
    return {name: value for name, value in written.items() if name != "id"}
