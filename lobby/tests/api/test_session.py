"""The eleven steps through ``/gateway/handle``: who is told what in which order, and answered."""

from lobby_harness import SIGNAL_HASH, STAGES, Gateway, Json, Lobby, planned

FIRST_TURN = [
    "phase idle",
    "phase initiating",
    "start_measurement",
    "phase notifying_clients",
    "phase waiting_ready",
    "phase speaker_downloading",
    "request_audio",
    "phase speaker_ready",
    "phase starting_recording",
    "start_recording",
    "phase starting_recording",
    "phase recording",
    "phase playing",
    "start_playback",
    "phase playback_complete",
    "phase uploading",
    "stop_recording",
    "phase processing",
]


def measured(gateway: Gateway, device_id: str | None = None) -> list[str]:
    return [name for name in gateway.names(device_id) if name != "lobby.updated"]


async def test_everybody_is_told_every_step_in_its_documented_order(
    lobby: Lobby, gateway: Gateway
) -> None:
    session = await planned(lobby, "s1")

    await session.start()
    await session.play_turn()

    await gateway.heard("session_complete")
    assert measured(gateway) == [*FIRST_TURN, "phase completed", "session_complete"]


async def test_orders_reach_only_whom_they_are_for_and_the_admin(
    lobby: Lobby, gateway: Gateway
) -> None:
    session = await planned(lobby, "s1", "s2")

    await session.start()
    await session.play_turn()

    await gateway.heard("speaker_complete")
    to = {told.name: sorted(told.device_ids) for told in gateway.told}
    everybody = ["admin", "m1", "m2", "s1", "s2"]
    assert to["start_measurement"] == to["phase playing"] == everybody
    assert to["request_audio"] == to["start_playback"] == ["admin", "s1"]
    assert to["start_recording"] == to["stop_recording"] == ["admin", "m1", "m2"]


async def test_an_admin_who_records_gets_no_order_that_is_for_others(
    lobby: Lobby, gateway: Gateway
) -> None:
    opened = await lobby.opened("s1")
    created = await lobby.ask(
        "admin",
        "measurement.create_session",
        job_id="job",
        lobby_id=opened["lobby_id"],
        speakers=[{"device_id": "s1", "slot_id": "S"}],
        microphones=[{"device_id": "admin", "slot_id": "M"}],
    )
    about = {"session_id": created["session_id"]}

    await lobby.ask("admin", "measurement.start_speaker", **about)
    for device_id in ("s1", "admin"):
        await lobby.ask(device_id, "measurement.ready", **about)

    assert (await gateway.heard("request_audio")).device_ids == ["s1"]


async def test_every_payload_has_its_documented_shape(lobby: Lobby, gateway: Gateway) -> None:
    session = await planned(lobby, "s1", "s2")

    await session.start()
    await session.play_turn()
    await session.start()
    await session.play_turn()

    await gateway.heard("session_complete")
    first: dict[str, Json] = {}
    for told in gateway.told:
        first.setdefault(told.name, told.data)
    about = {"session_id": session.session_id}
    job = {"job_id": "job 1"}
    assert first["start_measurement"] == {
        **about,
        **job,
        "current_speaker_slot_id": "slot s1",
        "current_speaker_slot_label": None,
        "speaker_device_id": "s1",
        "total_microphones": 2,
    }
    assert first["request_audio"] == {
        **about,
        "audio_url": f"/v1/measurement/audio?session_id={session.session_id}",
    }
    assert first["start_recording"] == {
        **about,
        "speaker_slot_id": "slot s1",
        "expected_duration_seconds": 15.0,
    }
    assert first["start_playback"] == about
    assert first["stop_recording"] == {
        **about,
        **job,
        "speaker_slot_id": "slot s1",
        "upload_endpoint": "/v1/jobs/job%201/uploads/",
    }
    assert first["speaker_complete"] == {
        **about,
        "completed_speaker_slot_id": "slot s1",
        "remaining_speakers": 1,
    }
    assert first["session_complete"] == {
        **about,
        **job,
        "completed_speakers": ["slot s1", "slot s2"],
        "audio_hash": SIGNAL_HASH,
    }
    assert first["phase playing"] == {
        **about,
        **job,
        "phase": "playing",
        "phase_description": "Playing measurement signal",
        "current_speaker_index": 0,
        "total_speakers": 2,
        "completed_speakers": 0,
    }


async def test_recordings_that_start_one_by_one_are_counted_aloud(
    lobby: Lobby, gateway: Gateway
) -> None:
    session = await planned(lobby)
    await session.start()
    await session.pass_before("recording_started")

    await session.confirm("m1", "recording_started")

    progress = await gateway.heard("phase starting_recording", recordings_started=1)
    assert progress.data["total_microphones"] == 2


