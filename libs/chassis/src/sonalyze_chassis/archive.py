"""Telling storage what happened: after the fact, and never in anybody's way.

Rows are written down in the transaction of the change that they tell of, in an outbox of the
service's own. A drainer takes them to storage from there, whenever storage has time.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, Protocol

from prometheus_client import CollectorRegistry
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from sonalyze_chassis.arrears import counted
from sonalyze_chassis.backlog import Backlog
from sonalyze_chassis.database import Database
from sonalyze_chassis.delivery import REQUEST_TIMEOUT_S, Storage
from sonalyze_chassis.drain import Drainer
from sonalyze_chassis.outbox import Outbox
from sonalyze_chassis.upstream import open_http
from sonalyze_contracts.archive import ArchivedRow

DRAINING_CONNECTIONS = 2
"""One says that this process drains, the other reads and deletes. They are the drainer's own: no
request waits for a connection because storage is slow."""


class Archive(Protocol):
    """Takes what is to be remembered."""

    async def enqueue(self, connection: AsyncConnection, rows: Sequence[ArchivedRow]) -> None:
        """Write rows down in the transaction of the change that they tell of."""

    def committed(self, connection: AsyncConnection) -> None:
        """Say that a transaction is committed: what was written down in it may go out."""


class NoArchive:
    """The archive of a service that has no storage: forgets at once."""

    async def enqueue(self, connection: AsyncConnection, rows: Sequence[ArchivedRow]) -> None:
        """Write nothing down."""

    def committed(self, connection: AsyncConnection) -> None:
        """Do nothing."""


NO_ARCHIVE: Final = NoArchive()


@asynccontextmanager
async def archiving(
    storage_url: str, database_url: str, table: Table, registry: CollectorRegistry
) -> AsyncIterator[Outbox]:
    """Give an outbox, and drain it for as long as the context lasts."""
    async with AsyncExitStack() as stack:
        database = Database(database_url, DRAINING_CONNECTIONS)
        stack.push_async_callback(database.close)
        http = await stack.enter_async_context(open_http(REQUEST_TIMEOUT_S, most_connections=1))
        outbox = Outbox(table)
        drainer = Drainer(Backlog(database, table), Storage(http, storage_url), outbox.news)
        stack.enter_context(counted(registry, drainer))
        drainer.start()
        stack.push_async_callback(drainer.close)
        yield outbox
