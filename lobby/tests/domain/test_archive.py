"""What storage is told is what changed, in rows that name each other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from protocol_harness import ADMIN, NOON, Course, planned

from sonalyze_contracts.archive import (
    ArchivedRow,
    Resource,
    device_row_id,
    participant_row_id,
    recording_row_id,
)
from sonalyze_contracts.identifiers import DeviceId, JobId, LobbyCode, LobbyId, SessionId
from sonalyze_contracts.identifiers import UploadName as Name
from sonalyze_contracts.lobbies import Role
from sonalyze_lobby.domain import lobby as rules
from sonalyze_lobby.domain.archive import rows_of_lobby, rows_of_session
from sonalyze_lobby.domain.happenings import Cancel, Report
from sonalyze_lobby.domain.session import Stage

LOBBY_ID = LobbyId("6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
SESSION_ID = SessionId("f81d4fae-7dec-41d0-a765-00a0c91e6bf6")
GUEST = DeviceId("guest")
LATER = NOON + timedelta(minutes=1)
OPENED = rules.opened(LOBBY_ID, LobbyCode("ABC234"), ADMIN, NOON).lobby
JOINED = rules.joined(OPENED, GUEST, LATER).lobby


def course() -> Course:
    return Course(
        replace(planned("s1", "s2"), session_id=SESSION_ID, lobby_id=LOBBY_ID),
    )


def only(rows: list[ArchivedRow]) -> dict[str, Any]:
    (row,) = rows
    return dict(row.fields)


def test_a_new_lobby_is_its_creator_itself_and_its_first_participant() -> None:
    device, lobby, participant = rows_of_lobby(None, OPENED)

    assert device == ArchivedRow(Resource.DEVICES, device_row_id(ADMIN), {"external_id": "admin"})
    assert lobby == ArchivedRow(
        Resource.LOBBIES,
        UUID(LOBBY_ID),
        {
            "code": "ABC234",
            "state": "open",
            "creator_device_id": str(device_row_id(ADMIN)),
            "created_at": "2026-01-01T12:00:00+00:00",
        },
    )
    assert participant == ArchivedRow(
        Resource.PARTICIPANTS,
        participant_row_id(LOBBY_ID, ADMIN),
        {
            "lobby_id": LOBBY_ID,
            "device_id": str(device_row_id(ADMIN)),
            "role": "observer",
            "status": "connected",
            "joined_at": "2026-01-01T12:00:00+00:00",
        },
    )


def test_who_joins_is_a_device_and_a_participant() -> None:
    rows = rows_of_lobby(OPENED, JOINED)

    assert [(row.resource, row.id) for row in rows] == [
        (Resource.DEVICES, device_row_id(GUEST)),
        (Resource.PARTICIPANTS, participant_row_id(LOBBY_ID, GUEST)),
    ]


def test_who_leaves_or_gets_a_role_is_the_same_participant() -> None:
    speaker = rules.Assignment(Role.SPEAKER)
    assigned = rules.role_assigned(JOINED, ADMIN, GUEST, speaker, LATER).lobby
    gone = rules.left(assigned, GUEST, LATER).lobby

    role, status = rows_of_lobby(JOINED, assigned), rows_of_lobby(assigned, gone)

    assert only(role)["role"] == only(status)["role"] == "speaker"
    assert (only(role)["status"], only(status)["status"]) == ("connected", "left")
    assert role[0].id == status[0].id == participant_row_id(LOBBY_ID, GUEST)


def test_a_lobby_that_starts_measures() -> None:
    started = rules.measurement_started(JOINED, ADMIN, LATER).lobby

    rows = rows_of_lobby(JOINED, started)

    assert only(rows)["state"] == "measuring"


def test_what_changes_nothing_is_not_told() -> None:
    assert rows_of_lobby(JOINED, rules.joined(JOINED, GUEST, LATER).lobby) == []
    assert rows_of_session(course().session, course().session) == []


def test_a_planned_session_is_a_measurement_of_its_own_kind() -> None:
    session = course().session

    (row,) = rows_of_session(None, session, NOON)

    assert (row.resource, row.id) == (Resource.MEASUREMENTS, UUID(SESSION_ID))
    assert row.fields == {
        "kind": "session",
        "lobby_id": LOBBY_ID,
        "created_by_device_id": str(device_row_id(ADMIN)),
        "created_at": "2026-01-01T12:00:00+00:00",
        "started_at": None,
        "stopped_at": None,
        "metadata": {
            "job_id": "job",
            "status": "created",
            "speakers": [
                {"device_id": "s1", "slot_id": "slot s1", "slot_label": None},
                {"device_id": "s2", "slot_id": "slot s2", "slot_label": None},
            ],
            "microphones": [
                {"device_id": "m1", "slot_id": "slot m1", "slot_label": None},
                {"device_id": "m2", "slot_id": "slot m2", "slot_label": None},
            ],
        },
    }


def test_a_confirmation_that_ends_no_turn_is_no_news() -> None:
    measuring = course()
    measuring.start()
    before = measuring.session

    measuring.reach(Stage.RECORDING_UPLOADED)

    assert rows_of_session(before, measuring.session) == []


def test_a_turn_that_ends_brings_its_recordings_with_their_times() -> None:
    measuring = course()
    measuring.start()
    measuring.reach(Stage.RECORDING_STARTED)
    measuring.confirm(Stage.RECORDING_STARTED, "m1")
    measuring.now += timedelta(seconds=1)
    measuring.confirm(Stage.RECORDING_STARTED, "m2")
    measuring.now += timedelta(seconds=15)
    measuring.reach(Stage.RECORDING_UPLOADED)
    measuring.now += timedelta(seconds=3)
    measuring.confirm(Stage.RECORDING_UPLOADED, "m1")
    before = measuring.session

    measuring.confirm(Stage.RECORDING_UPLOADED, "m2")
    first, second = rows_of_session(before, measuring.session)

    assert first.id == recording_row_id(JobId("job"), Name("0-m1"))
    assert first.fields == {
        "kind": "raw",
        "lobby_id": LOBBY_ID,
        "created_by_device_id": str(device_row_id(DeviceId("m1"))),
        "started_at": "2026-01-01T12:00:00+00:00",
        "stopped_at": "2026-01-01T12:00:16+00:00",
        "metadata": {
            "session_id": SESSION_ID,
            "job_id": "job",
            "upload_name": "0-m1",
            "speaker_slot_id": "slot s1",
            "microphone_slot_id": "slot m1",
            "speaker_device_id": "s1",
            "audio_hash": "hash 0",
        },
    }
    assert second.fields["started_at"] == "2026-01-01T12:00:01+00:00"


def test_a_session_begins_with_its_first_turn_and_ends_with_its_last() -> None:
    measuring = course()
    planned_session = measuring.session
    measuring.start()
    begun = only(rows_of_session(planned_session, measuring.session))
    for _ in range(2):
        measuring.now += timedelta(minutes=1)
        measuring.start()
        while measuring.session.is_waiting:
            before = measuring.session
            measuring.pass_stage()

    session, *_ = rows_of_session(before, measuring.session)

    assert (begun["metadata"]["status"], begun["stopped_at"]) == ("running", None)
    assert session.fields["metadata"]["status"] == "completed"
    assert session.fields["started_at"] == begun["started_at"] == "2026-01-01T12:00:00+00:00"
    assert session.fields["stopped_at"] == "2026-01-01T12:02:00+00:00"


def test_a_turn_that_fails_says_why_and_a_new_attempt_forgets_it() -> None:
    measuring = course()
    measuring.start()
    running = measuring.session
    measuring.let(Report(DeviceId("m1"), "no\x00microphone", "mic"))
    failed = measuring.session
    measuring.start()

    told, forgotten = rows_of_session(running, failed), rows_of_session(failed, measuring.session)

    assert only(told)["metadata"]["failure"] == {
        "error_code": "mic",
        "error_message": "nomicrophone",
        "error_device_id": "m1",
        "stage": "ready",
        "missing_device_ids": [],
    }
    assert "failure" not in only(forgotten)["metadata"]


def test_a_cancelled_session_says_why() -> None:
    measuring = course()
    before = measuring.session

    measuring.let(Cancel(ADMIN, "enough"))
    fields = only(rows_of_session(before, measuring.session))

    assert fields["metadata"]["cancel_reason"] == "enough"
    assert fields["metadata"]["status"] == "cancelled"
    assert fields["stopped_at"] == "2026-01-01T12:00:00+00:00"
