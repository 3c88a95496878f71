"""One long afternoon in which everything happens that the contract knows."""

import json

import httpx2
import pytest
from laboratory import RATE_HZ, audio_file, room_recording, room_response
from live_backend import LiveBackend
from party import Party, party_at, play_turn, upload_name_of
from reference_schemas import NAMES
from simulated import EXAMPLE, example
from wire import TRAFFIC, Device, Json, device

from sonalyze_contracts.catalogue import PUSHES


@pytest.fixture
def traffic() -> None:
    """Count from here on."""
    TRAFFIC.forget()


@pytest.mark.usefixtures("traffic")
async def test_every_command_is_answered_and_every_push_heard(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    await introduce(backend)
    async with device(backend.url) as analyst:
        job_id, audio_hash = await prepare_job(backend, http, analyst)
        await simulate(analyst)
        async with party_at(backend.url, microphones=1, job_id=job_id) as party:
            await look_around(party)
            await fail_and_stop(party)
            await measure(party, backend, http, audio_hash)
            await share_and_close(party)

    assert set(NAMES) - TRAFFIC.answered == set()
    assert set(PUSHES) - TRAFFIC.pushed == set()


async def introduce(backend: LiveBackend) -> None:
    """Connect first, say who it is afterwards."""
    async with device(backend.url, identified=False) as one:
        await one.push_of("gateway.identify_required")
        await one.answer("identify", device_id=one.device_id)


async def prepare_job(
    backend: LiveBackend, http: httpx2.AsyncClient, analyst: Device
) -> tuple[str, str]:
    """Create a job, ask for the signal, and have an impulse response analysed in both ways."""
    created = await analyst.answer("measurement.create_job", map={})
    await analyst.answer("measurement.get_audio_info", sample_rate=RATE_HZ)
    signal = await http.get(f"{backend.url}/v1/measurement/audio?sample_rate={RATE_HZ}")
    await http.post(
        f"{backend.url}/v1/jobs/{created['job_id']}/uploads/impulse_response",
        files={"file": audio_file(room_response())},
    )
    request: Json = {"job_id": created["job_id"], "source": "impulse_response"}
    await analyst.answer("analysis.request", **request)
    await analyst.push_of("analysis.progress")
    await analyst.push_of("analysis.result")
    await analyst.answer("analysis.run", **request)
    await analyst.answer("measurement.get_job", job_id=created["job_id"])
    return created["job_id"], signal.headers["x-audio-hash"]


async def simulate(analyst: Device) -> None:
    """Have a room computed in both ways, and stop what is over already."""
    await analyst.answer("simulation.health")
    await analyst.answer("simulation.run", **json.loads(EXAMPLE))
    accepted = await analyst.answer("simulation.request", **example(rays=20_000))
    await analyst.push_of("simulation.progress")
    await analyst.push_of("simulation.result")
    await analyst.answer("simulation.cancel", job_id=accepted["job_id"])


async def look_around(party: Party) -> None:
    """Share what an admin shares before measuring."""
    here = {"lobby_id": party.lobby_id}
    member = {"target_device_id": party.speaker.device_id, "role": "speaker"}
    await party.admin.answer("lobby.get", **here)
    await party.admin.answer("role.assign", **here, **member)
    await party.admin.answer("role.update", **here, **member)
    await party.admin.answer("lobby.room_snapshot", **here, room={})
    await party.admin.answer("lobby.step_update", **here, step_index=1)
    await party.admin.answer("lobby.profile_update", **here, profile_id="smartphone")
    await party.speaker.push_of("lobby.profile_update")


async def fail_and_stop(party: Party) -> None:
    """Begin a session by its older names, report an error, and give up, twice."""
    for stop in ("measurement.stop", "measurement.cancel_session"):
        await party.plan()
        session = {"session_id": party.session_id}
        await party.admin.answer("measurement.start", **session)
        await party.speaker.answer("measurement.client_ready", **session)
        await party.speaker.answer("measurement.status", **session)
        await party.speaker.answer("measurement.error", **session)
        await party.admin.answer(stop, **session)
        await party.speaker.push_of("measurement.session_cancelled", **session)


def second_name_of(one: Device) -> str:
    """Name what a microphone uploads in the second turn."""
    return f"second-{upload_name_of(one)}"


async def measure(
    party: Party, backend: LiveBackend, http: httpx2.AsyncClient, audio_hash: str
) -> None:
    """Measure with two microphones, the second of which is the other speaker."""
    speaker, (microphone,) = party.speaker, party.microphones
    party.speakers, party.microphones = [speaker, microphone], [microphone, party.admin]
    for one in party.microphones:
        for name in (upload_name_of(one), second_name_of(one)):
            await http.post(
                f"{backend.url}/v1/jobs/{party.job_id}/uploads/{name}",
                files={"file": audio_file(room_recording())},
            )
    await party.plan(auto_analyze=True)
    session = {"session_id": party.session_id}
    await party.start()
    await play_turn(party, speaker, audio_hash)
    await speaker.push_of("measurement.speaker_complete", **session)

    await party.start()
    await party.all_tell(party.microphones, "ready")
    await party.tell(microphone, "speaker_audio_ready", audio_hash=audio_hash)
    await party.all_tell(party.microphones, "recording_started")
    await microphone.answer("measurement.speaker_finished", **session)
    for one in party.microphones:
        await party.tell(one, "recording_uploaded", upload_name=second_name_of(one))
    await speaker.push_of("measurement.session_complete", **session)
    await speaker.push_of("measurement.analysis_progress", **session)
    results = await speaker.push_of("measurement.analysis_results", **session)
    assert len(results["results"]) == 4
    assert all(entry["results"]["rt"]["rt60_s"] for entry in results["results"])


async def share_and_close(party: Party) -> None:
    """Pass results on, look at the end, close the doors, and go."""
    session = {"session_id": party.session_id}
    await party.admin.answer(
        "measurement.broadcast_results", **session, job_id=party.job_id, results={}
    )
    status = await party.admin.answer("measurement.session_status", **session)
    assert status["status"] == "completed"
    await party.admin.answer("lobby.start", lobby_id=party.lobby_id)
    await party.speaker.answer("lobby.leave", lobby_id=party.lobby_id)
    await party.admin.push_of("lobby.updated", type="participant_left")
