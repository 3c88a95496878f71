"""What the lobby does reaches storage, after the fact and in nobody's way."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from lobby_harness import Gateway, Lobby, Measurement, planned, running
from lobby_process import started
from sqlalchemy import func, select
from storage_double import StorageDouble

from sonalyze_chassis.database import Database
from sonalyze_contracts.archive import device_row_id, recording_row_id
from sonalyze_contracts.identifiers import DeviceId, JobId, UploadName
from sonalyze_lobby.infra.session_store import STATE
from sonalyze_lobby.infra.tables import OUTBOX
from sonalyze_lobby.settings import Settings

RECORDINGS = [
    str(recording_row_id(JobId("job 1"), UploadName(f"s1-{name}.wav"))) for name in ("m1", "m2")
]
MEMBERS = ("admin", "s1", "m1", "m2")


@pytest.fixture
async def storage() -> AsyncIterator[StorageDouble]:
    async with StorageDouble().running() as storage:
        yield storage


def archived_in(settings: Settings, storage: StorageDouble) -> Settings:
    return settings.model_copy(update={"storage_url": storage.url})


async def measure(lobby: Lobby) -> UUID:
    session = await planned(lobby)
    await session.start()
    await session.play_turn()
    return UUID(session.session_id)


async def test_a_measurement_leaves_its_devices_lobby_participants_session_and_recordings(
    settings: Settings, storage: StorageDouble
) -> None:
    async with running(archived_in(settings, storage)) as lobby:
        session_id = await measure(lobby)
        await storage.has(session_id, *RECORDINGS)

    assert [one["external_id"] for one in storage.of("devices")] == list(MEMBERS)
    assert [one["state"] for one in storage.of("lobbies")] == ["open"]
    assert [one["device_id"] for one in storage.of("participants")] == [
        str(device_row_id(DeviceId(name))) for name in MEMBERS
    ]
    assert storage.rows[str(session_id)]["metadata"]["status"] == "completed"
    assert {one["id"] for one in storage.of("measurements")} == {str(session_id), *RECORDINGS}


async def test_with_storage_down_a_measurement_runs_as_always_and_all_is_there_afterwards(
    settings: Settings, storage: StorageDouble
) -> None:
    await storage.stop()
    async with running(archived_in(settings, storage)) as lobby:
        session_id = await measure(lobby)
        metrics = await lobby.http.get("/metrics")
    await storage.start()

    async with running(archived_in(settings, storage)):
        await storage.has(session_id, *RECORDINGS)

    assert "sonalyze_archive_backlog_rows" in metrics.text
    sent = [row_id for batch in storage.batches for row_id in batch.ids]
    assert len(sent) == len(set(sent)) == len(storage.rows)


async def test_without_storage_nothing_is_written_down(settings: Settings) -> None:
    async with running(settings) as lobby:
        await measure(lobby)
        metrics = await lobby.http.get("/metrics")

    database = Database(settings.database_url, pool_size=1)
    async with database.statement() as connection:
        written = await connection.scalar(select(func.count()).select_from(OUTBOX))
    await database.close()
    assert written == 0
    assert "sonalyze_archive" not in metrics.text


async def test_a_lobby_killed_between_its_commit_and_the_drain_tells_after_its_restart(
    sqlite_url: str, gateway: Gateway, measurement: Measurement, storage: StorageDouble
) -> None:
    environment = {
        "DATABASE_URL": sqlite_url,
        "GATEWAY_URL": gateway.url,
        "MEASUREMENT_URL": measurement.url,
        "STORAGE_URL": storage.url,
        "LOG_LEVEL": "ERROR",
    }
    storage.is_open.clear()
    async with started(environment) as process:
        session_id = await measure(process.lobby)
        await process.kill()
    before = set(storage.rows)
    storage.is_open.set()

    async with started(environment):
        await storage.has(session_id, *RECORDINGS)

    assert before == set()
    assert len(storage.of("devices")) == len(storage.of("participants")) == len(MEMBERS)


def test_a_session_that_an_earlier_version_kept_is_still_read() -> None:
    kept = {
        "session_id": "s",
        "job_id": "j",
        "lobby_id": "l",
        "admin_device_id": "admin",
        "speakers": [{"device_id": "s1", "slot_id": "S", "slot_label": None}],
        "microphones": [{"device_id": "m1", "slot_id": "M", "slot_label": None}],
        "status": "running",
        "phase": "recording",
        "turn": {"speaker_index": 0, "stage": 4, "answered": [], "uploads": {}},
    }

    session = STATE.validate_python(kept)

    assert session.turn
    assert (session.started_at, session.turn.told_to_stop_at) == (None, None)
    assert session.turn.recording_since == {}
