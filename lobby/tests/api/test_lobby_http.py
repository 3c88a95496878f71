"""The documented HTTP routes: shapes, errors, and the same broadcasts as the events."""

import re

import httpx2
import pytest
from lobby_harness import Gateway, Json, Lobby, refusal_of


async def post(lobby: Lobby, path: str, **body: Json) -> httpx2.Response:
    return await lobby.http.post(f"/lobbies{path}", json=body)


async def test_a_lobby_is_opened_joined_and_shown(lobby: Lobby, gateway: Gateway) -> None:
    opened = (await post(lobby, "", creator_device_id="admin")).json()
    joined = (await post(lobby, "/join", code=opened["code"], device_id="m1")).json()
    shown = (await lobby.http.get(f"/lobbies/{opened['lobby_id']}")).json()

    assert re.fullmatch(r"[A-Z0-9]{6}", opened["code"])
    assert opened == {
        "lobby_id": opened["lobby_id"],
        "code": opened["code"],
        "admin_device_id": "admin",
        "state": "open",
    }
    assert joined == shown
    assert [one["device_id"] for one in shown["participants"]] == ["admin", "m1"]
    told = await gateway.heard("lobby.updated", type="participant_joined")
    assert told.device_ids == ["admin", "m1"]


async def test_roles_and_leaving_are_told_like_the_events(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.opened("m1")
    here = f"/{opened['lobby_id']}"

    assigned = await post(
        lobby,
        f"{here}/roles",
        admin_device_id="admin",
        target_device_id="m1",
        role="microphone",
        role_slot_id="slot",
        role_slot_label="Left",
    )
    left = await post(lobby, f"{here}/leave", device_id="m1")
    stranger = await post(lobby, f"{here}/leave", device_id="stranger")

    assert assigned.json() == left.json() == stranger.json() == {"ok": True}
    role = await gateway.heard("lobby.updated", type="role_assigned")
    assert role.data["role_slot_label"] == "Left"
    gone = await gateway.heard("lobby.updated", type="participant_left")
    assert gone.device_ids == ["admin"]


async def test_starting_is_answered_with_the_state_and_told(lobby: Lobby, gateway: Gateway) -> None:
    opened = await lobby.opened()

    started = await post(lobby, f"/{opened['lobby_id']}/start", admin_device_id="admin")

    assert started.json() == {"ok": True, "state": "measurement_running"}
    await gateway.heard("lobby.updated", type="state_changed")


async def test_the_documented_errors(lobby: Lobby) -> None:
    opened = await lobby.opened("m1")
    here = f"/{opened['lobby_id']}"
    role = {"target_device_id": "m1", "role": "speaker"}
    await post(lobby, f"{here}/start", admin_device_id="admin")

    statuses = {
        "unknown code": await post(lobby, "/join", code="NOBODY", device_id="m1"),
        "not open": await post(lobby, "/join", code=opened["code"], device_id="m2"),
        "unknown lobby": await lobby.http.get("/lobbies/nobody's"),
        "leave nowhere": await post(lobby, "/nobody's/leave", device_id="m1"),
        "roles by others": await post(lobby, f"{here}/roles", admin_device_id="m1", **role),
        "roles nowhere": await post(lobby, "/nobody's/roles", admin_device_id="m1", **role),
        "role for a stranger": await post(
            lobby, f"{here}/roles", admin_device_id="admin", target_device_id="x", role="speaker"
        ),
        "start by others": await post(lobby, f"{here}/start", admin_device_id="m1"),
        "start nowhere": await post(lobby, "/nobody's/start", admin_device_id="m1"),
        "start twice": await post(lobby, f"{here}/start", admin_device_id="admin"),
        "log of nobody": await lobby.http.get("/lobbies/nobody's/events"),
    }

    assert {name: refusal_of(answer)[:2] for name, answer in statuses.items()} == {
        "unknown code": (404, "not_found"),
        "not open": (409, "conflict"),
        "unknown lobby": (404, "not_found"),
        "leave nowhere": (404, "not_found"),
        "roles by others": (403, "forbidden"),
        "roles nowhere": (404, "not_found"),
        "role for a stranger": (404, "not_found"),
        "start by others": (403, "forbidden"),
        "start nowhere": (404, "not_found"),
        "start twice": (409, "conflict"),
        "log of nobody": (404, "not_found"),
    }
    assert isinstance(statuses["not open"].json()["detail"], str)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {}),
        ("", {"creator_device_id": ""}),
        ("", {"creator_device_id": "x" * 129}),
        ("", {"creator_device_id": "x\u0000"}),
        ("/join", {"code": "ABC", "device_id": "m1"}),
        ("/join", {"code": "A" * 17, "device_id": "m1"}),
        ("/join", {"code": "ABCDEF"}),
        ("/x/leave", {}),
        ("/x/roles", {"admin_device_id": "a", "target_device_id": "m", "role": "conductor"}),
        ("/x/roles", {"admin_device_id": "a", "role": "speaker"}),
        (
            "/x/roles",
            {
                "admin_device_id": "a",
                "target_device_id": "m",
                "role": "speaker",
                "role_slot_id": "x" * 65,
            },
        ),
        ("/x/start", {}),
    ],
)
async def test_bodies_of_another_shape_are_422(lobby: Lobby, path: str, body: Json) -> None:
    answer = await post(lobby, path, **body)

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)


