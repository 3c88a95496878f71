"""What a measurement leaves in storage, whatever is killed meanwhile: every row, once."""

import asyncio
from collections.abc import Iterator

import httpx2
import pytest
from archive_reader import Kept, kept_with_outputs
from live_backend import LiveBackend, live_backend
from quick_phones import Crew, crew_at

from sonalyze.conductor import Measured, Pair
from sonalyze_contracts.archive import device_row_id, recording_row_id
from sonalyze_contracts.command import Service
from sonalyze_contracts.sessions import Phase

SPEAKERS, MICROPHONES = 2, 2


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBackend]:
    """Run all services on data of their own, so that nothing else is in storage."""
    with live_backend(tmp_path_factory.mktemp("archived")) as running:
        yield running


async def measured_by(crew: Crew) -> tuple[Measured, tuple[Pair, ...]]:
    measured = await crew.measure()
    return measured, await crew.analyze(measured)


def require_all(kept: Kept, crew: Crew, measured: Measured, pairs: tuple[Pair, ...]) -> None:
    """Compare storage with what happened, row by row."""
    admin = str(device_row_id(crew.lobby.admin_device_id))
    slots = (*crew.speakers, *crew.microphones)
    members = {slot.device_id for slot in slots} | {crew.lobby.admin_device_id}
    roles = {str(device_row_id(slot.device_id)): "speaker" for slot in crew.speakers} | {
        str(device_row_id(slot.device_id)): "microphone" for slot in crew.microphones
    }
    assert sorted(row["external_id"] for row in kept.devices) == sorted(members)
    assert kept.lobby["code"] == crew.lobby.code
    assert kept.lobby["creator_device_id"] == admin
    assert {row["device_id"]: row["role"] for row in kept.participants} == {
        **roles,
        admin: "observer",
    }
    (session,) = kept.sessions
    assert session["id"] == measured.session_id
    assert session["started_at"] < session["stopped_at"]
    _require_recordings(kept, measured, pairs)


def _require_recordings(kept: Kept, measured: Measured, pairs: tuple[Pair, ...]) -> None:
    names = {row["metadata"]["upload_name"]: row for row in kept.recordings}
    assert len(names) == len(kept.recordings) == SPEAKERS * MICROPHONES
    for name, row in names.items():
        assert row["id"] == str(recording_row_id(measured.job_id, name))
        assert (row["sample_rate_hz"], row["channels"]) == (48_000, 1)
        assert row["raw_bytes"] > 1_000_000
        assert len(row["raw_sha256"]) == 64
        assert row["raw_blob_ref"] == f"file:{measured.job_id}/uploads/{name}"
        assert row["started_at"] <= row["stopped_at"]
    places = {
        (row["metadata"]["speaker_slot_id"], row["metadata"]["microphone_slot_id"])
        for row in kept.recordings
    }
    assert places == {(pair.speaker.slot_id, pair.microphone.slot_id) for pair in pairs}
    assert sorted(row["measurement_id"] for row in kept.outputs) == sorted(
        row["id"] for row in kept.recordings
    )
    for output in kept.outputs:
        assert (output["type"], output["status"]) == ("room_acoustics", "completed")
        assert output["result"]["results"]["version"]
        assert output["result"]["versions"]
        assert output["result"]["parameters"]["source"] == "sweep_deconvolution_generated"


async def test_a_measurement_leaves_exactly_what_happened(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    async with crew_at(backend.url, speakers=SPEAKERS, microphones=MICROPHONES) as crew:
        measured, pairs = await measured_by(crew)

    kept = await kept_with_outputs(backend, http, crew.lobby.lobby_id, len(pairs))
    require_all(kept, crew, measured, pairs)


async def test_storage_killed_in_the_middle_has_every_row_when_it_is_back(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    async with crew_at(backend.url, speakers=SPEAKERS, microphones=MICROPHONES) as crew:
        crew.air.carries_sound.clear()
        measuring = asyncio.create_task(measured_by(crew))
        await crew.phases.entered(Phase.STARTING_RECORDING)
        await backend.kill(Service.STORAGE)
        crew.air.carries_sound.set()
        measured, pairs = await measuring

    await backend.start(Service.STORAGE)
    kept = await kept_with_outputs(backend, http, crew.lobby.lobby_id, len(pairs))
    require_all(kept, crew, measured, pairs)


@pytest.mark.parametrize("service", [Service.LOBBY, Service.MEASUREMENT])
async def test_what_a_killed_service_had_committed_its_successor_tells(
    backend: LiveBackend, http: httpx2.AsyncClient, service: Service
) -> None:
    await backend.kill(Service.STORAGE)
    async with crew_at(backend.url, speakers=SPEAKERS, microphones=MICROPHONES) as crew:
        measured, pairs = await measured_by(crew)
    await backend.kill(service)

    await backend.start(Service.STORAGE, service)
    kept = await kept_with_outputs(backend, http, crew.lobby.lobby_id, len(pairs))
    require_all(kept, crew, measured, pairs)
