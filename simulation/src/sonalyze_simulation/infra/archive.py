"""Jobs that storage remembers: told through an outbox, an SQLite file of this service's own.

A job that is accepted is written down as running, and beside it the intention to call it
interrupted. Its end takes the intention's place; where there was none, the next start says so.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client import CollectorRegistry
from sqlalchemy import MetaData

from sonalyze_chassis.archive import archiving
from sonalyze_chassis.columns import NAMES
from sonalyze_chassis.completion import to_its_end
from sonalyze_chassis.database import Database
from sonalyze_chassis.outbox import Outbox, outbox_in
from sonalyze_chassis.upstream import open_http
from sonalyze_contracts.archive import ArchivedRow
from sonalyze_contracts.identifiers import JobId
from sonalyze_simulation.domain.archive import row_of_interruption, rows_of
from sonalyze_simulation.domain.jobs import JobView
from sonalyze_simulation.infra.memory import RememberedJobs
from sonalyze_simulation.infra.stored import StoredJobs

METADATA = MetaData(naming_convention=NAMES)

OUTBOX = outbox_in(METADATA)

WRITING_CONNECTIONS = 2
READING_TIMEOUT_S = 5.0


class ArchivedJobs:
    """The records of jobs where storage keeps them; see `ports.JobRecords`."""

    def __init__(
        self, memory: RememberedJobs, database: Database, outbox: Outbox, stored: StoredJobs
    ) -> None:
        self._memory = memory
        self._database = database
        self._outbox = outbox
        self._stored = stored
        self._intentions: dict[JobId, int] = {}

    async def open(self) -> None:
        """Call interrupted what an earlier process accepted and did not end."""
        async with self._database.transaction() as connection:
            for number, row in (await self._outbox.intended(connection)).items():
                fields = dict(row.fields) | {"finished_at": datetime.now(UTC).isoformat()}
                interrupted = ArchivedRow(row.resource, row.id, fields)
                await self._outbox.fulfil(connection, number, interrupted)
        self._outbox.committed(connection)

    @to_its_end
    async def accept(self, job: JobView) -> None:
        """Write down that a job runs."""
        async with self._database.transaction() as connection:
            await self._outbox.enqueue(connection, rows_of(job))
            number = await self._outbox.intend(connection, row_of_interruption(job))
        self._intentions[job.job_id] = number
        self._outbox.committed(connection)

    @to_its_end
    async def keep(self, job: JobView) -> None:
        """Remember an ended job, and write down its end."""
        await self._memory.keep(job)
        number = self._intentions.pop(job.job_id, None)
        async with self._database.transaction() as connection:
            if number is not None:
                await self._outbox.drop(connection, number)
            await self._outbox.enqueue(connection, rows_of(job))
        self._outbox.committed(connection)

    async def find(self, job_id: JobId) -> JobView | None:
        """Give a job that is remembered here, or by storage."""
        return await self._memory.find(job_id) or await self._stored.find(job_id)


@asynccontextmanager
async def archived(
    memory: RememberedJobs, storage_url: str, data_dir: Path, registry: CollectorRegistry
) -> AsyncIterator[ArchivedJobs]:
    """Open the outbox, and drain it for as long as the context lasts."""
    url = f"sqlite+aiosqlite:///{data_dir / 'outbox.db'}"
    async with AsyncExitStack() as stack:
        database = Database(url, WRITING_CONNECTIONS)
        stack.push_async_callback(database.close)
        async with database.engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        outbox = await stack.enter_async_context(archiving(storage_url, url, OUTBOX, registry))
        http = await stack.enter_async_context(open_http(READING_TIMEOUT_S))
        jobs = ArchivedJobs(memory, database, outbox, StoredJobs(http, storage_url))
        await jobs.open()
        yield jobs