async def test_the_log_is_complete_and_in_order(lobby: Lobby) -> None:
    opened = await lobby.opened("m1")
    about = {"lobby_id": opened["lobby_id"]}
    role = {"target_device_id": "m1", "role": "speaker"}
    await lobby.ask("admin", "role.assign", **about, **role, role_slot_id="S")
    await lobby.ask("admin", "lobby.room_snapshot", **about, room={"large": "room"})
    await lobby.ask("admin", "lobby.step_update", **about, step_index=2)
    await lobby.ask("admin", "lobby.profile_update", **about, profile_id="smartphone")
    await lobby.ask("m1", "lobby.leave", **about)
    await lobby.ask("admin", "lobby.start", **about)

    page = (await lobby.http.get(f"/lobbies/{opened['lobby_id']}/events")).json()

    assert page["lobby_id"] == opened["lobby_id"]
    by = {"admin_device_id": "admin"}
    assert [(line["type"], line["payload"]) for line in page["events"]] == [
        ("lobby_created", {**by, "code": opened["code"]}),
        ("participant_joined", {"device_id": "m1"}),
        ("role_assigned", {**by, **role, "role_slot_id": "S", "role_slot_label": None}),
        ("room_snapshot", by),
        ("step_update", {**by, "step_index": 2}),
        ("profile_update", {**by, "profile_id": "smartphone"}),
        ("participant_left", {"device_id": "m1"}),
        ("measurement_started", by),
    ]
    ids = [line["id"] for line in page["events"]]
    assert ids == sorted(set(ids))


async def test_the_log_is_read_in_pages(lobby: Lobby) -> None:
    opened = await lobby.opened("m1", "m2", "m3")
    path = f"/lobbies/{opened['lobby_id']}/events"
    everything = (await lobby.http.get(path)).json()["events"]

    pages, after_id = [], 0
    while page := (await lobby.http.get(path, params={"after_id": after_id, "limit": 2})).json()[
        "events"
    ]:
        pages.append(page)
        after_id = page[-1]["id"]

    assert [len(page) for page in pages] == [2, 2]
    assert [line for page in pages for line in page] == everything


@pytest.mark.parametrize("query", ["after_id=-1", "after_id=x", "limit=0", "limit=1001"])
async def test_pages_that_make_no_sense_are_422(lobby: Lobby, query: str) -> None:
    opened = await lobby.opened()

    answer = await lobby.http.get(f"/lobbies/{opened['lobby_id']}/events?{query}")

    assert answer.status_code == 422


@pytest.mark.parametrize("lobby_id", ["%00", "x" * 65])
async def test_ids_that_no_lobby_can_have_are_422(lobby: Lobby, lobby_id: str) -> None:
    answer = await lobby.http.get(f"/lobbies/{lobby_id}")

    assert answer.status_code == 422
