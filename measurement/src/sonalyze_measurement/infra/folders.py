"""A job is a folder: ``map.json``, ``job_meta.json``, ``uploads/`` and ``results/``."""

import asyncio
from pathlib import Path

import orjson

from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.jobs import JobRequest, JobView, RoomMap
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.conditions import NotAnalysed, UnknownJob
from sonalyze_measurement.infra.staging import Staging

UPLOADS = "uploads"
PARTIAL = "partial"
CHECKSUMS = "checksums"
RESULTS = "results"
BY_UPLOAD = "by_upload"


class JobFolders:
    """Keeps jobs as folders of the data folder."""

    def __init__(self, data_dir: Path, staging: Staging) -> None:
        self._data_dir = data_dir
        self._staging = staging

    def folder_of(self, job_id: JobId) -> Path:
        """Give the folder of a job, or raise `UnknownJob`; to be called in a thread."""
        folder = self._data_dir / job_id
        if not (folder / "map.json").is_file():
            raise UnknownJob("Job not found")
        return folder

    async def create(self, job_id: JobId, request: JobRequest) -> None:
        """Make the folder elsewhere and move it, so that a job is never half there."""
        async with self._staging.folder() as folder:
            await asyncio.to_thread(self._fill, folder, request, self._data_dir / job_id)

    async def require(self, job_id: JobId) -> None:
        """Raise `UnknownJob` unless there is such a job."""
        await asyncio.to_thread(self.folder_of, job_id)

    async def view(self, job_id: JobId) -> JobView:
        """Read a job as it stands."""
        return await asyncio.to_thread(self._read, job_id)

    async def save_results(self, job_id: JobId, name: UploadName, results: AnalysisResults) -> None:
        """Write the results of an upload, and as those of the job."""
        await asyncio.to_thread(self._write_results, job_id, name, results)

    async def results_of(self, job_id: JobId, name: UploadName) -> AnalysisResults:
        """Read the newest results of an upload."""
        return await asyncio.to_thread(self._read_results, job_id, name)

    def _fill(self, folder: Path, request: JobRequest, target: Path) -> None:
        for part in (UPLOADS, PARTIAL, CHECKSUMS, f"{RESULTS}/{BY_UPLOAD}"):
            (folder / part).mkdir(parents=True)
        self._staging.write(folder / "map.json", request.map.model_dump_json().encode())
        self._staging.write(folder / "job_meta.json", orjson.dumps(request.meta))
        folder.rename(target)

    def _read(self, job_id: JobId) -> JobView:
        folder = self.folder_of(job_id)
        newest = folder / RESULTS / "analysis.json"
        analysed = (folder / RESULTS / BY_UPLOAD).glob("*.json")
        return JobView(
            job_id=job_id,
            map=RoomMap.model_validate_json((folder / "map.json").read_bytes()),
            meta=orjson.loads((folder / "job_meta.json").read_bytes()),
            uploads=sorted(UploadName(path.name) for path in (folder / UPLOADS).iterdir()),
            analysed=sorted(UploadName(path.stem) for path in analysed),
            results=_results_in(newest) if newest.is_file() else None,
        )

    def _write_results(self, job_id: JobId, name: UploadName, results: AnalysisResults) -> None:
        folder = self.folder_of(job_id) / RESULTS
        content = results.model_dump_json().encode()
        self._staging.write(folder / BY_UPLOAD / f"{name}.json", content)
        self._staging.write(folder / "analysis.json", content)
        if results.alignment is not None:
            alignment = results.alignment.model_dump_json().encode()
            self._staging.write(folder / "alignment.json", alignment)

    def _read_results(self, job_id: JobId, name: UploadName) -> AnalysisResults:
        path = self.folder_of(job_id) / RESULTS / BY_UPLOAD / f"{name}.json"
        if not path.is_file():
            raise NotAnalysed(f"There are no results of '{name}' yet")
        return _results_in(path)


def _results_in(path: Path) -> AnalysisResults:
    return AnalysisResults.model_validate_json(path.read_bytes())
