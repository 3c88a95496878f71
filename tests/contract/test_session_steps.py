"""The eleven steps on the wire: what each device is answered and told, and in which order."""

import pytest
from live_backend import LiveBackend
from party import SIGNAL_HASH, Party, party_at, slot_of, upload_name_of
from wire import Device, Json, device

from sonalyze_contracts.sessions import Phase

PHASE = "measurement.phase_update"


def short(push: Json) -> str:
    """Give an order's name, a phase, or a count of running recordings."""
    data = push["data"]
    if push["event"] != PHASE:
        return str(push["event"].removeprefix("measurement."))
    if "recordings_started" in data:
        return f"{data['phase']} {data['recordings_started']}/{data['total_microphones']}"
    return f"[{data['phase']}]"


async def told(party: Party, one: Device) -> list[str]:
    (heard,) = await party.heard(one)
    return [short(push) for push in heard]


OPENING = ["[initiating]", "start_measurement", "[notifying_clients]", "[waiting_ready]"]
SPEAKER_HEARS = [
    "[idle]",
    *OPENING,
    "[speaker_downloading]",
    "request_audio",
    "[speaker_ready]",
    "[starting_recording]",
    "starting_recording 1/2",
    "[recording]",
    "[playing]",
    "start_playback",
    "[playback_complete]",
    "[uploading]",
    "[processing]",
    "[completed]",
    "session_complete",
]
MICROPHONE_HEARS = [
    "[idle]",
    *OPENING,
    "[speaker_downloading]",
    "[speaker_ready]",
    "[starting_recording]",
    "start_recording",
    "starting_recording 1/2",
    "[recording]",
    "[playing]",
    "[playback_complete]",
    "[uploading]",
    "stop_recording",
    "[processing]",
    "[completed]",
    "session_complete",
]
ADMIN_HEARS = [
    "[idle]",
    *OPENING,
    "[speaker_downloading]",
    "request_audio",
    "[speaker_ready]",
    "[starting_recording]",
    "start_recording",
    "starting_recording 1/2",
    "[recording]",
    "[playing]",
    "start_playback",
    "[playback_complete]",
    "[uploading]",
    "stop_recording",
    "[processing]",
    "[completed]",
    "session_complete",
]


async def test_every_step_is_answered_and_announced_as_documented(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url) as party:
        speaker, (first, second) = party.speaker, party.microphones

        created = await party.plan()
        session = {"session_id": party.session_id}
        started = await party.start()
        first_ready = await party.tell(speaker, "ready")
        second_ready = await party.tell(first, "ready")
        all_ready = await party.tell(second, "ready")
        audio = await party.tell(speaker, "speaker_audio_ready", audio_hash=SIGNAL_HASH)
        one_records = await party.tell(first, "recording_started")
        all_record = await party.tell(second, "recording_started")
        played = await party.tell(speaker, "playback_complete")
        one_upload = await party.tell(
            first, "recording_uploaded", upload_name=upload_name_of(first)
        )
        finished = await party.tell(
            second, "recording_uploaded", upload_name=upload_name_of(second)
        )
        none_left = await party.start()

        job = {"job_id": party.job_id, "lobby_id": party.lobby_id}
        slot = slot_of(speaker)
        assert created == session | job | {"total_speakers": 1, "total_microphones": 2}
        assert started == session | {
            "status": "notifying_clients",
            "current_speaker": {
                "device_id": speaker.device_id,
                "slot_id": slot,
                "slot_label": None,
            },
            "microphones": [
                {"device_id": one.device_id, "slot_id": slot_of(one)} for one in party.microphones
            ],
        }
        waiting = session | {"status": "waiting", "speaker_ready": True}
        assert first_ready == waiting | {"microphones_ready": "0/2"}
        assert second_ready == waiting | {"microphones_ready": "1/2"}
        assert all_ready == session | {
            "status": "all_ready",
            "action": "requesting_audio_from_speaker",
        }
        assert audio == session | {
            "status": "commanding_recording_start",
            "audio_hash": SIGNAL_HASH,
        }
        assert one_records == session | {
            "status": "waiting_recordings",
            "recordings_started": "1/2",
        }
        assert all_record == session | {"status": "all_recording", "action": "playback_commanded"}
        assert played == session | {"status": "playback_complete", "action": "commanding_upload"}
        assert one_upload == session | {"status": "waiting_uploads", "uploads_received": "1/2"}
        assert finished == session | {
            "status": "session_complete",
            "completed_speakers": [slot],
            "audio_hash": SIGNAL_HASH,
        }
        assert none_left == session | {"status": "completed", "completed_speakers": [slot]}

        heard = await party.heard(speaker, first, second, party.admin)
        assert [short(push) for push in heard[0]] == SPEAKER_HEARS
        assert [short(push) for push in heard[1]] == MICROPHONE_HEARS
        assert [short(push) for push in heard[2]] == MICROPHONE_HEARS
        assert [short(push) for push in heard[3]] == ADMIN_HEARS


