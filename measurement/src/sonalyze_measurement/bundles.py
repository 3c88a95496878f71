"""Bundles: all that is kept of a job in one ZIP, read from the store while it is sent.

What has a place in it and is gone, as a recording that was deleted after its time, is listed as
absent; whatever else goes wrong on the way breaks it off, and half a ZIP is none.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sonalyze_contracts.bundles import (
    JOB,
    RESULTS_OF_ALL,
    AbsentFile,
    BundledAnalysis,
    BundledMean,
    FileKind,
    Manifest,
    recording_path,
    response_path,
    results_path,
    stimulus_path,
)
from sonalyze_contracts.identifiers import AudioHash, UploadName
from sonalyze_contracts.jobs import JobView
from sonalyze_contracts.provenance import Provenance
from sonalyze_measurement.domain.conditions import NotStored, UnknownSignal
from sonalyze_measurement.domain.files import response_key, upload_key, uploads_prefix
from sonalyze_measurement.domain.names import job_id_of
from sonalyze_measurement.packing import Packing
from sonalyze_measurement.ports import Clock, Files, JobStore, ReferenceStore
from sonalyze_measurement.signals import Signals

DELETED = "It was deleted after its time; what was found in it stays."
REPLACED = "The job does not have it any more."
NOT_KEPT = "It was not kept when the upload was analysed."
FORGOTTEN = "Nobody here knows this signal any more."
NOT_THE_SAME = "From its parameters this version of the service makes other bytes."


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the content of bundles comes from."""

    jobs: JobStore
    files: Files
    references: ReferenceStore
    signals: Signals


@dataclass(frozen=True, slots=True)
class Content:
    """A file of a bundle: in memory, lent by somebody, or known to be gone."""

    path: str
    kind: FileKind
    source: bytes | AbstractAsyncContextManager[Path] | None
    why_absent: str = ""


class Bundles:
    """Gives out jobs as bundles."""

    def __init__(self, sources: Sources, clock: Clock) -> None:
        self._sources = sources
        self._clock = clock

    async def of(self, job: str) -> "Bundle":
        """Give the bundle of a job, or raise `UnknownJob`."""
        view = await self._sources.jobs.view(job_id_of(job))
        return Bundle(view, self._sources, self._clock.now())


class Bundle:
    """One bundle, packed once."""

    def __init__(self, job: JobView, sources: Sources, moment: datetime) -> None:
        self.job = job
        self._sources = sources
        self._moment = moment
        self._packing = Packing(moment)
        self._absent: list[AbsentFile] = []
        self._provenances: dict[UploadName, Provenance | None] = {}
        self._of_all: Provenance | None = None
        self._stimuli: dict[AudioHash, str] = {}

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Give the ZIP piece by piece; the manifest comes last, when all hashes are known."""
        async with aclosing(self._contents()) as contents:
            async for content in contents:
                async with aclosing(self._packed(content)) as pieces:
                    async for piece in pieces:
                        yield piece
        yield self._packing.end(self._manifest().model_dump_json(indent=2).encode())

    async def _contents(self) -> AsyncGenerator[Content]:
        job_id, files = self.job.job_id, self._sources.files
        view = self.job.model_copy(update={"results": None})
        yield Content(JOB, FileKind.JOB, view.model_dump_json().encode())
        for name in self.job.analysed:
            kept = await self._sources.jobs.kept_of(job_id, name)
            self._provenances[name] = kept.provenance
            yield Content(results_path(name), FileKind.RESULTS, kept.content)
            response = files.lend(response_key(job_id, name))
            yield Content(response_path(name), FileKind.RESPONSE, response, NOT_KEPT)
        kept_of_all = await self._sources.jobs.kept_of_all(job_id)
        if kept_of_all is not None:
            self._of_all = kept_of_all.provenance
            yield Content(RESULTS_OF_ALL, FileKind.RESULTS, kept_of_all.content)
        for audio_hash in sorted({*self._hashes_played()}):
            yield await self._stimulus(audio_hash)
        async for upload in self._uploads():
            yield upload

    def _hashes_played(self) -> Iterator[AudioHash]:
        for provenance in self._provenances.values():
            if provenance is not None and provenance.request.audio_hash is not None:
                yield provenance.request.audio_hash
        for position in (self._of_all and self._of_all.positions) or ():
            yield position.audio_hash

    async def _stimulus(self, audio_hash: AudioHash) -> Content:
        try:
            asked = await self._sources.references.by_hash(audio_hash)
        except UnknownSignal:
            return Content(stimulus_path(audio_hash), FileKind.STIMULUS, None, FORGOTTEN)
        path = self._stimuli[audio_hash] = stimulus_path(audio_hash, asked.file.format)
        made, file = await self._sources.signals.download(asked.file)
        source = nullcontext(file) if made.audio_hash == audio_hash else None
        return Content(path, FileKind.STIMULUS, source, NOT_THE_SAME)

    async def _uploads(self) -> AsyncIterator[Content]:
        """Give every upload that is there, was there, or was read by an analysis."""
        job_id, files = self.job.job_id, self._sources.files
        has_bytes = {
            UploadName(file.name): file.size_bytes > 0
            async for file in files.under(uploads_prefix(job_id))
        }
        records = (*self._provenances.values(), self._of_all)
        read = {name for record in records if record for name in record.inputs}
        for name in sorted(has_bytes.keys() | read):
            there = has_bytes.get(name, False)
            yield Content(
                recording_path(name),
                FileKind.RECORDING,
                files.lend(upload_key(job_id, name)) if there else None,
                DELETED if name in has_bytes else REPLACED,
            )

    async def _packed(self, content: Content) -> AsyncGenerator[bytes]:
        match content.source:
            case None:
                self._miss(content)
            case bytes() as document:
                yield self._packing.add_document(content.path, content.kind, document)
            case lent:
                try:
                    async with (
                        lent as file,
                        aclosing(self._packing.add(content.path, content.kind, file)) as pieces,
                    ):
                        async for piece in pieces:
                            yield piece
                except NotStored:
                    self._miss(content)

    def _miss(self, content: Content) -> None:
        self._absent.append(
            AbsentFile(path=content.path, kind=content.kind, reason=content.why_absent)
        )

    def _manifest(self) -> Manifest:
        return Manifest(
            job_id=self.job.job_id,
            created_at=self._moment,
            files=self._packing.files,
            absent=self._absent,
            analyses=[self._analysis(*each) for each in self._provenances.items()],
            analysis_of_all=self._of_all and _mean(self._of_all),
        )

    def _analysis(self, name: UploadName, provenance: Provenance | None) -> BundledAnalysis:
        packed = {file.path for file in self._packing.files}
        stimulus, response = None, response_path(name)
        read = [name] if provenance is None else list(provenance.inputs)
        if provenance is not None and provenance.request.audio_hash is not None:
            stimulus = self._stimuli.get(provenance.request.audio_hash)
        return BundledAnalysis(
            upload=name,
            results=results_path(name),
            recordings=[recording_path(each) for each in read],
            stimulus=stimulus if stimulus in packed else None,
            response=response if response in packed else None,
            provenance=provenance,
        )


def _mean(provenance: Provenance) -> BundledMean:
    recordings = [recording_path(name) for name in provenance.inputs]
    return BundledMean(results=RESULTS_OF_ALL, recordings=recordings, provenance=provenance)
