"""The eleven steps through ``/gateway/handle``."""

from typing import Any


async def test_a_session_with_one_speaker_and_one_microphone_completes(
    lobby: Any, gateway: Any
) -> None:
    opened = await lobby.ask("admin", "lobby.create")
    for device in ("s1", "m1"):
        await lobby.ask(device, "lobby.join", code=opened["code"])
    session = await lobby.ask(
        "admin",
        "measurement.create_session",
        job_id="job",
        lobby_id=opened["lobby_id"],
        speakers=[{"device_id": "s1", "slot_id": "S1"}],
        microphones=[{"device_id": "m1", "slot_id": "M1"}],
    )
    session_id = session["session_id"]

    await lobby.ask("admin", "measurement.start_speaker", session_id=session_id)
    for device in ("s1", "m1"):
        await lobby.ask(device, "measurement.ready", session_id=session_id)
    await lobby.ask("s1", "measurement.speaker_audio_ready", session_id=session_id)
    await lobby.ask("m1", "measurement.recording_started", session_id=session_id)
    await lobby.ask("s1", "measurement.playback_complete", session_id=session_id)
    last = await lobby.ask(
        "m1", "measurement.recording_uploaded", session_id=session_id, upload_name="one.wav"
    )

    assert last["status"] == "session_complete"
    await gateway.until_event("measurement.session_complete", session_id=session_id)