async def test_orders_carry_what_the_device_needs(backend: LiveBackend) -> None:
    async with party_at(backend.url) as party:
        await party.plan()
        await party.start()
        speaker, (first, second) = party.speaker, party.microphones
        await party.all_tell([speaker, first, second], "ready")
        await party.tell(speaker, "speaker_audio_ready", audio_hash=SIGNAL_HASH)
        await party.all_tell([first, second], "recording_started")
        await party.tell(speaker, "playback_complete")
        for one in party.microphones:
            await party.tell(one, "recording_uploaded", upload_name=upload_name_of(one))

        (heard,) = await party.heard(party.admin)

        orders = {push["event"]: push["data"] for push in heard if push["event"] != PHASE}
        session, job = {"session_id": party.session_id}, {"job_id": party.job_id}
        slot = slot_of(speaker)
        assert orders == {
            "measurement.start_measurement": session
            | job
            | {
                "current_speaker_slot_id": slot,
                "current_speaker_slot_label": None,
                "speaker_device_id": speaker.device_id,
                "total_microphones": 2,
            },
            "measurement.request_audio": session
            | {"audio_url": f"/v1/measurement/audio?session_id={party.session_id}"},
            "measurement.start_recording": session
            | {"speaker_slot_id": slot, "expected_duration_seconds": 15.0},
            "measurement.start_playback": session,
            "measurement.stop_recording": session
            | job
            | {"speaker_slot_id": slot, "upload_endpoint": f"/v1/jobs/{party.job_id}/uploads/"},
            "measurement.session_complete": session
            | job
            | {"completed_speakers": [slot], "audio_hash": SIGNAL_HASH},
        }


async def test_phases_carry_their_descriptions_and_the_progress(backend: LiveBackend) -> None:
    async with party_at(backend.url, speakers=2, microphones=1) as party:
        await party.plan()
        (microphone,) = party.microphones

        for speaker in party.speakers:
            await party.start()
            await party.all_tell([speaker, microphone], "ready")
            await party.tell(speaker, "speaker_audio_ready", audio_hash=SIGNAL_HASH)
            await party.tell(microphone, "recording_started")
            await party.tell(speaker, "playback_complete")
            name = f"{speaker.device_id}.wav"
            await party.tell(microphone, "recording_uploaded", upload_name=name)

        (heard,) = await party.heard(microphone)
        phases = [push["data"] for push in heard if push["event"] == PHASE]
        assert {phase["phase"]: phase["phase_description"] for phase in phases} == {
            phase.value: phase.description for phase in Phase if phase is not Phase.FAILED
        }
        progress = [
            (one["phase"], one["current_speaker_index"], one["completed_speakers"])
            for one in phases
        ]
        assert {one["total_speakers"] for one in phases} == {2}
        assert ("waiting_ready", 0, 0) in progress
        assert ("waiting_ready", 1, 1) in progress
        assert progress[-1] == ("completed", 1, 2)


async def test_a_turn_with_others_to_come_ends_with_who_is_next(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url, speakers=2, microphones=1) as party:
        await party.plan()
        await party.start()
        speaker, (microphone,) = party.speaker, party.microphones
        await party.all_tell([speaker, microphone], "ready")
        await party.tell(speaker, "speaker_audio_ready")
        await party.tell(microphone, "recording_started")
        await party.tell(speaker, "playback_complete")

        answer = await party.tell(microphone, "recording_uploaded", upload_name="one.wav")

        assert answer == {
            "session_id": party.session_id,
            "status": "speaker_measurement_complete",
            "completed_speaker": slot_of(speaker),
            "next_speaker_available": True,
            "remaining_speakers": 1,
        }
        (heard,) = await party.heard(party.speakers[1])
        assert [short(push) for push in heard][-3:] == [
            "[processing]",
            "speaker_complete",
            "[idle]",
        ]
        assert heard[-2]["data"] == {
            "session_id": party.session_id,
            "completed_speaker_slot_id": slot_of(speaker),
            "remaining_speakers": 1,
        }


async def test_the_next_turn_begins_by_itself_when_asked_so(lobby_backend: LiveBackend) -> None:
    async with party_at(lobby_backend.url, speakers=2, microphones=1) as party:
        await party.plan(auto_advance=True)
        await party.start()
        speaker, (microphone,) = party.speaker, party.microphones
        await party.all_tell([speaker, microphone], "ready")
        await party.tell(speaker, "speaker_audio_ready")
        await party.tell(microphone, "recording_started")
        await party.tell(speaker, "playback_complete")

        await party.tell(microphone, "recording_uploaded", upload_name="one.wav")

        heard = await told(party, party.speakers[1])
        assert heard[-5:] == ["[idle]", *OPENING]


