"""Tells the device that asked for a job how far it is, and what came of it."""

import asyncio
from dataclasses import dataclass, field

from sonalyze_chassis.publish import Publisher
from sonalyze_contracts.command import Push
from sonalyze_contracts.identifiers import DeviceId
from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_contracts.simulation_jobs import SimulationProgress, SimulationResult
from sonalyze_simulation.domain.answers import Answer
from sonalyze_simulation.domain.conditions import AnswerTooLarge
from sonalyze_simulation.running import RunningJob

PAUSE_S = 0.5
"""Between two pushes of one stage; nobody reads faster, and a gateway carries them for all."""


@dataclass(eq=False)
class News:
    """Tells one device of one job."""

    publisher: Publisher
    device_id: DeviceId
    _told_stage: str | None = field(default=None, init=False)
    _told_at: float = field(default=0.0, init=False)

    def progressed(self, job: RunningJob) -> None:
        """Tell how far the job is, if it was not told a moment ago."""
        now = asyncio.get_running_loop().time()
        view = job.view().without_result()
        if view.stage is None or (view.stage == self._told_stage and now < self._told_at + PAUSE_S):
            return
        self._told_stage, self._told_at = view.stage, now
        self._tell(
            job,
            SimulationProgress(
                job_id=job.job_id,
                fraction=view.fraction,
                stage=view.stage,
                seconds_left=view.seconds_left,
            ),
        )

    def ended(self, job: RunningJob) -> None:
        """Tell the answer, or why there is none."""
        view = job.view()
        error = view.error
        result = None
        if view.answer is not None:
            try:
                result = answer_in_event(view.answer)
            except AnswerTooLarge as condition:
                error = condition.body()
        self._tell(job, SimulationResult(job_id=job.job_id, result=result, error=error))

    def _tell(self, job: RunningJob, push: Push) -> None:
        self.publisher.publish(job.job_id, push, [self.device_id])


def answer_in_event(answer: Answer) -> SimulationAnswer:
    """Give an answer as an event can carry it.

    Raises
    ------
    AnswerTooLarge
        If it cannot, even without responses and decay curves.
    """
    text = answer.for_event()
    if text is None:
        raise AnswerTooLarge(
            "The answer is larger than an event may be; ask for the job over HTTP, "
            "or for fewer pairs at once"
        )
    return SimulationAnswer.model_validate_json(text)
