"""Measurement sessions: each event is one transaction, and its pushes leave after the commit."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import structlog

from sonalyze_chassis.completion import to_its_end
from sonalyze_contracts.errors import Unavailable
from sonalyze_contracts.identifiers import DeviceId, JobId, SessionId
from sonalyze_contracts.session_pushes import SessionResults
from sonalyze_contracts.sessions import SessionCreate
from sonalyze_lobby.analyses import Analyses
from sonalyze_lobby.domain.happenings import (
    Cancel,
    Confirm,
    Event,
    Report,
    Resume,
    StartTurn,
    TimePassed,
)
from sonalyze_lobby.domain.news import Tell
from sonalyze_lobby.domain.plan import planned
from sonalyze_lobby.domain.protocol import advance, require_admin
from sonalyze_lobby.domain.session import Session
from sonalyze_lobby.domain.stages import Terms
from sonalyze_lobby.domain.step import Step
from sonalyze_lobby.ports import Announcer, Clock, LobbyStore, SessionStore
from sonalyze_lobby.turnstile import Turnstile
from sonalyze_lobby.watch import Watch

RESUME_AFTER = timedelta(seconds=0.5)
"""Phones answer in milliseconds what is ordered again: the port has to be open by then."""

RETRY_AFTER = timedelta(seconds=1)
"""Until the next attempt after the database did not answer."""

log = structlog.get_logger(__name__)


class Sessions:
    """The use cases of sessions, and what keeps them going while nobody asks anything."""

    def __init__(  # noqa: PLR0913  the use cases' surroundings, each of them once
        self,
        *,
        store: SessionStore,
        lobbies: LobbyStore,
        announcer: Announcer,
        clock: Clock,
        analyses: Analyses,
        terms: Terms,
    ) -> None:
        self._store = store
        self._lobbies = lobbies
        self._announcer = announcer
        self._clock = clock
        self._analyses = analyses
        self._turnstile = Turnstile()
        self._watch = Watch(store, clock)
        self._aftermath: dict[SessionId, asyncio.Task[None]] = {}
        self.terms = terms

    async def create(self, command: SessionCreate, by: DeviceId) -> Session:
        """Plan a session; it waits for its first speaker to be started."""
        now = self._clock.now()
        lobby = await self._lobbies.by_id(command.lobby_id)
        lobby.require_admin(by)
        step = planned(command, lobby, SessionId(str(uuid4())), now)
        await self._store.add(step.session, step.entries, now)
        self._follow_up(step)
        return step.session

    async def get(self, session_id: SessionId) -> Session:
        """Read a session."""
        return await self._store.by_id(session_id)

    async def start_speaker(self, session_id: SessionId, by: DeviceId) -> Session:
        """Begin the turn of the next speaker, or of the same one after a failure."""
        return await self._let(session_id, StartTurn(by))

    async def confirm(self, session_id: SessionId, confirm: Confirm) -> Session:
        """Take a device's confirmation."""
        return await self._let(session_id, confirm)

    async def report(self, session_id: SessionId, report: Report) -> Session:
        """Take a device's word that it cannot go on."""
        return await self._let(session_id, report)

    async def cancel(self, session_id: SessionId, by: DeviceId, reason: str) -> Session:
        """End a session."""
        return await self._let(session_id, Cancel(by, reason))

    async def share_results(
        self,
        session_id: SessionId,
        by: DeviceId,
        job_id: JobId,
        results: Any,  # noqa: ANN401  JSON
    ) -> int:
        """Show results to everybody who follows the session; give how many devices that is."""
        async with self._turnstile(session_id):
            session = await self._store.by_id(session_id)
            require_admin(session, by)
            push = SessionResults(session_id=session_id, job_id=job_id, results=results)
            self._announcer.announce(session_id, (Tell(push, session.audience),))
        return len(session.audience)

    async def resume(self) -> None:
        """Go on with every session where the last process left it."""
        for session_id in await self._store.unsettled():
            log.info("session.resumed", session_id=session_id)
            await self._let(session_id, Resume())

    async def keep_going(self) -> None:
        """Resume, then fail stages whose patience has ended, for as long as the service runs."""
        await self._pause(RESUME_AFTER)
        await self._persistently(self.resume)
        while True:
            await self._persistently(self._fail_the_due)

    async def _persistently(self, act: Callable[[], Awaitable[None]]) -> None:
        is_done = False
        while not is_done:
            try:
                await act()
                is_done = True
            except* Unavailable:
                log.warning("sessions.interrupted")
                await self._pause(RETRY_AFTER)

    async def _pause(self, duration: timedelta) -> None:
        await self._clock.sleep_until(self._clock.now() + duration)

    async def _fail_the_due(self) -> None:
        for session_id in await self._watch.due():
            await self._let(session_id, TimePassed())

    async def close(self) -> None:
        """Leave unfinished what the next process will find in the database."""
        tasks = list(self._aftermath.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @to_its_end
    async def _let(self, session_id: SessionId, event: Event) -> Session:
        async with self._turnstile(session_id):
            async with self._store.transaction() as sessions:
                before = await sessions.locked(session_id)
                step = advance(before, event, self._clock.now(), self.terms)
                if step.session != before or step.entries:
                    await sessions.save(before, step.session, step.entries)
            self._follow_up(step)
        return step.session

    def _follow_up(self, step: Step) -> None:
        session = step.session
        for entry in step.entries:
            log.info("session.event", type=entry.type, session_id=session.session_id)
        self._announcer.announce(session.session_id, step.tells)
        if session.deadline is not None:
            self._watch.expect(session.deadline)
        if session.is_over and step.tells and session.session_id not in self._aftermath:
            task = asyncio.create_task(self._persistently(partial(self._conclude, session)))
            self._aftermath[session.session_id] = task
            task.add_done_callback(partial(self._forget, session.session_id))

    async def _conclude(self, session: Session) -> None:
        if session.awaits_analysis:
            await self._analyses.run(session)
        await self._announcer.delivered(session.session_id)
        await self._store.settle(session.session_id)

    def _forget(self, session_id: SessionId, task: asyncio.Task[None]) -> None:
        del self._aftermath[session_id]
        if not task.cancelled() and (error := task.exception()):
            log.error("session.conclusion_failed", exc_info=error)
