"""The watch over deadlines, with a clock that a test turns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from announcements import Announcements
from protocol_harness import ADMIN
from turned_clock import TurnedClock

from sonalyze_contracts.identifiers import DeviceId, JobId, LobbyId, SessionId
from sonalyze_contracts.sessions import SessionCreate, SessionFailed
from sonalyze_lobby.analyses import Analyses
from sonalyze_lobby.domain.happenings import Confirm
from sonalyze_lobby.domain.session import Recording, Stage
from sonalyze_lobby.domain.stages import PATIENCE_S, Terms
from sonalyze_lobby.infra.database import Database, open_engine
from sonalyze_lobby.infra.lobby_store import LobbyTables
from sonalyze_lobby.infra.migrate import migrate
from sonalyze_lobby.infra.session_store import OutcomeTables, SessionTables
from sonalyze_lobby.lobbies import Lobbies
from sonalyze_lobby.sessions import RESUME_AFTER, Sessions


class NoMeasurement:
    """Nothing is analysed here."""

    async def analyze(self, job_id: str, recording: Recording) -> dict[str, Any]:
        raise NotImplementedError


class House:
    """A database with one session, and processes that look after it."""

    def __init__(self, database: Database) -> None:
        self.clock = TurnedClock()
        self.announcements = Announcements()
        self.database = database
        self.sessions = self._process()
        self.session_id = SessionId("")

    def _process(self) -> Sessions:
        lobbies = LobbyTables(self.database)
        outcomes = OutcomeTables(self.database)
        analyses = Analyses(NoMeasurement(), outcomes, self.announcements, self.clock)
        return Sessions(
            store=SessionTables(self.database),
            lobbies=lobbies,
            announcer=self.announcements,
            clock=self.clock,
            analyses=analyses,
            terms=Terms(),
        )

    async def plan(self) -> None:
        lobbies = Lobbies(LobbyTables(self.database), self.announcements, self.clock)
        lobby = await lobbies.create(ADMIN)
        for name in ("s1", "m1"):
            await lobbies.join(lobby.code, DeviceId(name))
        command = SessionCreate.model_validate(
            {
                "job_id": JobId("job"),
                "lobby_id": LobbyId(lobby.lobby_id),
                "speakers": [{"device_id": "s1", "slot_id": "S"}],
                "microphones": [{"device_id": "m1", "slot_id": "M"}],
            }
        )
        self.session_id = (await self.sessions.create(command, ADMIN)).session_id

    async def confirm(self, stage: Stage, name: str) -> None:
        await self.sessions.confirm(self.session_id, Confirm(stage, DeviceId(name)))

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.sessions.keep_going())
        await self.clock.somebody_sleeps_until(self.clock.time + RESUME_AFTER)
        await self.clock.turn(RESUME_AFTER)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def outwait(self, stage: Stage) -> None:
        """Let exactly the patience of a stage pass, once the watch sleeps for it."""
        patience = timedelta(seconds=PATIENCE_S[stage])
        await self.clock.somebody_sleeps_until(self.clock.time + patience)
        await self.clock.turn(patience)


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    engine = open_engine(sqlite_url, pool_size=4)
    await migrate(engine)
    house = House(Database(engine))
    await house.plan()
    yield house
    await engine.dispose()


async def test_the_watch_wakes_for_a_stage_that_began_while_it_slept(house: House) -> None:
    async with house.watched():
        await house.sessions.start_speaker(house.session_id, ADMIN)
        await house.confirm(Stage.READY, "s1")

        await house.outwait(Stage.READY)

        failure = await house.announcements.heard(SessionFailed)
    assert failure.missing_device_ids == ["m1"]
    assert failure.stage == "ready"


async def test_a_stage_that_was_passed_in_time_does_not_fail_later(house: House) -> None:
    async with house.watched():
        await house.sessions.start_speaker(house.session_id, ADMIN)
        await house.clock.somebody_sleeps_until(
            house.clock.time + timedelta(seconds=PATIENCE_S[Stage.READY])
        )
        await house.clock.turn(timedelta(seconds=1))
        await house.confirm(Stage.READY, "s1")
        await house.confirm(Stage.READY, "m1")
        await house.clock.turn(timedelta(seconds=PATIENCE_S[Stage.READY] - 1))
        await house.clock.somebody_sleeps_until(house.clock.time + timedelta(seconds=1))
        await house.clock.turn(timedelta(seconds=1))

        failure = await house.announcements.heard(SessionFailed)
    assert failure.stage == "speaker_audio_ready"


async def test_a_restart_gives_every_stage_its_whole_patience_again(house: House) -> None:
    await house.sessions.start_speaker(house.session_id, ADMIN)
    await house.clock.turn(timedelta(days=1))

    async with house.watched():
        await house.outwait(Stage.READY)

        failure = await house.announcements.heard(SessionFailed)
    assert failure.stage == "ready"
