"""The documents of jobs: what is known of a room, and what was found in its recordings."""

import asyncio
from pathlib import Path

import orjson

from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.jobs import JobRequest, JobView, RoomMap
from sonalyze_contracts.provenance import KEPT_AS, Provenance
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.conditions import NotAnalysed, NotStored, UnknownJob
from sonalyze_measurement.domain.files import (
    alignment_key,
    map_key,
    meta_key,
    newest_key,
    response_key,
    results_key,
    results_of_all_key,
    results_prefix,
    uploads_prefix,
)
from sonalyze_measurement.domain.provenance import KeptResults, analysed_upload
from sonalyze_measurement.infra.locks import KeyedLocks
from sonalyze_measurement.ports import Files


class JobDocuments:
    """Keeps jobs as documents of the store."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._locks = KeyedLocks()

    async def create(self, job_id: JobId, request: JobRequest) -> None:
        """Write the map last, so that a job is never half there."""
        await self._files.put(meta_key(job_id), orjson.dumps(request.meta))
        await self._files.put(map_key(job_id), request.map.model_dump_json().encode())

    async def require(self, job_id: JobId) -> None:
        """Raise `UnknownJob` unless there is such a job."""
        if await self._files.head(map_key(job_id)) is None:
            raise UnknownJob("Job not found")

    async def view(self, job_id: JobId) -> JobView:
        """Read a job as it stands."""
        room_map = await self._map_of(job_id)
        meta, uploads, analysed, newest = await asyncio.gather(
            self._files.read(meta_key(job_id)),
            self._uploads_of(job_id),
            self._analysed_of(job_id),
            self._results_at(newest_key(job_id)),
        )
        return JobView(
            job_id=job_id,
            map=room_map,
            meta=orjson.loads(meta),
            uploads=sorted(uploads),
            analysed=sorted(analysed),
            results=newest,
        )

    async def save_results(
        self, job_id: JobId, results: AnalysisResults, provenance: Provenance, response: Path
    ) -> None:
        """Write the results of an upload with what they came from, and as those of the job."""
        name = analysed_upload(provenance.request)
        plain, record = results.model_dump(mode="json"), provenance.model_dump(mode="json")
        async with self._locks.holding((job_id, name)):
            await self._files.publish(response, response_key(job_id, name))
            content = orjson.dumps({**plain, KEPT_AS: record})
            await self._files.put(results_key(job_id, name), content)
        await self._files.put(newest_key(job_id), orjson.dumps(plain))
        if results.alignment is not None:
            alignment = results.alignment.model_dump_json().encode()
            await self._files.put(alignment_key(job_id), alignment)

    async def save_results_of_all(
        self, job_id: JobId, results: AnalysisResults, provenance: Provenance
    ) -> None:
        """Write the results of all recordings with what they came from, and as the job's."""
        plain, record = results.model_dump(mode="json"), provenance.model_dump(mode="json")
        await self._files.put(results_of_all_key(job_id), orjson.dumps({**plain, KEPT_AS: record}))
        await self._files.put(newest_key(job_id), orjson.dumps(plain))

    async def results_of_all(self, job_id: JobId) -> AnalysisResults:
        """Read the newest results of all recordings together."""
        await self.require(job_id)
        results = await self._results_at(results_of_all_key(job_id))
        if results is None:
            raise NotAnalysed("The recordings of this job were not analysed together yet")
        return results

    async def kept_of_all(self, job_id: JobId) -> KeptResults | None:
        """Read the newest results of all recordings, and what they came from."""
        try:
            content = await self._files.read(results_of_all_key(job_id))
        except NotStored:
            return None
        return _kept(content)

    async def results_of(self, job_id: JobId, name: UploadName) -> AnalysisResults:
        """Read the newest results of an upload."""
        await self.require(job_id)
        results = await self._results_at(results_key(job_id, name))
        if results is None:
            raise NotAnalysed(f"There are no results of '{name}' yet")
        return results

    async def kept_of(self, job_id: JobId, name: UploadName) -> KeptResults:
        """Read the newest results of an upload, and what they came from if that is known."""
        return _kept(await self._files.read(results_key(job_id, name)))

    async def _map_of(self, job_id: JobId) -> RoomMap:
        try:
            return RoomMap.model_validate_json(await self._files.read(map_key(job_id)))
        except NotStored:
            raise UnknownJob("Job not found") from None

    async def _uploads_of(self, job_id: JobId) -> list[UploadName]:
        files = self._files.under(uploads_prefix(job_id))
        return [UploadName(file.name) async for file in files if file.size_bytes]

    async def _analysed_of(self, job_id: JobId) -> list[UploadName]:
        files = self._files.under(results_prefix(job_id))
        return [UploadName(file.name.removesuffix(".json")) async for file in files]

    async def _results_at(self, key: str) -> AnalysisResults | None:
        try:
            return AnalysisResults.model_validate_json(await self._files.read(key))
        except NotStored:
            return None


def _kept(content: bytes) -> KeptResults:
    record = orjson.loads(content).get(KEPT_AS)
    return KeptResults(content, record and Provenance.model_validate(record))