async def test_playback_starts_only_when_the_last_microphone_records(
    lobby: Lobby, gateway: Gateway
) -> None:
    session = await planned(lobby)
    await session.start()
    await session.pass_before("recording_started")

    await session.confirm("m2", "recording_started")
    await gateway.heard("phase starting_recording", recordings_started=1)
    told_before = gateway.names()
    await session.confirm("m1", "recording_started")

    assert "start_playback" not in told_before
    await gateway.heard("start_playback")


async def test_every_confirmation_is_answered_as_documented(lobby: Lobby) -> None:
    session = await planned(lobby, "s1", "s2")
    about = {"session_id": session.session_id}

    started = await session.start()
    replies = {stage: await session.pass_stage(stage) for stage in STAGES}

    assert started == {
        **about,
        "status": "notifying_clients",
        "current_speaker": {"device_id": "s1", "slot_id": "slot s1", "slot_label": None},
        "microphones": [
            {"device_id": "m1", "slot_id": "slot m1"},
            {"device_id": "m2", "slot_id": "slot m2"},
        ],
    }
    waiting = {**about, "status": "waiting", "speaker_ready": True}
    assert replies["ready"] == [
        {**waiting, "microphones_ready": "0/2"},
        {**waiting, "microphones_ready": "1/2"},
        {**about, "status": "all_ready", "action": "requesting_audio_from_speaker"},
    ]
    assert replies["speaker_audio_ready"] == [
        {**about, "status": "commanding_recording_start", "audio_hash": SIGNAL_HASH}
    ]
    assert replies["recording_started"] == [
        {**about, "status": "waiting_recordings", "recordings_started": "1/2"},
        {**about, "status": "all_recording", "action": "playback_commanded"},
    ]
    assert replies["playback_complete"] == [
        {**about, "status": "playback_complete", "action": "commanding_upload"}
    ]
    assert replies["recording_uploaded"] == [
        {**about, "status": "waiting_uploads", "uploads_received": "1/2"},
        {
            **about,
            "status": "speaker_measurement_complete",
            "completed_speaker": "slot s1",
            "next_speaker_available": True,
            "remaining_speakers": 1,
        },
    ]


async def test_the_last_turn_ends_the_session(lobby: Lobby) -> None:
    session = await planned(lobby)
    await session.start()

    *_, last = await session.play_turn()
    none_left = await session.ask("admin", "start_speaker")

    about = {"session_id": session.session_id}
    assert last == {
        **about,
        "status": "session_complete",
        "completed_speakers": ["slot s1"],
        "audio_hash": SIGNAL_HASH,
    }
    assert none_left == {**about, "status": "completed", "completed_speakers": ["slot s1"]}


async def test_create_session_is_answered_with_the_counts(lobby: Lobby) -> None:
    opened = await lobby.opened("s1", "m1")

    created = await lobby.ask(
        "admin",
        "measurement.create_session",
        job_id="job",
        lobby_id=opened["lobby_id"],
        speakers=[{"device_id": "s1", "slot_id": "S", "slot_label": "left"}],
        microphones=[{"device_id": "m1", "slot_id": "M"}],
    )

    assert created.pop("session_id")
    assert created == {
        "job_id": "job",
        "lobby_id": opened["lobby_id"],
        "total_speakers": 1,
        "total_microphones": 1,
    }


async def test_the_aliases_of_confirmations_are_understood(lobby: Lobby) -> None:
    session = await planned(lobby)
    await session.ask("admin", "start")
    session.turn = 0

    for device_id in ("s1", "m1", "m2"):
        await session.ask(device_id, "client_ready")
    await session.pass_stage("speaker_audio_ready")
    await session.pass_stage("recording_started")
    reply = await session.ask("s1", "speaker_finished")

    assert reply["status"] == "playback_complete"
    assert (await session.ask("s1", "status"))["status"] == "running"
    assert (await session.ask("admin", "stop"))["status"] == "cancelled"


async def test_with_auto_advance_the_next_speaker_begins_by_itself(
    lobby: Lobby, gateway: Gateway
) -> None:
    session = await planned(lobby, "s1", "s2", auto_advance=True)
    await session.start()

    *_, last = await session.play_turn()
    again = await session.confirm("m2", "recording_uploaded")
    session.turn += 1
    *_, end = await session.play_turn()

    assert last == again
    assert last["status"] == "speaker_measurement_complete"
    assert end["status"] == "session_complete"
    await gateway.heard("start_measurement", speaker_device_id="s2")
