"""Analyses of a job: of one of its recordings, or of all together."""

from sonalyze_contracts.analysis_requests import AnalysisRequest, AnalysisSource
from sonalyze_contracts.identifiers import JobId
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.domain.names import job_id_of
from sonalyze_measurement.recordings import Recordings
from sonalyze_measurement.rooms import Rooms
from sonalyze_measurement.stages import Reached, nobody_asks


class Analyses:
    """Answers what recordings say of the room."""

    def __init__(self, recordings: Recordings, rooms: Rooms) -> None:
        self._recordings = recordings
        self._rooms = rooms

    async def run(
        self, job: str, request: AnalysisRequest, reached: Reached = nobody_asks
    ) -> AnalysisResults:
        """Analyse what is asked for and keep the results; ``reached`` is told each stage."""
        job_id = job_id_of(job)
        if request.source is AnalysisSource.ALL:
            return await self._rooms.analyse(job_id, request, reached)
        return (await self._recordings.analyse(job_id, request, reached)).results

    async def require_possible(self, job: str, request: AnalysisRequest) -> JobId:
        """Refuse at once what would be refused later: unknown job, upload or signal."""
        job_id = job_id_of(job)
        if request.source is AnalysisSource.ALL:
            await self._rooms.require_possible(job_id, request)
        else:
            await self._recordings.require_possible(job_id, request)
        return job_id
