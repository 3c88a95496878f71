"""How a session stands, how it fails and begins again, and how it ends."""

import pytest
from lobby_harness import SIGNAL_HASH, Gateway, Lobby, Measuring, Refusal, planned


@pytest.fixture
async def session(lobby: Lobby) -> Measuring:
    return await planned(lobby, "s1", "s2")


async def test_before_the_first_turn_nothing_is_being_measured(session: Measuring) -> None:
    status = await session.ask("m1", "session_status")

    assert status == {
        "session_id": session.session_id,
        "job_id": "job 1",
        "lobby_id": session.lobby_id,
        "status": "created",
        "total_speakers": 2,
        "completed_speakers": 0,
        "speakers": [
            {"device_id": one, "slot_id": f"slot {one}", "slot_label": None, "completed": False}
            for one in ("s1", "s2")
        ],
        "microphones": [
            {"device_id": one, "slot_id": f"slot {one}", "slot_label": None} for one in ("m1", "m2")
        ],
        "pending_order": None,
    }


async def test_the_status_counts_what_was_confirmed(session: Measuring) -> None:
    await session.start()
    await session.pass_before("recording_started")
    await session.confirm("m2", "recording_started")

    status = await session.ask("m1", "session_status")

    assert status["status"] == "running"
    assert status["current_measurement"] == {
        "speaker_slot_id": "slot s1",
        "phase": "starting_recording",
        "speaker_ready": True,
        "speaker_audio_received": True,
        "microphones_ready": 2,
        "recordings_started": 1,
        "recordings_uploaded": 0,
        "audio_hash": SIGNAL_HASH,
    }


async def test_the_status_tells_each_device_what_it_still_owes(
    session: Measuring, gateway: Gateway
) -> None:
    await session.start()
    await session.pass_before("recording_uploaded")
    await session.confirm("m2", "recording_uploaded")

    owed = {one: await session.ask(one, "session_status") for one in ("m1", "m2", "s1")}

    order = await gateway.heard("stop_recording")
    assert owed["m1"]["pending_order"] == {
        "event": "measurement.stop_recording",
        "data": order.data,
    }
    assert owed["m2"]["pending_order"] is owed["s1"]["pending_order"] is None


async def test_the_lobby_names_its_active_session(lobby: Lobby, session: Measuring) -> None:
    planned_only = await lobby.ask("m1", "lobby.get", lobby_id=session.lobby_id)
    await session.ask("admin", "cancel_session")
    cancelled = await lobby.ask("m1", "lobby.get", lobby_id=session.lobby_id)

    assert planned_only["active_session_id"] == session.session_id
    assert cancelled["active_session_id"] is None


async def test_an_error_fails_the_turn_and_everybody_learns_why(
    session: Measuring, gateway: Gateway
) -> None:
    await session.start()
    await session.pass_before("recording_started")

    reply = await session.ask(
        "m2", "error", error_message="The microphone is taken", error_code="no_microphone"
    )

    about = {"session_id": session.session_id}
    assert reply == {
        **about,
        "status": "error",
        "error_device_id": "m2",
        "error_message": "The microphone is taken",
    }
    told = await gateway.heard("error")
    assert told.data == {
        **about,
        "error_device_id": "m2",
        "error_message": "The microphone is taken",
        "error_code": "no_microphone",
        "phase": "starting_recording",
        "stage": "recording_started",
        "missing_device_ids": [],
        "retryable": True,
    }
    assert sorted(told.device_ids) == ["admin", "m1", "m2", "s1", "s2"]
    assert gateway.names()[-2:] == ["phase failed", "error"]


async def test_an_error_without_words_has_the_documented_ones(session: Measuring) -> None:
    await session.start()

    reply = await session.ask("s1", "error")

    assert reply["error_message"] == "Unknown error"


async def test_strangers_report_no_errors(session: Measuring) -> None:
    await session.start()

    assert await session.refusal("stranger", "error") == Refusal(403, "forbidden", "not_member")


async def test_after_an_error_the_same_speaker_starts_again(session: Measuring) -> None:
    await session.start()
    await session.pass_before("playback_complete")
    await session.ask("s1", "error")
    late = await session.refusal("s1", "playback_complete")

    again = await session.ask("admin", "start_speaker")
    *_, last = await session.play_turn()

    assert late == Refusal(409, "conflict", "out_of_phase")
    assert again["current_speaker"]["device_id"] == "s1"
    assert last["completed_speaker"] == "slot s1"


async def test_a_cancelled_session_is_over_for_everybody(
    session: Measuring, gateway: Gateway
) -> None:
    await session.start()

    reply = await session.ask("admin", "cancel_session", reason="the room is too loud")
    again = await session.ask("admin", "cancel_session", reason="another reason")

    about = {"session_id": session.session_id}
    assert reply == {**about, "status": "cancelled", "reason": "the room is too loud"}
    assert again == reply
    told = await gateway.heard("session_cancelled")
    assert told.data == {**about, "reason": "the room is too loud"}
    assert gateway.names()[-2:] == ["phase failed", "session_cancelled"]
    over = Refusal(409, "conflict", "session_over")
    assert await session.refusal("s1", "ready") == over
    assert await session.refusal("admin", "start_speaker") == over
    assert await session.refusal("m1", "error") == over


async def test_cancelling_without_a_reason_has_the_documented_one(session: Measuring) -> None:
    assert (await session.ask("admin", "cancel_session"))["reason"] == "cancelled_by_client"


async def test_a_complete_session_cannot_be_cancelled(lobby: Lobby) -> None:
    session = await planned(lobby)
    await session.start()
    await session.play_turn()

    refusal = await session.refusal("admin", "cancel_session")

    assert refusal == Refusal(409, "conflict", "session_over")


async def test_the_next_session_of_the_lobby_may_begin_when_one_has_ended(lobby: Lobby) -> None:
    session = await planned(lobby)
    await session.start()
    await session.play_turn()
    place = [{"device_id": "m1", "slot_id": "M"}]

    created = await lobby.ask(
        "admin",
        "measurement.create_session",
        job_id="job",
        lobby_id=session.lobby_id,
        speakers=[{"device_id": "s1", "slot_id": "S"}],
        microphones=place,
    )
    started = await lobby.ask(
        "admin", "measurement.start_speaker", session_id=created["session_id"]
    )

    assert started["status"] == "notifying_clients"


async def test_results_reach_everybody_as_they_were_sent(
    session: Measuring, gateway: Gateway
) -> None:
    results = [{"rt60_s": 0.4, "note": "\u0000 and ünïcode"}, None, 3, 10**30]

    reply = await session.ask("admin", "broadcast_results", job_id="job 2", results=results)

    about = {"session_id": session.session_id}
    assert reply == {**about, "status": "results_broadcast", "devices_notified": 5}
    told = await gateway.heard("analysis_results")
    assert told.data == {**about, "job_id": "job 2", "results": results}
    assert sorted(told.device_ids) == ["admin", "m1", "m2", "s1", "s2"]


async def test_the_log_of_the_lobby_tells_the_session(lobby: Lobby, session: Measuring) -> None:
    await session.start()
    await session.ask("m1", "error", error_code="\u0000")
    await session.ask("admin", "cancel_session")

    page = (await lobby.http.get(f"/lobbies/{session.lobby_id}/events")).json()

    assert [line["type"] for line in page["events"]][-4:] == [
        "session_created",
        "turn_started",
        "turn_failed",
        "session_cancelled",
    ]