async def test_the_status_of_a_session_has_every_documented_field(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url) as party:
        await party.plan()
        speaker, (first, second) = party.speaker, party.microphones

        before = await party.tell(first, "session_status")
        await party.start()
        await party.all_tell([speaker, first], "ready")
        during = await party.tell(second, "session_status")

        assert before == {
            "session_id": party.session_id,
            "job_id": party.job_id,
            "lobby_id": party.lobby_id,
            "status": "created",
            "total_speakers": 1,
            "completed_speakers": 0,
            "speakers": [{**party.slots([speaker])[0], "completed": False}],
            "microphones": party.slots([first, second]),
            "pending_order": None,
        }
        order = during.pop("pending_order")
        assert order["event"] == "measurement.start_measurement"
        assert order["data"]["session_id"] == party.session_id
        assert during.pop("current_measurement") == {
            "speaker_slot_id": slot_of(speaker),
            "phase": "waiting_ready",
            "speaker_ready": True,
            "speaker_audio_received": False,
            "microphones_ready": 1,
            "recordings_started": 0,
            "recordings_uploaded": 0,
            "audio_hash": None,
        }
        del before["pending_order"]
        assert during == before | {"status": "running"}


async def test_a_cancelled_session_tells_everybody_why(lobby_backend: LiveBackend) -> None:
    async with party_at(lobby_backend.url) as party:
        await party.plan()
        await party.start()

        answer = await party.tell(party.admin, "cancel_session")

        reason = {"session_id": party.session_id, "reason": "cancelled_by_client"}
        assert answer == reason | {"status": "cancelled"}
        for heard in await party.heard(*party.everybody):
            assert [short(push) for push in heard][-2:] == ["[failed]", "session_cancelled"]
            assert heard[-1]["data"] == reason


async def test_a_reported_error_fails_the_turn_and_the_same_speaker_starts_again(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url) as party:
        await party.plan()
        await party.start()
        (first, _) = party.microphones

        answer = await party.tell(
            first, "error", error_message="No microphone", error_code="mic_denied"
        )
        again = await party.start()

        failed = {"session_id": party.session_id, "error_device_id": first.device_id}
        assert answer == failed | {"status": "error", "error_message": "No microphone"}
        assert again["current_speaker"]["device_id"] == party.speaker.device_id
        (heard,) = await party.heard(party.speaker)
        names = [short(push) for push in heard]
        assert names == ["[idle]", *OPENING, "[failed]", "error", *OPENING]
        assert heard[names.index("error")]["data"] == failed | {
            "error_message": "No microphone",
            "error_code": "mic_denied",
            "phase": "waiting_ready",
            "stage": "ready",
            "missing_device_ids": [],
            "retryable": True,
        }


async def test_an_error_without_words_is_an_unknown_error(backend: LiveBackend) -> None:
    async with party_at(backend.url) as party:
        await party.plan()

        answer = await party.tell(party.speaker, "error")

        assert answer["error_message"] == "Unknown error"


async def test_results_are_passed_on_word_for_word(lobby_backend: LiveBackend) -> None:
    async with party_at(lobby_backend.url) as party:
        await party.plan()
        results = {"rt": {"rt60_s": 0.43}, "list": [1, None, "ä"]}

        answer = await party.admin.answer(
            "measurement.broadcast_results",
            session_id=party.session_id,
            job_id=party.job_id,
            results=results,
        )

        assert answer == {
            "session_id": party.session_id,
            "status": "results_broadcast",
            "devices_notified": 4,
        }
        for one in party.everybody:
            data = await one.push_of("measurement.analysis_results")
            assert data == {
                "session_id": party.session_id,
                "job_id": party.job_id,
                "results": results,
            }


@pytest.mark.parametrize(
    ("alias", "event"),
    [("measurement.client_ready", "ready"), ("measurement.speaker_finished", "playback_complete")],
)
async def test_the_older_names_mean_the_same(backend: LiveBackend, alias: str, event: str) -> None:
    async with party_at(backend.url, microphones=1) as party:
        await party.plan()
        await party.start()
        speaker, (microphone,) = party.speaker, party.microphones
        if event != "ready":
            await party.all_tell([speaker, microphone], "ready")
            await party.tell(speaker, "speaker_audio_ready")
            await party.tell(microphone, "recording_started")

        by_alias = await speaker.answer(alias, session_id=party.session_id)
        by_name = await party.tell(speaker, event)

        assert by_alias == by_name


