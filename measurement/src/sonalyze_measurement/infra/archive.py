"""The outbox of this service: an SQLite file beside the job files.

An upload is written down as intended before it is published and as ready right after. The intention
stays until the file's header was read, too, which no upload waits for. Whatever is still intended
at the next start is compared with what the store really holds.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from uuid import UUID

from sqlalchemy import MetaData

from sonalyze_chassis.columns import NAMES
from sonalyze_chassis.completion import to_its_end
from sonalyze_chassis.database import Database
from sonalyze_chassis.outbox import Outbox, outbox_in
from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.archive import ArchivedRow, recording_row_id
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.provenance import Provenance, Versions
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.archive import (
    Arrival,
    Header,
    arrival_in,
    row_of_deletion,
    rows_of_refusal,
    rows_of_results,
)
from sonalyze_measurement.domain.brevity import without_positions
from sonalyze_measurement.domain.files import upload_key
from sonalyze_measurement.domain.provenance import analysed_upload
from sonalyze_measurement.domain.uploads import Upload
from sonalyze_measurement.ports import Files

METADATA = MetaData(naming_convention=NAMES)

OUTBOX = outbox_in(METADATA)

WRITING_CONNECTIONS = 2
"""SQLite has one writer at a time; a second connection is ready when the first one is done."""


def database_url(data_dir: Path) -> str:
    """Say where the outbox is."""
    return f"sqlite+aiosqlite:///{data_dir / 'outbox.db'}"


async def prepare(database: Database) -> None:
    """Make the table if there is none; one table without a past needs no history of migrations."""
    async with database.engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)


class NothingArchived:
    """The archive of a service that has no storage."""

    def arrival(self, _: JobId, __: Upload) -> AbstractAsyncContextManager[None]:
        """Write nothing down."""
        return nullcontext()

    async def completed(self, _: JobId, __: AnalysisResults, ___: Provenance) -> None:
        """Write nothing down."""

    async def completed_all(self, _: JobId, __: AnalysisResults, ___: Provenance) -> None:
        """Write nothing down."""

    async def refused(self, _: JobId, __: AnalysisRequest, ___: SonalyzeError) -> None:
        """Write nothing down."""

    async def deleted(self, _: JobId, __: UploadName) -> None:
        """Write nothing down."""


class OutboxArchive:
    """Writes down what storage is to know."""

    def __init__(
        self, database: Database, outbox: Outbox, files: Files, versions: Versions
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._files = files
        self._versions = versions
        self._newest: dict[UUID, int] = {}
        self._one_at_a_time = asyncio.Lock()
        self.unsettled: asyncio.Queue[tuple[int, Arrival, bool]] = asyncio.Queue()
        """Intentions with their numbers, and whether their files are known to be there."""

    async def open(self) -> None:
        """Find what an earlier process intended and nobody knows the end of."""
        async with self._database.statement() as connection:
            intended = await self._outbox.intended(connection)
        for number, row in intended.items():
            arrival = arrival_in(row, self._files.reference_to(""))
            if arrival is None:
                await self._drop(number)
            else:
                self.unsettled.put_nowait((number, arrival, False))

    @asynccontextmanager
    async def arrival(self, job_id: JobId, upload: Upload) -> AsyncIterator[None]:
        """Write an upload down before it is published in the block, and confirm it after."""
        blob_ref = self._files.reference_to(upload_key(job_id, upload.name))
        arrival = Arrival(job_id, upload, blob_ref)
        async with self._database.statement() as connection:
            number = await self._outbox.intend(connection, arrival.row())
        try:
            yield
            await self.confirm(number, arrival)
        except SonalyzeError:
            self.unsettled.put_nowait((number, arrival, False))
            raise
        self.unsettled.put_nowait((number, arrival, True))

    @to_its_end
    async def confirm(self, number: int, arrival: Arrival) -> None:
        """Say that an upload is there; what is intended is its header."""
        async with self._one_at_a_time:
            self._newest[arrival.row_id] = number
            await self._enqueue([arrival.row()])

    @to_its_end
    async def describe(self, number: int, arrival: Arrival, header: Header) -> None:
        """Say what an upload's header says, unless a newer upload has taken its place."""
        async with self._one_at_a_time:
            if not self._is_newest(number, arrival):
                await self._drop(number)
                return
            async with self._database.transaction() as connection:
                await self._outbox.fulfil(connection, number, arrival.row(header))
            self._outbox.committed(connection)

    @to_its_end
    async def drop(self, number: int, arrival: Arrival) -> None:
        """Say that an upload is not there, or has no header that can be read."""
        self._is_newest(number, arrival)
        await self._drop(number)

    def _is_newest(self, number: int, arrival: Arrival) -> bool:
        """Say whether nothing has taken this upload's place, for the last time."""
        if self._newest.get(arrival.row_id) != number:
            return False
        del self._newest[arrival.row_id]
        return True

    async def _drop(self, number: int) -> None:
        async with self._database.statement() as connection:
            await self._outbox.drop(connection, number)

    async def completed(
        self, job_id: JobId, results: AnalysisResults, provenance: Provenance
    ) -> None:
        """Write down what an analysis found."""
        request = provenance.request
        measurement = recording_row_id(job_id, analysed_upload(request))
        await self._write(rows_of_results(measurement, request, provenance.versions, results))

    async def completed_all(
        self, job_id: JobId, results: AnalysisResults, provenance: Provenance
    ) -> None:
        """Write down the mean, with the first recording that is in it; each has its own row."""
        measurement = recording_row_id(job_id, next(iter(provenance.inputs)))
        request, mean = provenance.request, without_positions(results)
        await self._write(rows_of_results(measurement, request, provenance.versions, mean))

    async def refused(
        self, job_id: JobId, request: AnalysisRequest, refusal: SonalyzeError
    ) -> None:
        """Write down why a recording has no results."""
        measurement = recording_row_id(job_id, analysed_upload(request))
        await self._write(rows_of_refusal(measurement, request, self._versions, refusal))

    async def deleted(self, job_id: JobId, name: UploadName) -> None:
        """Write down that a recording is nowhere any more; its header is of no interest then."""
        async with self._one_at_a_time:
            self._newest.pop(recording_row_id(job_id, name), None)
            await self._write([row_of_deletion(job_id, name)])

    @to_its_end
    async def _write(self, rows: Sequence[ArchivedRow]) -> None:
        await self._enqueue(rows)

    async def _enqueue(self, rows: Sequence[ArchivedRow]) -> None:
        async with self._database.transaction() as connection:
            await self._outbox.enqueue(connection, rows)
        self._outbox.committed(connection)
