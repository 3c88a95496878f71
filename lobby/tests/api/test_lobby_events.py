"""Lobbies and roles through ``/gateway/handle``."""

import re
from uuid import UUID

import pytest
from lobby_harness import Gateway, Json, Lobby, Refusal

NOT_ADMIN = Refusal(403, "forbidden", "not_admin")
NOT_FOUND = Refusal(404, "not_found", "lobby_not_found")

ADMIN_EVENTS: dict[str, Json] = {
    "lobby.start": {},
    "role.assign": {"target_device_id": "m1", "role": "microphone"},
    "lobby.room_snapshot": {"room": {}},
    "lobby.step_update": {"step_index": 1},
    "lobby.profile_update": {"profile_id": "smartphone"},
}


async def test_whoever_creates_a_lobby_is_its_admin(lobby: Lobby) -> None:
    opened = await lobby.ask("admin", "lobby.create")

    assert re.fullmatch(r"[A-Z0-9]{6}", opened["code"])
    assert str(UUID(opened["lobby_id"])) == opened["lobby_id"]
    assert opened["admin_device_id"] == "admin"
    assert opened["state"] == "open"


async def test_joining_shows_the_lobby_and_tells_everybody(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.ask("admin", "lobby.create")

    joined = await lobby.ask("m1", "lobby.join", code=opened["code"].lower())

    admin, microphone = joined["participants"]
    assert (admin["device_id"], microphone["device_id"]) == ("admin", "m1")
    assert microphone["joined_at"].endswith("Z")
    del microphone["joined_at"]
    assert microphone == {
        "device_id": "m1",
        "role": "none",
        "role_slot_id": None,
        "role_slot_label": None,
        "status": "joined",
        "left_at": None,
    }
    told = await gateway.heard("lobby.updated")
    assert told.data == {
        "type": "participant_joined",
        "device_id": "m1",
        "lobby_id": opened["lobby_id"],
    }
    assert told.device_ids == ["admin", "m1"]


async def test_joining_twice_is_joining_once(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.opened("m1")

    again = await lobby.ask("m1", "lobby.join", code=opened["code"])
    await lobby.ask("m2", "lobby.join", code=opened["code"])

    assert again == opened
    await gateway.heard("lobby.updated", device_id="m2")
    assert len(gateway.told) == 2


async def test_an_unknown_code_is_not_found(lobby: Lobby) -> None:
    assert await lobby.refusal("m1", "lobby.join", code="NOBODY") == NOT_FOUND


async def test_a_lobby_that_measures_lets_nobody_in(lobby: Lobby) -> None:
    opened = await lobby.opened("m1")
    await lobby.ask("admin", "lobby.start", lobby_id=opened["lobby_id"])

    refusal = await lobby.refusal("late", "lobby.join", code=opened["code"])

    assert refusal == Refusal(409, "conflict", "lobby_not_open")


async def test_leaving_tells_those_who_stay(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.opened("m1", "m2")

    reply = await lobby.ask("m1", "lobby.leave", lobby_id=opened["lobby_id"])

    assert reply == {"ok": True}
    told = await gateway.heard("lobby.updated", type="participant_left")
    assert told.data["device_id"] == "m1"
    assert told.device_ids == ["admin", "m2"]
    seen = await lobby.ask("m2", "lobby.get", code=opened["code"])
    gone = seen["participants"][1]
    assert gone["status"] == "left"
    assert gone["left_at"]


async def test_who_was_never_there_leaves_without_a_word(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.opened("m1")

    reply = await lobby.ask("stranger", "lobby.leave", lobby_id=opened["lobby_id"])
    await lobby.ask("m2", "lobby.join", code=opened["code"])

    assert reply == {"ok": True}
    await gateway.heard("lobby.updated", device_id="m2")
    assert [told.data["type"] for told in gateway.told] == ["participant_joined"] * 2


async def test_who_comes_back_has_the_same_role_and_place_in_the_list(lobby: Lobby) -> None:
    opened = await lobby.opened("m1", "m2")
    about = {"lobby_id": opened["lobby_id"]}
    await lobby.ask("admin", "role.assign", **about, target_device_id="m1", role="microphone")
    await lobby.ask("m1", "lobby.leave", **about)

    back = await lobby.ask("m1", "lobby.join", code=opened["code"])

    assert [one["device_id"] for one in back["participants"]] == ["admin", "m1", "m2"]
    assert back["participants"][1]["role"] == "microphone"
    assert back["participants"][1]["left_at"] is None


async def test_the_admin_who_left_is_still_the_admin(lobby: Lobby) -> None:
    opened = await lobby.opened("m1")
    await lobby.ask("admin", "lobby.leave", lobby_id=opened["lobby_id"])

    started = await lobby.ask("admin", "lobby.start", lobby_id=opened["lobby_id"])

    assert started == {"ok": True, "state": "measurement_running"}


async def test_a_lobby_is_found_by_id_or_code_and_the_id_wins(lobby: Lobby) -> None:
    one, other = await lobby.opened(), await lobby.opened()

    by_code = await lobby.ask("anyone", "lobby.get", code=one["code"])
    both = await lobby.ask("anyone", "lobby.get", lobby_id=one["lobby_id"], code=other["code"])

    assert by_code == both == one


@pytest.mark.parametrize("data", [{"code": "NOBODY"}, {"lobby_id": "nobody's"}])
async def test_an_unknown_lobby_is_not_found(lobby: Lobby, data: Json) -> None:
    assert await lobby.refusal("m1", "lobby.get", **data) == NOT_FOUND


async def test_starting_tells_everybody_the_state(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.opened("m1")

    await lobby.ask("admin", "lobby.start", lobby_id=opened["lobby_id"])
    again = await lobby.refusal("admin", "lobby.start", lobby_id=opened["lobby_id"])

    told = await gateway.heard("lobby.updated", type="state_changed")
    assert told.data["state"] == "measurement_running"
    assert told.device_ids == ["admin", "m1"]
    assert again == Refusal(409, "conflict", "lobby_not_open")


@pytest.mark.parametrize("event", ["role.assign", "role.update"])
async def test_a_role_is_assigned_and_told(lobby: Lobby, gateway: Gateway, event: str) -> None:
    opened = await lobby.opened("m1")
    about = {"lobby_id": opened["lobby_id"], "target_device_id": "m1"}
    role = {"role": "speaker", "role_slot_id": "slot-1", "role_slot_label": "Left"}

    reply = await lobby.ask("admin", event, **about, **role)

    assert reply == {"ok": True}
    told = await gateway.heard("lobby.updated", type="role_assigned")
    assert told.data == {"type": "role_assigned", **about, **role}
    assert told.device_ids == ["admin", "m1"]
    seen = await lobby.ask("m1", "lobby.get", lobby_id=opened["lobby_id"])
    assert role.items() <= seen["participants"][1].items()


async def test_no_role_means_no_slot(lobby: Lobby) -> None:
    opened = await lobby.opened("m1")
    about = {"lobby_id": opened["lobby_id"], "target_device_id": "m1", "role_slot_id": "slot"}
    await lobby.ask("admin", "role.assign", **about, role="speaker")

    await lobby.ask("admin", "role.assign", **about, role="none")

    seen = await lobby.ask("m1", "lobby.get", lobby_id=opened["lobby_id"])
    assert seen["participants"][1]["role_slot_id"] is None


@pytest.mark.parametrize("target", ["stranger", "gone"])
async def test_only_who_is_there_gets_a_role(lobby: Lobby, target: str) -> None:
    opened = await lobby.opened("gone")
    about = {"lobby_id": opened["lobby_id"]}
    await lobby.ask("gone", "lobby.leave", **about)

    refusal = await lobby.refusal(
        "admin", "role.assign", **about, target_device_id=target, role="speaker"
    )

    assert refusal == Refusal(404, "not_found", "participant_not_found")


async def test_the_room_is_shown_to_the_others(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.opened("m1", "m2")
    room = {"vertices": [[0, 0], [4.5, 0]], "name": "Küche \u0000"}

    reply = await lobby.ask("admin", "lobby.room_snapshot", lobby_id=opened["lobby_id"], room=room)

    assert reply == {"ok": True}
    told = await gateway.heard("lobby.room_snapshot")
    assert told.data.pop("shared_at")
    assert told.data == {
        "lobby_id": opened["lobby_id"],
        "room": room,
        "source_device_id": "admin",
    }
    assert told.device_ids == ["m1", "m2"]


async def test_the_step_is_shown_to_the_others(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.opened("m1")
    about = {"lobby_id": opened["lobby_id"], "step_index": 0}

    reply = await lobby.ask("admin", "lobby.step_update", **about)

    assert reply == {"ok": True, "step_index": 0}
    told = await gateway.heard("lobby.step_update")
    assert told.data == {**about, "source_device_id": "admin"}
    assert told.device_ids == ["m1"]


async def test_the_profile_is_shown_to_the_others(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.opened("m1")
    about = {"lobby_id": opened["lobby_id"], "profile_id": "high_end"}

    reply = await lobby.ask("admin", "lobby.profile_update", **about)

    assert reply == {"ok": True, "profile_id": "high_end"}
    told = await gateway.heard("lobby.profile_update")
    assert told.data == {**about, "source_device_id": "admin"}
    assert told.device_ids == ["m1"]


@pytest.mark.parametrize("event", ADMIN_EVENTS)
async def test_what_is_the_admins_nobody_else_may(lobby: Lobby, event: str) -> None:
    opened = await lobby.opened("m1")

    refusal = await lobby.refusal("m1", event, lobby_id=opened["lobby_id"], **ADMIN_EVENTS[event])

    assert refusal == NOT_ADMIN
    assert await lobby.ask("m1", "lobby.get", lobby_id=opened["lobby_id"]) == opened


@pytest.mark.parametrize("event", [*ADMIN_EVENTS, "lobby.leave"])
async def test_every_event_of_an_unknown_lobby_is_not_found(lobby: Lobby, event: str) -> None:
    refusal = await lobby.refusal("m1", event, lobby_id="nobody's", **ADMIN_EVENTS.get(event, {}))

    assert refusal == NOT_FOUND


@pytest.mark.parametrize(
    ("event", "data", "missing"),
    [
        ("lobby.join", {}, "code"),
        ("lobby.leave", {}, "lobby_id"),
        ("lobby.get", {}, "lobby_id"),
        ("lobby.start", {}, "lobby_id"),
        ("role.assign", {"lobby_id": "x", "role": "speaker"}, "target_device_id"),
        ("lobby.room_snapshot", {"lobby_id": "x"}, "room"),
        ("lobby.step_update", {"lobby_id": "x"}, "step_index"),
        ("lobby.profile_update", {"lobby_id": "x"}, "profile_id"),
    ],
)
async def test_missing_data_is_named(lobby: Lobby, event: str, data: Json, missing: str) -> None:
    answer = await lobby.forward("admin", event, **data)

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"
    assert f"Missing '{missing}'" in answer.json()["detail"]


async def test_a_role_that_nobody_knows_is_refused(lobby: Lobby) -> None:
    opened = await lobby.opened("m1")

    refusal = await lobby.refusal(
        "admin",
        "role.assign",
        lobby_id=opened["lobby_id"],
        target_device_id="m1",
        role="conductor",
    )

    assert refusal[:2] == (400, "bad_request")


async def test_an_event_that_nobody_knows_is_refused(lobby: Lobby) -> None:
    answer = await lobby.forward("admin", "lobby.dance")

    assert answer.status_code == 400
    assert answer.json()["detail"] == "Unknown event: lobby.dance"


async def test_the_sender_is_the_connection_whatever_the_data_say(lobby: Lobby) -> None:
    opened = await lobby.ask("admin", "lobby.create", device_id="m1", creator_device_id="m1")

    assert opened["admin_device_id"] == "admin"


async def test_without_the_token_nothing_is_handled(lobby: Lobby) -> None:
    answer = await lobby.http.post("/gateway/handle", json={})

    assert answer.status_code == 403
