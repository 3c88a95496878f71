"""What follows a session's end outlasts a database that is away for a moment."""

from collections.abc import AsyncIterator, Sequence

import pytest
from house import House

from sonalyze_chassis.database import Database, DatabaseUnavailable
from sonalyze_chassis.migrations import migrate
from sonalyze_contracts.identifiers import SessionId
from sonalyze_contracts.session_pushes import SessionResults
from sonalyze_lobby.domain.analysis import Outcome
from sonalyze_lobby.infra.session_store import OutcomeTables
from sonalyze_lobby.infra.tables import MIGRATIONS
from sonalyze_lobby.sessions import RETRY_AFTER


class LostOnce(OutcomeTables):
    """A database that does not answer the first time that it is asked in this way."""

    def __init__(self, database: Database, act: str) -> None:
        super().__init__(database)
        self._lost = {act}

    async def of(self, session_id: SessionId) -> Sequence[Outcome]:
        """Read, if not lost."""
        self._lose("of")
        return await super().of(session_id)

    async def add(self, session_id: SessionId, outcome: Outcome) -> None:
        """Keep, if not lost."""
        self._lose("add")
        await super().add(session_id, outcome)

    def _lose(self, act: str) -> None:
        if act in self._lost:
            self._lost.remove(act)
            raise DatabaseUnavailable("gone")


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    database = Database(sqlite_url, pool_size=4)
    await migrate(database.engine, MIGRATIONS)
    yield database
    await database.close()


@pytest.mark.parametrize("act", ["of", "add"])
async def test_results_come_although_the_database_was_away_during_the_analyses(
    database: Database, act: str
) -> None:
    house = House(database, LostOnce(database, act))
    await house.plan(auto_analyze=True)
    await house.play_turn()

    await house.sleep_through(RETRY_AFTER)

    told = await house.announcements.heard(SessionResults)
    assert [entry["results"] for entry in told.results] == [{"of": "one.wav"}]
    await house.sessions.close()


async def test_a_session_that_is_taken_up_twice_is_analysed_once(database: Database) -> None:
    house = House(database)
    house.analysing.may_answer.clear()
    await house.plan(auto_analyze=True)
    await house.play_turn()

    await house.sessions.resume()
    await house.sessions.resume()
    house.analysing.may_answer.set()

    told = await house.announcements.heard(SessionResults)
    assert [entry["results"] for entry in told.results] == [{"of": "one.wav"}]
    assert house.analysing.asked == ["one.wav"]
    await house.sessions.close()