async def test_a_repeated_confirmation_is_answered_as_before_and_changes_nothing(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        await party.plan()
        await party.start()
        speaker, (microphone,) = party.speaker, party.microphones
        once = await party.tell(speaker, "ready")

        twice = await party.tell(speaker, "ready")
        done = await party.tell(microphone, "ready")
        late = await party.tell(microphone, "ready")

        assert once == twice
        assert done == late
        heard = await told(party, speaker)
        assert heard == ["[idle]", *OPENING, "[speaker_downloading]", "request_audio"]


STRANGERS_MAY_NOT: list[tuple[str, Json]] = [
    ("start_speaker", {}),
    ("cancel_session", {}),
    ("broadcast_results", {"job_id": "j", "results": {}}),
    ("ready", {}),
    ("speaker_audio_ready", {}),
    ("recording_started", {}),
    ("playback_complete", {}),
    ("recording_uploaded", {"upload_name": "a.wav"}),
    ("error", {}),
]


@pytest.mark.parametrize(("event", "data"), STRANGERS_MAY_NOT)
async def test_a_stranger_is_refused_and_changes_nothing(
    lobby_backend: LiveBackend, event: str, data: Json
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        await party.plan()
        await party.start()
        async with device(lobby_backend.url) as stranger:
            error = await stranger.refusal(
                f"measurement.{event}", session_id=party.session_id, **data
            )

        assert error["code"] == "forbidden"
        assert await told(party, party.speaker) == ["[idle]", *OPENING]


async def test_only_the_device_that_was_asked_may_confirm(lobby_backend: LiveBackend) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        await party.plan()
        await party.start()
        speaker, (microphone,) = party.speaker, party.microphones

        wrong_role = await microphone.refusal(
            "measurement.playback_complete", session_id=party.session_id
        )
        too_early = await speaker.refusal(
            "measurement.playback_complete", session_id=party.session_id
        )

        assert wrong_role["code"] == "forbidden"
        assert too_early["code"] == "conflict"


SESSION_EVENTS: list[tuple[str, Json]] = [
    ("start_speaker", {}),
    ("session_status", {}),
    ("cancel_session", {}),
    ("broadcast_results", {"job_id": "j", "results": {}}),
    ("ready", {}),
    ("speaker_audio_ready", {}),
    ("recording_started", {}),
    ("playback_complete", {}),
    ("recording_uploaded", {"upload_name": "a.wav"}),
    ("error", {}),
]


async def test_every_session_event_misses_an_unknown_session_and_a_missing_id(
    lobby_backend: LiveBackend,
) -> None:
    async with device(lobby_backend.url) as one:
        for event, data in SESSION_EVENTS:
            unknown = await one.refusal(f"measurement.{event}", session_id="none", **data)
            missing = await one.refusal(f"measurement.{event}", **data)

            assert unknown["code"] == "not_found", event
            assert missing["code"] == "bad_request", event
            assert missing["message"] == "Missing 'session_id' in data"


SPEAKER = {"device_id": "s", "slot_id": "s"}
MICROPHONE = {"device_id": "m", "slot_id": "m"}
PLAN: Json = {"job_id": "j", "lobby_id": "l", "speakers": [SPEAKER], "microphones": [MICROPHONE]}


@pytest.mark.parametrize("field", list(PLAN))
async def test_a_plan_without_one_of_its_parts_is_refused(backend: LiveBackend, field: str) -> None:
    async with device(backend.url) as one:
        plan = {name: value for name, value in PLAN.items() if name != field}

        error = await one.refusal("measurement.create_session", **plan)

        assert error["code"] == "bad_request"
        assert error["message"] == f"Missing '{field}' in data"


@pytest.mark.parametrize("field", ["speakers", "microphones"])
async def test_a_plan_needs_a_speaker_and_a_microphone(backend: LiveBackend, field: str) -> None:
    async with device(backend.url) as one:
        error = await one.refusal("measurement.create_session", **(PLAN | {field: []}))

        assert error["code"] == "bad_request"


async def test_who_may_plan_and_with_whom(lobby_backend: LiveBackend) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        plan: Json = PLAN | {
            "lobby_id": party.lobby_id,
            "speakers": party.slots(party.speakers),
            "microphones": party.slots(party.microphones),
        }

        not_admin = await party.speaker.refusal("measurement.create_session", **plan)
        no_lobby = await party.admin.refusal(
            "measurement.create_session", **(plan | {"lobby_id": "none"})
        )
        absent = await party.admin.refusal(
            "measurement.create_session", **(plan | {"microphones": [MICROPHONE]})
        )

        assert not_admin["code"] == "forbidden"
        assert no_lobby["code"] == "not_found"
        assert absent["code"] == "bad_request"
        assert absent["details"]["absent_device_ids"] == ["m"]
