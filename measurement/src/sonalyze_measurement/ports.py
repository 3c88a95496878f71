"""What the use cases need from outside: a store that remembers, and somebody who computes."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_contracts.identifiers import AudioHash, JobId, UploadName
from sonalyze_contracts.jobs import JobRequest, JobView
from sonalyze_contracts.provenance import Provenance
from sonalyze_contracts.results import AnalysisResults
from sonalyze_contracts.signals import AudioInfo
from sonalyze_measurement.domain.files import StoredFile
from sonalyze_measurement.domain.positions import Place
from sonalyze_measurement.domain.provenance import Evaluated, KeptResults, Said
from sonalyze_measurement.domain.signals import Reference, SignalFile, SignalParameters
from sonalyze_measurement.domain.subjects import Asked, SignalRecording, Subject
from sonalyze_measurement.domain.uploads import Piece, Upload, UploadProgress


class Files(Protocol):
    """Keeps files under keys: in a folder, in memory, or in a bucket.

    A key is a relative path with slashes. What is put is there whole or not at all, and replaces
    what was there. Each method raises `StoreUnavailable` if the store does not answer.
    """

    async def put(self, key: str, content: bytes) -> None:
        """Keep a small document."""

    async def publish(self, path: Path, key: str) -> str:
        """Keep a file of the scratch folder, which may disappear there, and give its version."""

    async def replace(self, known: StoredFile, content: bytes) -> bool:
        """Put something in the place of this very version; false if another one is there."""

    async def head(self, key: str) -> StoredFile | None:
        """Tell what is known of a file, or that there is none."""

    async def read(self, key: str) -> bytes:
        """Give a small document, or raise `NotStored`."""

    def stream(self, key: str) -> AsyncIterator[bytes]:
        """Give a file piece by piece, or raise `NotStored` at the first."""

    def under(self, prefix: str) -> AsyncIterator[StoredFile]:
        """Find all files below a prefix (a whole part of the path), in no order."""

    async def delete(self, key: str) -> None:
        """Remove a file; it may be gone already."""

    def lend(self, key: str) -> AbstractAsyncContextManager[Path]:
        """Lend a copy in the scratch folder, whose path ends in the key; or raise `NotStored`."""

    def reference_to(self, key: str) -> str:
        """Say where a file is, for other systems: ``s3://bucket/key`` or ``file:key``."""


class Scratch(Protocol):
    """A place on this machine for what is on its way."""

    def folder(self) -> AbstractAsyncContextManager[Path]:
        """Lend an empty folder."""


class JobStore(Protocol):
    """Keeps jobs and what was found in their recordings."""

    async def create(self, job_id: JobId, request: JobRequest) -> None:
        """Keep a new job."""

    async def require(self, job_id: JobId) -> None:
        """Raise `UnknownJob` unless there is such a job."""

    async def view(self, job_id: JobId) -> JobView:
        """Give a job as it stands, or raise `UnknownJob`."""

    async def save_results(
        self, job_id: JobId, results: AnalysisResults, provenance: Provenance, response: Path
    ) -> None:
        """Keep the newest results of an upload, the job's newest too, and their response."""

    async def save_results_of_all(
        self, job_id: JobId, results: AnalysisResults, provenance: Provenance
    ) -> None:
        """Keep the newest results of all recordings together, the job's newest too."""

    async def results_of_all(self, job_id: JobId) -> AnalysisResults:
        """Give the newest results of all recordings together, or raise `NotAnalysed`."""

    async def kept_of_all(self, job_id: JobId) -> KeptResults | None:
        """Give the newest results of all recordings together as they are kept, if there are."""

    async def kept_of(self, job_id: JobId, name: UploadName) -> KeptResults:
        """Give the newest results of an upload as they are kept, or raise `NotStored`."""

    async def results_of(self, job_id: JobId, name: UploadName) -> AnalysisResults:
        """Give the newest results of an upload, or raise `NotAnalysed`."""


