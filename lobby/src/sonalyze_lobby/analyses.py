"""``auto_analyze``: every speaker-microphone pair is analysed when the last upload is in.

An outcome is kept as soon as it is known, so that a restarted lobby goes on with the pairs that
are missing. A pair that cannot be analysed says why; the others have their results.
"""

import asyncio
from datetime import timedelta

import structlog

from sonalyze_contracts.session_pushes import AnalysisProgress, SessionResults
from sonalyze_lobby.domain.analysis import Outcome, in_order, outcome_of, still_to_analyze
from sonalyze_lobby.domain.conditions import AnalysisRefused, AnalysisUnavailable
from sonalyze_lobby.domain.news import Tell
from sonalyze_lobby.domain.session import Recording, Session
from sonalyze_lobby.ports import Announcer, Clock, Measurement, OutcomeStore

AT_ONCE = 2
"""Analyses that one lobby process asks for at the same time: the measurement service has few
worker processes, and other clients want some."""

PAUSES_S = (1.0, 2.0, 5.0, 10.0, 20.0)
"""Between attempts while the measurement service does not answer: a restart takes seconds."""

log = structlog.get_logger(__name__)


class Analyses:
    """Has the recordings of sessions analysed."""

    def __init__(
        self,
        measurement: Measurement,
        outcomes: OutcomeStore,
        announcer: Announcer,
        clock: Clock,
    ) -> None:
        self._measurement = measurement
        self._outcomes = outcomes
        self._announcer = announcer
        self._clock = clock
        self._permits = asyncio.Semaphore(AT_ONCE)

    async def run(self, session: Session) -> None:
        """Analyse what is missing, tell after each pair, and tell all results at the end."""
        outcomes = list(await self._outcomes.of(session.session_id))
        missing = still_to_analyze(session, outcomes)
        async with asyncio.TaskGroup() as tasks:
            for recording in missing:
                tasks.create_task(self._analyze(session, recording, outcomes))
        push = SessionResults(
            session_id=session.session_id,
            job_id=session.job_id,
            results=[outcome.entry() for outcome in in_order(session, outcomes)],
        )
        self._announcer.announce(session.session_id, (Tell(push, session.audience),))

    async def _analyze(
        self, session: Session, recording: Recording, outcomes: list[Outcome]
    ) -> None:
        async with self._permits:
            outcome = await self._outcome(session, recording)
            await self._outcomes.add(session.session_id, outcome)
        outcomes.append(outcome)
        push = AnalysisProgress(
            session_id=session.session_id,
            job_id=session.job_id,
            analyzed_pairs=len(outcomes),
            total_pairs=len(session.recordings),
        )
        self._announcer.announce(session.session_id, (Tell(push, session.audience),))

    async def _outcome(self, session: Session, recording: Recording) -> Outcome:
        try:
            return outcome_of(recording, results=await self._patiently(session, recording))
        except (AnalysisRefused, AnalysisUnavailable) as error:
            log.info("session.pair_not_analysed", session_id=session.session_id, code=error.code)
            return outcome_of(recording, error=error.as_entry())

    async def _patiently(self, session: Session, recording: Recording) -> dict[str, object]:
        for pause_s in PAUSES_S:
            try:
                return await self._measurement.analyze(session.job_id, recording)
            except AnalysisUnavailable:
                await self._clock.sleep_until(self._clock.now() + timedelta(seconds=pause_s))
        return await self._measurement.analyze(session.job_id, recording)
