"""Analyses that nobody waits for: the device that asked is told how they go."""

import asyncio
from dataclasses import dataclass
from uuid import uuid4

import structlog

from sonalyze_chassis.publish import Publisher
from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.errors import ErrorBody, SonalyzeError
from sonalyze_contracts.identifiers import DeviceId, JobId
from sonalyze_contracts.jobs import AnalysisAccepted, AnalysisResult, AnalysisStage
from sonalyze_contracts.results import AnalysisResults
from sonalyze_measurement.analyses import Analyses
from sonalyze_measurement.domain.brevity import for_push
from sonalyze_measurement.stages import Stage

log = structlog.get_logger(__name__)

FRACTIONS: dict[Stage, float] = {"queued": 0.0, "running": 0.1, "storing": 0.9}
"""Nearly all of the time goes into the numbers; of one recording they tell nothing on their way."""

UNFORESEEN = ErrorBody(code="internal", message="The analysis failed in a way nobody foresaw.")
STOPPED = ErrorBody(code="unavailable", message="The service is stopping; ask again.")


class BackgroundAnalyses:
    """Runs requested analyses."""

    def __init__(self, analyses: Analyses, publisher: Publisher) -> None:
        self._analyses = analyses
        self._publisher = publisher
        self._running: set[asyncio.Task[None]] = set()

    async def start(
        self, job: str, request: AnalysisRequest, device_id: DeviceId
    ) -> AnalysisAccepted:
        """Let an analysis run, if it can."""
        job_id = await self._analyses.require_possible(job, request)
        news = News(self._publisher, job_id, str(uuid4()), device_id)
        news.reached("queued")
        task = asyncio.create_task(self._run(job_id, request, news))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(news.ended)
        return AnalysisAccepted(job_id=job_id, analysis_id=news.analysis_id)

    async def close(self, patience_s: float) -> None:
        """Let what runs end, and end it when patience does."""
        if self._running:
            _, unfinished = await asyncio.wait(self._running, timeout=patience_s)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    async def _run(self, job_id: JobId, request: AnalysisRequest, news: "News") -> None:
        try:
            results = await self._analyses.run(job_id, request, news.reached)
        except SonalyzeError as refusal:
            news.failed(refusal.body())
        else:
            news.succeeded(results)


@dataclass(frozen=True, slots=True)
class News:
    """Tells one device of one analysis."""

    publisher: Publisher
    job_id: JobId
    analysis_id: str
    device_id: DeviceId

    def reached(self, stage: Stage, share: float = 0.0) -> None:
        """Tell how far the analysis is; of several recordings, with the share that is done."""
        rest = FRACTIONS["storing"] - FRACTIONS["running"] if stage == "running" else 0.0
        self._tell(
            AnalysisStage(
                job_id=self.job_id,
                analysis_id=self.analysis_id,
                stage=stage,
                fraction=FRACTIONS[stage] + rest * share,
            )
        )

    def succeeded(self, results: AnalysisResults) -> None:
        """Tell the results."""
        self._tell(
            AnalysisResult(
                job_id=self.job_id, analysis_id=self.analysis_id, results=for_push(results)
            )
        )

    def failed(self, error: ErrorBody) -> None:
        """Tell why there are no results."""
        facts = error.model_dump(mode="json")
        self._tell(AnalysisResult(job_id=self.job_id, analysis_id=self.analysis_id, error=facts))

    def ended(self, task: asyncio.Task[None]) -> None:
        """Tell of an end that nobody foresaw."""
        if task.cancelled():
            self.failed(STOPPED)
        elif (error := task.exception()) is not None:
            log.error("analysis.failed", analysis_id=self.analysis_id, exc_info=error)
            self.failed(UNFORESEEN)

    def _tell(self, push: AnalysisStage | AnalysisResult) -> None:
        self.publisher.publish(self.analysis_id, push, [self.device_id])
