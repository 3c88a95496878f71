"""A database with one session in it, and the use cases that look after it, on a turned clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from announcements import Announcements
from protocol_harness import ADMIN
from turned_clock import TurnedClock

from sonalyze_chassis.database import Database
from sonalyze_contracts.identifiers import DeviceId, JobId, LobbyId, SessionId, UploadName
from sonalyze_contracts.sessions import SessionCreate
from sonalyze_lobby.analyses import Analyses
from sonalyze_lobby.domain.happenings import Confirm
from sonalyze_lobby.domain.session import Recording, Stage
from sonalyze_lobby.domain.stages import PATIENCE_S, Terms
from sonalyze_lobby.infra.lobby_store import LobbyTables
from sonalyze_lobby.infra.session_store import OutcomeTables, SessionTables
from sonalyze_lobby.lobbies import Lobbies
from sonalyze_lobby.ports import OutcomeStore
from sonalyze_lobby.sessions import RESUME_AFTER, Sessions


class Analysing:
    """Finds in every recording its own name, as soon as it may."""

    def __init__(self) -> None:
        self.asked: list[UploadName] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def analyze(self, _: str, recording: Recording) -> dict[str, Any]:
        """Say which recording it was."""
        self.asked.append(recording.upload_name)
        await self.may_answer.wait()
        return {"of": recording.upload_name}


class House:
    """One speaker and one microphone, and what lets them measure."""

    def __init__(self, database: Database, outcomes: OutcomeStore | None = None) -> None:
        self.clock = TurnedClock()
        self.announcements = Announcements()
        self.lobbies = LobbyTables(database)
        self.analysing = Analysing()
        self.sessions = Sessions(
            store=SessionTables(database),
            lobbies=self.lobbies,
            announcer=self.announcements,
            clock=self.clock,
            analyses=Analyses(
                self.analysing,
                outcomes or OutcomeTables(database),
                self.announcements,
                self.clock,
            ),
            terms=Terms(),
        )
        self.session_id = SessionId("")

    async def plan(self, **options: bool) -> None:
        """Open a lobby, let the two in, and plan their session."""
        lobbies = Lobbies(self.lobbies, self.announcements, self.clock)
        lobby = await lobbies.create(ADMIN)
        for name in ("s1", "m1"):
            await lobbies.join(lobby.code, DeviceId(name))
        command = SessionCreate.model_validate(
            {
                "job_id": JobId("job"),
                "lobby_id": LobbyId(lobby.lobby_id),
                "speakers": [{"device_id": "s1", "slot_id": "S"}],
                "microphones": [{"device_id": "m1", "slot_id": "M"}],
                **options,
            }
        )
        self.session_id = (await self.sessions.create(command, ADMIN)).session_id

    async def confirm(self, stage: Stage, name: str) -> None:
        """Confirm a stage as one of the two."""
        upload_name = UploadName("one.wav") if stage is Stage.RECORDING_UPLOADED else None
        confirm = Confirm(stage, DeviceId(name), upload_name=upload_name)
        await self.sessions.confirm(self.session_id, confirm)

    async def play_turn(self) -> None:
        """Let the one turn begin and end."""
        await self.sessions.start_speaker(self.session_id, ADMIN)
        await self.confirm(Stage.READY, "s1")
        await self.confirm(Stage.READY, "m1")
        await self.confirm(Stage.SPEAKER_AUDIO_READY, "s1")
        await self.confirm(Stage.RECORDING_STARTED, "m1")
        await self.confirm(Stage.PLAYBACK_COMPLETE, "s1")
        await self.confirm(Stage.RECORDING_UPLOADED, "m1")

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Keep sessions going for the time of the block."""
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
        await self.sleep_through(timedelta(seconds=PATIENCE_S[stage]))

    async def sleep_through(self, duration: timedelta) -> None:
        """Let this time pass, once somebody sleeps for it."""
        await self.clock.somebody_sleeps_until(self.clock.time + duration)
        await self.clock.turn(duration)
