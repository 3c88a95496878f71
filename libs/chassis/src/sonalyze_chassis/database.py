"""Connections: one engine for SQLite and PostgreSQL, and what their failures mean to us."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from sqlite3 import OperationalError
from typing import Any

import orjson
from sqlalchemy import Connection, Executable, Row, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import greenlet_spawn

from sonalyze_contracts.errors import Unavailable

BUSY_TIMEOUT_MS = 10_000
"""How long SQLite waits for another process to finish writing."""

POSTGRES_LIMITS = {"timeout": 10.0, "command_timeout": 60.0}
"""Seconds to connect and to answer; a database that hangs is as good as gone. A statement
takes milliseconds, the longest wait is for another process that migrates."""


LONGEST_WAIT_S = 30.0
"""For a connection that is free; the pool's own default."""


class DatabaseUnavailable(Unavailable):
    """The database does not answer."""


def open_engine(url: str, pool_size: int) -> AsyncEngine:
    """Make the engine for transactions; nothing is connected yet."""
    engine = _engine(url, pool_size)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "begin", _begin_immediately)
    return engine


def open_statement_engine(
    url: str, pool_size: int, read_json: Callable[[str], Any] = orjson.loads
) -> AsyncEngine:
    """Make the engine for single statements: nothing begins, so nothing is rolled back."""
    return _engine(
        url,
        pool_size,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        skip_autocommit_rollback=True,
        json_deserializer=read_json,
    )


def _engine(url: str, pool_size: int, **options: Any) -> AsyncEngine:  # noqa: ANN401  SQLAlchemy's
    is_postgres = make_url(url).get_backend_name() == "postgresql"
    engine = create_async_engine(
        url,
        connect_args=POSTGRES_LIMITS if is_postgres else {},
        pool_size=pool_size,
        max_overflow=0,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        **{"json_deserializer": orjson.loads, **options},
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


class _Turns:
    """Lets in as many as there are connections, in the order in which they came.

    A pool gives what is free to whoever asks next, and wakes those who wait in vain: with four
    times as many requests as connections, some waited a hundred times as long as the others.
    """

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)

    async def __aenter__(self) -> None:
        if self._places.locked():
            async with asyncio.timeout(LONGEST_WAIT_S):
                await self._places.acquire()
        else:
            await self._places.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._places.release()


class Database:
    """Gives connections: for single statements, and for changes that belong together.

    ``read_json`` is what single statements make of the JSON that they read.
    """

    def __init__(
        self, url: str, pool_size: int, read_json: Callable[[str], Any] = orjson.loads
    ) -> None:
        self.engine = open_engine(url, pool_size)
        self._single = open_statement_engine(url, pool_size, read_json)
        # SQLite lets one transaction write; the others would ask for the lock every now and then,
        # and some of them in vain for longer than BUSY_TIMEOUT_MS.
        writers = 1 if self.engine.dialect.name == "sqlite" else pool_size
        self._single_turns, self._turns = _Turns(pool_size), _Turns(writers)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        await self._single.dispose()

    async def rows(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """Run one statement that stands for itself, and give all rows that it returns.

        SQLAlchemy is entered once; `statement` enters it to connect, to execute and to close, which
        takes longer than a short query does.
        """
        with _translated():
            async with self._single_turns:
                rows: Sequence[Row[Any]] = await greenlet_spawn(self._rows, statement, values)
        return rows

    def _rows(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        with self._single.sync_engine.connect() as connection:
            result = connection.execute(statement, values)
            return result.all() if result.returns_rows else ()

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[AsyncConnection]:
        """Run statements that each stand for themselves."""
        with _translated():
            async with self._single_turns, self._single.connect() as connection:
                yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Run statements that take effect together, or not at all."""
        with _translated():
            async with self._turns, self.engine.begin() as connection:
                yield connection

    async def check(self) -> None:
        """Raise if the database does not answer."""
        await self.rows(text("SELECT 1"), {})


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (IntegrityError, DataError, ProgrammingError):
        raise
    except (DBAPIError, PoolTimeout, OSError) as error:
        raise DatabaseUnavailable("The database does not answer; try again") from error


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {BUSY_TIMEOUT_MS}",
        "synchronous = NORMAL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    # The file remembers the mode. Connections that switch a new file at once are refused without
    # waiting; without the mode all works, only slower, and the next connection tries again.
    with suppress(OperationalError):
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


def _begin_immediately(connection: Connection) -> None:
    """Take SQLite's write lock at once: what a transaction has read stays true until it writes."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
