"""Lobby commands on the wire: replies, who is told what, who may, and every error."""

from datetime import datetime

import pytest
from live_backend import LiveBackend
from party import Party, party_at
from wire import Device, Json, device

LOBBY_KEYS = {
    "lobby_id",
    "code",
    "admin_device_id",
    "state",
    "participants",
    "active_session_id",
}
PARTICIPANT_KEYS = {
    "device_id",
    "role",
    "role_slot_id",
    "role_slot_label",
    "status",
    "joined_at",
    "left_at",
}
ASSIGNMENT = {"role": "speaker", "role_slot_id": "front", "role_slot_label": "Front left"}


async def until_now(party: Party, *devices: Device) -> list[list[Json]]:
    """Give what devices have heard of the lobby, after everything that was sent."""
    mark = {"role": "microphone", "role_slot_id": "mark"}
    target = party.admin.device_id
    await party.admin.answer(
        "role.assign", lobby_id=party.lobby_id, target_device_id=target, **mark
    )
    return [await one.pushes_until("lobby.updated", **mark) for one in devices]


async def test_a_created_lobby_is_open_and_its_creator_is_admin_and_participant(
    lobby_backend: LiveBackend,
) -> None:
    async with device(lobby_backend.url) as one:
        created = await one.answer("lobby.create")
        lobby = await one.answer("lobby.get", lobby_id=created["lobby_id"])

        assert set(created) == {"lobby_id", "code", "admin_device_id", "state"}
        assert created["state"] == "open"
        assert created["admin_device_id"] == one.device_id
        assert len(created["code"]) == 6
        assert created["code"].isascii()
        assert created["code"].isalnum()
        assert created["code"] == created["code"].upper()
        assert set(lobby) == LOBBY_KEYS
        (participant,) = lobby["participants"]
        assert set(participant) == PARTICIPANT_KEYS
        assert participant["device_id"] == one.device_id
        assert (participant["role"], participant["status"]) == ("none", "joined")
        assert participant["left_at"] is None
        assert datetime.fromisoformat(participant["joined_at"]).tzinfo is not None


async def test_who_joins_gets_the_lobby_and_all_hear_of_it(lobby_backend: LiveBackend) -> None:
    async with (
        party_at(lobby_backend.url, microphones=1) as party,
        device(lobby_backend.url) as new,
    ):
        lobby = await new.answer("lobby.join", code=party.code.lower())
        again = await new.answer("lobby.join", code=party.code)

        assert set(lobby) == LOBBY_KEYS
        assert lobby == again
        assert [one["device_id"] for one in lobby["participants"]] == [
            party.admin.device_id,
            *(one.device_id for one in party.members),
            new.device_id,
        ]
        expected = {
            "type": "participant_joined",
            "device_id": new.device_id,
            "lobby_id": party.lobby_id,
        }
        for heard in await until_now(party, new, *party.everybody):
            assert [push["data"] for push in heard] == [expected]


