"""The watch over deadlines, with a clock that a test turns."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from house import House
from protocol_harness import ADMIN

from sonalyze_chassis.database import Database
from sonalyze_chassis.migrations import migrate
from sonalyze_contracts.session_pushes import SessionFailed
from sonalyze_lobby.domain.session import Stage
from sonalyze_lobby.domain.stages import PATIENCE_S
from sonalyze_lobby.infra.tables import MIGRATIONS


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    database = Database(sqlite_url, pool_size=4)
    await migrate(database.engine, MIGRATIONS)
    house = House(database)
    await house.plan()
    yield house
    await database.close()


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