class UploadStore(Protocol):
    """Keeps the recordings of jobs; what is not whole is never visible."""

    async def receive(
        self, job_id: JobId, name: UploadName, chunks: AsyncIterator[bytes]
    ) -> Upload:
        """Keep a whole upload, in place of an earlier one of the same name."""

    async def append(
        self, job_id: JobId, name: UploadName, piece: Piece, chunks: AsyncIterator[bytes]
    ) -> UploadProgress:
        """Add to an upload what arrives, and publish it when it is whole."""

    async def progress_of(self, job_id: JobId, name: UploadName) -> UploadProgress:
        """Tell how much of an upload is there, or raise `UnknownUpload`."""

    async def require(self, job_id: JobId, name: UploadName) -> None:
        """Raise `UploadMissing` unless there is such an upload."""

    def lend(self, job_id: JobId, name: UploadName) -> AbstractAsyncContextManager[Path]:
        """Lend a copy of an upload, or raise `UploadMissing`."""


class OldRecordings(Protocol):
    """Finds what has been kept long enough, and deletes it."""

    async def forget_beginnings(self) -> None:
        """Delete what clients began to send and have not gone on with."""

    def older_than(self, before: datetime) -> AsyncIterator[tuple[JobId, UploadName]]:
        """Find recordings that came earlier, and deletions that were cut off."""

    async def delete(self, job_id: JobId, name: UploadName, before: datetime) -> bool:
        """Delete a recording unless it came later or is a response; say whether it is gone."""


class Clock(Protocol):
    """What time it is, and waiting."""

    def now(self) -> datetime:
        """Give the time, in UTC."""

    async def pause(self, duration_s: float) -> None:
        """Come back after that time."""


class ReferenceStore(Protocol):
    """Keeps the generated signals by their hash."""

    async def find(self, file: SignalFile) -> tuple[Reference, Path] | None:
        """Give the signal for these parameters and the file to serve, if it was generated."""

    async def generate(self, file: SignalFile) -> tuple[Reference, Path]:
        """Generate, keep and give a signal."""

    async def by_hash(self, audio_hash: AudioHash) -> Reference:
        """Give the signal of this hash, or raise `UnknownSignal`."""


class Acoustics(Protocol):
    """Does everything that takes numbers, in another process."""

    async def timeline(self, parameters: SignalParameters) -> AudioInfo:
        """Tell what of the signal is when."""

    async def evaluate(
        self,
        subject: Subject,
        asked: Asked,
        response: Path,
        *,
        started: Callable[[], None] | None = None,
    ) -> Evaluated:
        """Evaluate a file and write its response; ``started`` is called when it is its turn."""

    async def evaluate_together(self, repeats: Sequence[SignalRecording], asked: Asked) -> Said:
        """Evaluate the coherent mean of recordings of one pair."""

    async def mean_of(
        self, figures: Sequence[bytes], places: Sequence[Place | None]
    ) -> AnalysisResults:
        """Average the figures of positions."""


class Archive(Protocol):
    """Remembers for storage what arrived and what was found in it; nobody waits for storage."""

    def arrival(self, job_id: JobId, upload: Upload) -> AbstractAsyncContextManager[None]:
        """Remember an upload that is published in the block."""

    async def completed(
        self, job_id: JobId, results: AnalysisResults, provenance: Provenance
    ) -> None:
        """Remember what an analysis found, before anybody is told."""

    async def completed_all(
        self, job_id: JobId, results: AnalysisResults, provenance: Provenance
    ) -> None:
        """Remember what an analysis of all recordings found."""

    async def refused(
        self, job_id: JobId, request: AnalysisRequest, refusal: SonalyzeError
    ) -> None:
        """Remember why a recording has no results."""

    async def deleted(self, job_id: JobId, name: UploadName) -> None:
        """Remember that a recording is nowhere any more."""