async def test_who_leaves_is_remembered_and_those_who_remain_hear_of_it(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        speaker, (microphone,) = party.speaker, party.microphones
        await assign(party, speaker, **ASSIGNMENT)

        assert await speaker.answer("lobby.leave", lobby_id=party.lobby_id) == {"ok": True}
        assert await speaker.answer("lobby.leave", lobby_id=party.lobby_id) == {"ok": True}
        for heard in await until_now(party, microphone, party.admin):
            assert [push["data"]["type"] for push in heard] == ["role_assigned", "participant_left"]
            assert heard[1]["data"] == {
                "type": "participant_left",
                "device_id": speaker.device_id,
                "lobby_id": party.lobby_id,
            }

        gone = await participant(party, speaker)
        assert gone["status"] == "left"
        assert gone["left_at"] is not None
        await speaker.answer("lobby.join", code=party.code)
        back = await participant(party, speaker)
        assert back["status"] == "joined"
        assert back["left_at"] is None
        assert {name: back[name] for name in ASSIGNMENT} == ASSIGNMENT


async def test_a_stranger_who_leaves_is_told_ok_and_nobody_hears_of_it(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        async with device(lobby_backend.url) as stranger:
            assert await stranger.answer("lobby.leave", lobby_id=party.lobby_id) == {"ok": True}

        (heard,) = await until_now(party, party.speaker)
        assert heard == []


async def test_a_lobby_is_found_by_id_or_code_and_the_id_wins(lobby_backend: LiveBackend) -> None:
    async with device(lobby_backend.url) as one:
        first = await one.answer("lobby.create")
        second = await one.answer("lobby.create")

        by_code = await one.answer("lobby.get", code=second["code"])
        by_both = await one.answer("lobby.get", lobby_id=first["lobby_id"], code=second["code"])

        assert by_code["lobby_id"] == second["lobby_id"]
        assert by_both["lobby_id"] == first["lobby_id"]


@pytest.mark.parametrize("event", ["role.assign", "role.update"])
async def test_a_role_reaches_everybody_with_its_place(
    lobby_backend: LiveBackend, event: str
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        target = {"target_device_id": party.speaker.device_id}

        answer = await party.admin.answer(event, lobby_id=party.lobby_id, **target, **ASSIGNMENT)

        assert answer == {"ok": True}
        for heard in await until_now(party, *party.everybody):
            assert [push["data"] for push in heard] == [
                {"type": "role_assigned", "lobby_id": party.lobby_id, **target, **ASSIGNMENT}
            ]


async def test_no_role_means_no_place(lobby_backend: LiveBackend) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        await assign(party, party.speaker, **ASSIGNMENT)
        await assign(party, party.speaker, **(ASSIGNMENT | {"role": "none"}))

        found = await participant(party, party.speaker)

        assert (found["role"], found["role_slot_id"], found["role_slot_label"]) == (
            "none",
            None,
            None,
        )


async def test_a_started_lobby_is_running_and_closed_for_newcomers(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        answer = await party.admin.answer("lobby.start", lobby_id=party.lobby_id)
        again = await party.admin.refusal("lobby.start", lobby_id=party.lobby_id)
        async with device(lobby_backend.url) as late:
            refused = await late.refusal("lobby.join", code=party.code)

        assert answer == {"ok": True, "state": "measurement_running"}
        assert again["code"] == "conflict"
        assert refused["code"] == "conflict"
        for heard in await until_now(party, *party.everybody):
            assert [push["data"] for push in heard] == [
                {
                    "type": "state_changed",
                    "state": "measurement_running",
                    "lobby_id": party.lobby_id,
                }
            ]


SHARED = [
    ("lobby.room_snapshot", {"room": {"walls": [1, {"ä": None}]}}, {"ok": True}),
    ("lobby.step_update", {"step_index": 0}, {"ok": True, "step_index": 0}),
    ("lobby.profile_update", {"profile_id": "high_end"}, {"ok": True, "profile_id": "high_end"}),
]


@pytest.mark.parametrize(("event", "data", "reply"), SHARED)
async def test_what_the_admin_shares_reaches_the_others_only(
    lobby_backend: LiveBackend, event: str, data: Json, reply: Json
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        answer = await party.admin.answer(event, lobby_id=party.lobby_id, **data)

        assert answer == reply
        others = await until_now(party, *party.members)
        (admin,) = [await party.admin.pushes_until("lobby.updated", role_slot_id="mark")]
        assert admin == []
        for heard in others:
            (push,) = heard
            assert push["event"] == event
            added = set(push["data"]) - set(data)
            assert added - {"shared_at"} == {"lobby_id", "source_device_id"}
            assert ("shared_at" in added) == (event == "lobby.room_snapshot")
            assert push["data"]["source_device_id"] == party.admin.device_id
            assert data.items() <= push["data"].items()


ADMIN_ONLY = [
    ("lobby.start", {}),
    ("role.assign", {"target_device_id": "x", "role": "speaker"}),
    *((event, data) for event, data, _ in SHARED),
]


@pytest.mark.parametrize(("event", "data"), ADMIN_ONLY)
async def test_what_only_the_admin_may_do_is_forbidden_to_others_and_changes_nothing(
    lobby_backend: LiveBackend, event: str, data: Json
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        error = await party.speaker.refusal(event, lobby_id=party.lobby_id, **data)

        assert error["code"] == "forbidden"
        assert error["details"]["condition"] == "not_admin"
        (heard,) = await until_now(party, party.admin)
        assert heard == []


NAMED = [("lobby.leave", {}), ("lobby.get", {}), *ADMIN_ONLY]


@pytest.mark.parametrize(("event", "data"), NAMED)
async def test_an_unknown_lobby_is_not_found(
    lobby_backend: LiveBackend, event: str, data: Json
) -> None:
    async with device(lobby_backend.url) as one:
        error = await one.refusal(event, lobby_id="00000000-0000-0000-0000-000000000000", **data)

        assert error["code"] == "not_found"


MISSING = [
    ("lobby.join", {}, "code"),
    ("lobby.leave", {}, "lobby_id"),
    ("lobby.start", {}, "lobby_id"),
    ("role.assign", {"target_device_id": "x", "role": "speaker"}, "lobby_id"),
    ("role.assign", {"lobby_id": "x", "role": "speaker"}, "target_device_id"),
    ("role.assign", {"lobby_id": "x", "target_device_id": "x"}, "role"),
    ("lobby.room_snapshot", {"room": {}}, "lobby_id"),
    ("lobby.room_snapshot", {"lobby_id": "x"}, "room"),
    ("lobby.step_update", {"lobby_id": "x"}, "step_index"),
    ("lobby.profile_update", {"lobby_id": "x"}, "profile_id"),
]


@pytest.mark.parametrize(("event", "data", "field"), MISSING)
async def test_a_missing_field_is_named(
    lobby_backend: LiveBackend, event: str, data: Json, field: str
) -> None:
    async with device(lobby_backend.url) as one:
        error = await one.refusal(event, **data)

        assert error["code"] == "bad_request"
        assert error["message"] == f"Missing '{field}' in data"


WRONG = [
    ("lobby.get", {}),
    ("lobby.join", {"code": "abc"}),
    ("lobby.join", {"code": 7}),
    ("lobby.join", {"code": "AB\x00CDE"}),
    ("role.assign", {"lobby_id": "x", "target_device_id": "x", "role": "conductor"}),
    ("role.assign", {"lobby_id": "x", "target_device_id": "x" * 129, "role": "speaker"}),
    ("lobby.room_snapshot", {"lobby_id": "x", "room": []}),
    ("lobby.step_update", {"lobby_id": "x", "step_index": -1}),
    ("lobby.step_update", {"lobby_id": "x", "step_index": "one"}),
    ("lobby.profile_update", {"lobby_id": "x", "profile_id": ""}),
]


@pytest.mark.parametrize(("event", "data"), WRONG)
async def test_a_wrong_field_is_a_bad_request(
    lobby_backend: LiveBackend, event: str, data: Json
) -> None:
    async with device(lobby_backend.url) as one:
        error = await one.refusal(event, **data)

        assert error["code"] == "bad_request"


async def test_an_unknown_code_and_an_absent_target_are_not_found(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        by_code = await party.speaker.refusal("lobby.join", code="------")
        absent = await party.admin.refusal(
            "role.assign", lobby_id=party.lobby_id, target_device_id="nobody", role="speaker"
        )

        assert by_code["code"] == "not_found"
        assert absent["code"] == "not_found"
        assert absent["details"]["condition"] == "participant_not_found"


async def test_a_room_that_no_database_can_hold_is_refused_and_the_service_goes_on(
    lobby_backend: LiveBackend,
) -> None:
    async with party_at(lobby_backend.url, microphones=1) as party:
        for room in (
            '{"a": "\\u0000"}',
            '{"a": "\\ud800"}',
            '{"a": 1e999}',
            '{"a": 1' + "0" * 400 + "}",
        ):
            await party.admin.say(
                f'{{"event": "lobby.room_snapshot", "request_id": "r", '
                f'"data": {{"lobby_id": "{party.lobby_id}", "room": {room}}}}}'
            )
            message = await party.admin.unasked()

            assert message["type"] in {"error", "response"}
            if message["type"] == "error":
                assert message["error"]["code"] == "bad_request", room

        assert await party.admin.answer("lobby.get", code=party.code)


async def assign(party: Party, target: Device, **assignment: str) -> None:
    """Let the admin give a device a role."""
    await party.admin.answer(
        "role.assign", lobby_id=party.lobby_id, target_device_id=target.device_id, **assignment
    )


async def participant(party: Party, one: Device) -> Json:
    """Look a device up in the lobby."""
    lobby = await party.admin.answer("lobby.get", lobby_id=party.lobby_id)
    found: Json = next(
        entry for entry in lobby["participants"] if entry["device_id"] == one.device_id
    )
    return found
