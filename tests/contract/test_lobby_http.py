"""The lobby's documented HTTP routes: shapes, errors, the event log, and what they tell phones."""

import asyncio

import httpx2
import pytest
from live_backend import LiveBackend
from wire import device

from sonalyze_contracts.command import Service

LOBBY_KEYS = {
    "lobby_id",
    "code",
    "admin_device_id",
    "state",
    "participants",
    "active_session_id",
}


async def post(
    http: httpx2.AsyncClient, backend: LiveBackend, path: str, **body: object
) -> httpx2.Response:
    return await http.post(backend.url_of(Service.LOBBY) + path, json=body)


async def opened(http: httpx2.AsyncClient, backend: LiveBackend, admin: str) -> dict[str, str]:
    answer = await post(http, backend, "/lobbies", creator_device_id=admin)
    lobby: dict[str, str] = answer.json()
    return lobby


async def test_a_lobby_lives_its_whole_life_over_http(
    lobby_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    created = await post(http, lobby_backend, "/lobbies", creator_device_id="admin")
    lobby = created.json()
    path = f"/lobbies/{lobby['lobby_id']}"
    joined = await post(http, lobby_backend, "/lobbies/join", code=lobby["code"], device_id="one")
    role = await post(
        http,
        lobby_backend,
        f"{path}/roles",
        admin_device_id="admin",
        target_device_id="one",
        role="speaker",
        role_slot_id="s",
        role_slot_label="S",
    )
    left = await post(http, lobby_backend, f"{path}/leave", device_id="one")
    stranger = await post(http, lobby_backend, f"{path}/leave", device_id="nobody")
    started = await post(http, lobby_backend, f"{path}/start", admin_device_id="admin")
    got = await http.get(lobby_backend.url_of(Service.LOBBY) + path)
    log = await http.get(lobby_backend.url_of(Service.LOBBY) + f"{path}/events")

    assert lobby == {
        "lobby_id": lobby["lobby_id"],
        "code": lobby["code"],
        "admin_device_id": "admin",
        "state": "open",
    }
    assert set(joined.json()) == LOBBY_KEYS
    assert role.json() == left.json() == stranger.json() == {"ok": True}
    assert started.json() == {"ok": True, "state": "measurement_running"}
    assert got.json()["state"] == "measurement_running"
    page = log.json()
    assert set(page) == {"lobby_id", "events"}
    assert [set(entry) for entry in page["events"]] == [{"id", "type", "payload", "created_at"}] * 5
    assert [(entry["type"], entry["payload"]) for entry in page["events"]] == [
        ("lobby_created", {"admin_device_id": "admin", "code": lobby["code"]}),
        ("participant_joined", {"device_id": "one"}),
        (
            "role_assigned",
            {
                "admin_device_id": "admin",
                "target_device_id": "one",
                "role": "speaker",
                "role_slot_id": "s",
                "role_slot_label": "S",
            },
        ),
        ("participant_left", {"device_id": "one"}),
        ("measurement_started", {"admin_device_id": "admin"}),
    ]


async def test_the_log_is_ascending_and_goes_on_after_an_id(
    lobby_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    lobby = await opened(http, lobby_backend, "admin")
    url = f"{lobby_backend.url_of(Service.LOBBY)}/lobbies/{lobby['lobby_id']}/events"
    for number in range(3):
        await post(http, lobby_backend, "/lobbies/join", code=lobby["code"], device_id=str(number))

    whole = (await http.get(url)).json()["events"]
    rest = (await http.get(url, params={"after_id": whole[1]["id"]})).json()["events"]
    end = (await http.get(url, params={"after_id": whole[-1]["id"]})).json()["events"]

    ids = [entry["id"] for entry in whole]
    assert ids == sorted(set(ids))
    assert rest == whole[2:]
    assert end == []


async def test_what_is_shared_stands_in_the_log(
    lobby_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    async with device(lobby_backend.url) as admin:
        lobby = await admin.answer("lobby.create")
        here = {"lobby_id": lobby["lobby_id"]}
        await admin.answer("lobby.room_snapshot", **here, room={"x": 1})
        await admin.answer("lobby.step_update", **here, step_index=2)
        await admin.answer("lobby.profile_update", **here, profile_id="smartphone")

        url = f"{lobby_backend.url_of(Service.LOBBY)}/lobbies/{lobby['lobby_id']}/events"
        log = (await http.get(url)).json()["events"]

        by = {"admin_device_id": admin.device_id}
        assert [(entry["type"], entry["payload"]) for entry in log[1:]] == [
            ("room_snapshot", by),
            ("step_update", by | {"step_index": 2}),
            ("profile_update", by | {"profile_id": "smartphone"}),
        ]


async def test_changes_over_http_are_pushed_like_those_over_the_socket(
    lobby_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    async with device(lobby_backend.url) as admin:
        lobby = await admin.answer("lobby.create")
        path = f"/lobbies/{lobby['lobby_id']}"

        await post(http, lobby_backend, "/lobbies/join", code=lobby["code"], device_id="one")
        await post(
            http,
            lobby_backend,
            f"{path}/roles",
            admin_device_id=admin.device_id,
            target_device_id="one",
            role="microphone",
        )
        await post(http, lobby_backend, f"{path}/leave", device_id="one")

        heard = [(await admin.push())["data"] for _ in range(3)]
        assert [push["type"] for push in heard] == [
            "participant_joined",
            "role_assigned",
            "participant_left",
        ]


async def test_joining_twice_at_the_same_time_is_joining_once(
    lobby_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    lobby = await opened(http, lobby_backend, "admin")

    answers = await asyncio.gather(
        *(
            post(http, lobby_backend, "/lobbies/join", code=lobby["code"], device_id="one")
            for _ in range(8)
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    url = f"{lobby_backend.url_of(Service.LOBBY)}/lobbies/{lobby['lobby_id']}"
    assert len((await http.get(url)).json()["participants"]) == 2
    log = (await http.get(f"{url}/events")).json()["events"]
    assert [entry["type"] for entry in log] == ["lobby_created", "participant_joined"]


LONG = "x" * 129
INVALID = [
    ("/lobbies", {}),
    ("/lobbies", {"creator_device_id": ""}),
    ("/lobbies", {"creator_device_id": LONG}),
    ("/lobbies", {"creator_device_id": "a\x00b"}),
    ("/lobbies/join", {"code": "abc", "device_id": "x"}),
    ("/lobbies/join", {"code": "a" * 17, "device_id": "x"}),
    ("/lobbies/join", {"code": "ABCDEF"}),
    ("/lobbies/join", {"code": "ABCDEF", "device_id": LONG}),
    ("/lobbies/{id}/leave", {}),
    ("/lobbies/{id}/roles", {"admin_device_id": "admin", "target_device_id": "x"}),
    ("/lobbies/{id}/roles", {"admin_device_id": "admin", "target_device_id": "x", "role": "x"}),
    (
        "/lobbies/{id}/roles",
        {"admin_device_id": "a", "target_device_id": "x", "role": "none", "role_slot_id": LONG},
    ),
    ("/lobbies/{id}/start", {}),
]


@pytest.mark.parametrize(("path", "body"), INVALID)
async def test_a_body_outside_its_limits_is_422(
    backend: LiveBackend, http: httpx2.AsyncClient, path: str, body: dict[str, str]
) -> None:
    lobby = await opened(http, backend, "admin")

    answer = await post(http, backend, path.replace("{id}", lobby["lobby_id"]), **body)

    assert answer.status_code == 422
    assert answer.json()["code"] == "bad_request"
    assert isinstance(answer.json()["detail"], list)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_422(
    backend: LiveBackend, http: httpx2.AsyncClient, raw: bytes
) -> None:
    answer = await http.post(
        f"{backend.url_of(Service.LOBBY)}/lobbies",
        content=raw,
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422


NOWHERE = "00000000-0000-0000-0000-000000000000"
UNKNOWN = [
    ("POST", "/lobbies/join", {"code": "------", "device_id": "x"}),
    ("GET", f"/lobbies/{NOWHERE}", None),
    ("GET", f"/lobbies/{NOWHERE}/events", None),
    ("POST", f"/lobbies/{NOWHERE}/leave", {"device_id": "x"}),
    ("POST", f"/lobbies/{NOWHERE}/start", {"admin_device_id": "x"}),
    (
        "POST",
        f"/lobbies/{NOWHERE}/roles",
        {"admin_device_id": "x", "target_device_id": "x", "role": "none"},
    ),
]


@pytest.mark.parametrize(("method", "path", "body"), UNKNOWN)
async def test_an_unknown_lobby_is_404(
    lobby_backend: LiveBackend, http: httpx2.AsyncClient, method: str, path: str, body: object
) -> None:
    answer = await http.request(method, lobby_backend.url_of(Service.LOBBY) + path, json=body)

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert answer.json()["retryable"] is False


@pytest.mark.parametrize("lobby_id", ["a%00b", "x" * 65])
async def test_what_cannot_be_an_id_is_422(
    lobby_backend: LiveBackend, http: httpx2.AsyncClient, lobby_id: str
) -> None:
    answer = await http.get(f"{lobby_backend.url_of(Service.LOBBY)}/lobbies/{lobby_id}")

    assert answer.status_code == 422


async def test_who_is_not_admin_and_who_is_too_late_are_told_so(
    lobby_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    lobby = await opened(http, lobby_backend, "admin")
    path = f"/lobbies/{lobby['lobby_id']}"
    role = {"target_device_id": "admin", "role": "none"}

    statuses = [
        (await post(http, lobby_backend, f"{path}/roles", admin_device_id="x", **role)).status_code,
        (await post(http, lobby_backend, f"{path}/start", admin_device_id="x")).status_code,
        (await post(http, lobby_backend, f"{path}/start", admin_device_id="admin")).status_code,
        (await post(http, lobby_backend, f"{path}/start", admin_device_id="admin")).status_code,
        (
            await post(http, lobby_backend, "/lobbies/join", code=lobby["code"], device_id="x")
        ).status_code,
    ]

    assert statuses == [403, 403, 200, 409, 409]
