"""The envelope, identification and every error of the gateway itself, on real sockets."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from live_backend import LiveBackend, live_backend
from websockets.exceptions import ConnectionClosed
from wire import Json, device, events_of

from sonalyze_contracts.command import Service

MAX_MESSAGE_BYTES = 65_536


def message_of(size_bytes: int) -> str:
    """Make a valid message of exactly this size in UTF-8, with a character of two bytes."""
    head, tail = '{"event": "lobby.get", "data": {"code": "', '"}, "x": "ä"}'
    return head + "A" * (size_bytes - len((head + tail).encode())) + tail


async def test_a_socket_without_an_id_is_asked_for_one(backend: LiveBackend) -> None:
    async with device(backend.url, identified=False) as one:
        push = await one.push()

        assert push["event"] == "gateway.identify_required"
        assert set(push["data"]) == {"hint"}


async def test_identify_is_answered_with_the_id_and_may_be_repeated(backend: LiveBackend) -> None:
    async with device(backend.url, "phone ä/1", identified=False) as one:
        first = await one.answer("identify", device_id="phone ä/1")
        second = await one.answer("identify", device_id="phone ä/1")

        assert first == second == {"device_id": "phone ä/1"}


@pytest.mark.parametrize(
    "data", [{}, {"device_id": ""}, {"device_id": 7}, {"device_id": "x" * 129}]
)
async def test_identify_needs_a_usable_id(backend: LiveBackend, data: Json) -> None:
    async with device(backend.url, identified=False) as one:
        error = await one.refusal("identify", **data)

        assert error["code"] == "bad_request"
        assert error["message"] == "identify requires data.device_id"


async def test_a_socket_belongs_to_one_device_for_ever(backend: LiveBackend) -> None:
    async with device(backend.url) as one:
        error = await one.refusal("identify", device_id="another")

        assert error["code"] == "conflict"


async def test_nothing_but_identify_is_answered_before_identification(
    backend: LiveBackend,
) -> None:
    async with device(backend.url, identified=False) as one:
        error = await one.refusal("lobby.create")

        assert error["code"] == "unauthenticated"
        assert error["message"] == "Identify first"


async def test_the_sender_is_the_connection_whatever_the_data_says(backend: LiveBackend) -> None:
    async with device(backend.url) as one:
        lobby = await one.answer("lobby.create", device_id="somebody", admin_device_id="somebody")

        assert lobby["admin_device_id"] == one.device_id


@pytest.mark.parametrize("event", ["nothing.known", "Lobby.create", "gateway", "gateway.handle"])
async def test_an_event_that_nobody_routes_is_unknown(backend: LiveBackend, event: str) -> None:
    async with device(backend.url) as one:
        error = await one.refusal(event)

        assert error["code"] == "unknown_event"
        assert event in error["message"]


@pytest.mark.parametrize("event", ["lobby.dance", "measurement.dance", "analysis.dance", "role.x"])
async def test_an_event_that_its_service_does_not_know_is_unknown(
    backend: LiveBackend, event: str
) -> None:
    async with device(backend.url) as one:
        error = await one.refusal(event)

        assert error["code"] == "unknown_event"
        assert error["message"] == f"Unknown event: {event}"


UNREADABLE: list[str | bytes] = [
    "",
    "no json",
    "[]",
    "7",
    "null",
    "{}",
    '{"event": ""}',
    '{"event": 7}',
    '{"event": "lobby.create", "data": []}',
    '{"event": "lobby.create", "request_id": 7}',
    '{"event": "lobby.create"',
    '{"event": NaN}',
    b"binary",
    b"",
]


async def test_what_is_not_a_message_is_refused_and_the_socket_stays(
    backend: LiveBackend,
) -> None:
    async with device(backend.url) as one:
        for raw in UNREADABLE:
            await one.say(raw)

            message = await one.unasked()
            assert message["type"] == "error", raw
            assert message["event"] == "gateway"
            assert message["request_id"] is None
            assert message["error"]["code"] == "bad_request"
        assert await one.answer("lobby.create")


async def test_a_readable_request_id_is_echoed_even_when_the_rest_is_wrong(
    backend: LiveBackend,
) -> None:
    async with device(backend.url) as one:
        await one.say({"request_id": "r-1", "event": 7})

        message = await one.unasked()

        assert message["request_id"] == "r-1"
        assert message["error"]["message"] == "Invalid JSON message"


async def test_unknown_fields_are_ignored_and_a_request_id_is_optional(
    backend: LiveBackend,
) -> None:
    async with device(backend.url) as one:
        await one.say({"event": "lobby.create", "newer": 1, "data": {"newer": [2]}})

        message = await one.unasked()

        assert message["type"] == "response"
        assert message["request_id"] is None
        assert message["data"]["state"] == "open"


async def test_the_size_limit_is_inclusive_and_counts_bytes(backend: LiveBackend) -> None:
    async with device(backend.url) as one:
        await one.say(message_of(MAX_MESSAGE_BYTES))
        within = await one.unasked()
        await one.say(message_of(MAX_MESSAGE_BYTES + 1))
        beyond = await one.unasked()

        assert within["error"]["code"] == "bad_request"
        assert within["event"] == "lobby.get"
        assert beyond["event"] == "gateway"
        assert beyond["request_id"] is None
        assert beyond["error"]["code"] == "message_too_large"
        assert await one.answer("lobby.create")


async def test_a_message_beyond_anything_is_answered_with_a_documented_close(
    backend: LiveBackend,
) -> None:
    async with device(backend.url) as one:
        with suppress(ConnectionClosed):
            await one.say("x" * (2 << 20))

        assert await one.closed() == 1009


async def test_text_that_is_no_utf_8_closes_with_1007(backend: LiveBackend) -> None:
    async with device(backend.url) as one:
        await one._socket.send(b"\xff\xfe", text=True)

        assert await one.closed() == 1007


async def test_all_sockets_of_a_device_hear_its_pushes(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    async with device(backend.url, "twin") as one, device(backend.url, "twin") as other:
        answer = await http.post(
            f"{backend.url}/internal/broadcast",
            headers={"X-Internal-Token": backend.token},
            json={
                "event": "test.hello",
                "data": {"to": "both"},
                "targets": {"device_ids": ["twin", "nobody"]},
            },
        )

        assert answer.status_code == 200
        assert answer.json() == {"sent": 2}
        for heard in (await one.push(), await other.push()):
            assert heard["event"] == "test.hello"
            assert heard["data"] == {"to": "both"}


@pytest.mark.parametrize(
    ("shown", "body", "status"),
    [
        (None, {"event": "test.x", "targets": {}}, 403),
        ("wrong", {"event": "test.x", "targets": {}}, 403),
        ("{right}", {"event": "test.x", "targets": {}}, 200),
        ("{right}", {"event": "", "targets": {}}, 422),
        ("{right}", {"event": "test.x"}, 422),
        ("{right}", {"targets": {}}, 422),
        ("{right}", [], 422),
    ],
)
async def test_a_broadcast_needs_the_token_and_the_shape(
    backend: LiveBackend, http: httpx2.AsyncClient, shown: str | None, body: object, status: int
) -> None:
    headers = {} if shown is None else {"X-Internal-Token": shown.format(right=backend.token)}

    answer = await http.post(f"{backend.url}/internal/broadcast", headers=headers, json=body)

    assert answer.status_code == status
    if status != 200:
        assert {"detail", "code", "retryable", "correlation_id"} <= set(answer.json())


async def test_requests_of_one_socket_run_at_the_same_time(backend: LiveBackend) -> None:
    async with device(backend.url) as one:
        replies = await asyncio.gather(*(one.answer("lobby.create") for _ in range(20)))

        assert len({reply["code"] for reply in replies}) == 20


@pytest.fixture(scope="module")
def lonely_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveBackend]:
    """Run a gateway with the documented rate limit and nothing behind it, without a token."""
    with live_backend(
        tmp_path_factory.mktemp("lonely"),
        Service.GATEWAY,
        RATE_LIMIT_RPS="10.0",
        RATE_LIMIT_BURST="20",
        INTERNAL_AUTH_TOKEN="",
        MAX_SOCKETS="2",
    ) as gateway:
        yield gateway


async def test_the_twenty_first_message_at_once_is_too_many(lonely_gateway: LiveBackend) -> None:
    async with device(lonely_gateway.url) as one, device(lonely_gateway.url) as other:
        for number in range(30):
            await one.say({"event": "x.y", "request_id": str(number)})
        answers = [await one.unasked() for _ in range(30)]
        elsewhere = await other.refusal("x.y")

        codes = {answer["request_id"]: answer["error"]["code"] for answer in answers}
        assert [codes[str(number)] for number in range(20)] == ["unknown_event"] * 20
        limited = [answer for answer in answers if answer["error"]["code"] == "rate_limited"]
        assert len(limited) >= 8
        assert {(one["event"], one["error"]["message"]) for one in limited} == {
            ("gateway", "Too many messages")
        }
        assert elsewhere["code"] == "unknown_event"


async def test_one_socket_too_many_is_asked_to_come_again_later(
    lonely_gateway: LiveBackend,
) -> None:
    async with device(lonely_gateway.url) as one:
        async with device(lonely_gateway.url), device(lonely_gateway.url) as third:
            assert await third.closed() == 1013
        assert (await one.refusal("x.y"))["code"] == "unknown_event"


async def test_without_a_token_nobody_may_broadcast(
    lonely_gateway: LiveBackend, http: httpx2.AsyncClient
) -> None:
    answer = await http.post(
        f"{lonely_gateway.url}/internal/broadcast", json={"event": "test.x", "targets": {}}
    )

    assert answer.status_code == 500


@pytest.mark.parametrize(
    "event", ["lobby.create", "role.assign", "measurement.create_job", "simulation.run"]
)
async def test_a_service_that_is_down_is_an_upstream_error_and_nothing_internal(
    lonely_gateway: LiveBackend, event: str
) -> None:
    async with device(lonely_gateway.url) as one:
        error = await one.refusal(event)

        assert error["code"] == "upstream_error"
        assert error["message"] == "Upstream unreachable"
        assert_names_nobody(json.dumps(error), lonely_gateway)


@pytest.mark.parametrize(
    "path", ["/v1/jobs", "/v1/jobs/x", "/v1/measurement/audio", "/v1/simulation/materials"]
)
async def test_a_proxied_request_to_a_service_that_is_down_is_502_and_nothing_internal(
    lonely_gateway: LiveBackend, http: httpx2.AsyncClient, path: str
) -> None:
    answer = await http.get(lonely_gateway.url + path)

    assert answer.status_code == 502
    assert answer.json()["detail"] == "Upstream unreachable"
    assert answer.json()["code"] == "upstream_error"
    assert_names_nobody(answer.text + str(answer.headers), lonely_gateway)


async def test_a_service_that_does_not_answer_in_time_is_an_upstream_error(
    tmp_path: Path,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with live_backend(
            tmp_path,
            Service.GATEWAY,
            LOBBY_URL=f"http://127.0.0.1:{port}",
            HTTP_TIMEOUT_SECONDS="0.3",
        ) as gateway:
            async with device(gateway.url) as one:
                error = await one.refusal("lobby.create")

    assert error["code"] == "upstream_error"
    assert error["message"] == "Upstream timeout"
    assert str(port) not in json.dumps(error)


async def test_pushes_keep_their_order(backend: LiveBackend, http: httpx2.AsyncClient) -> None:
    async with device(backend.url) as one:
        for number in range(20):
            await http.post(
                f"{backend.url}/internal/broadcast",
                headers={"X-Internal-Token": backend.token},
                json={
                    "event": f"test.{number}",
                    "targets": {"device_ids": [one.device_id]},
                },
            )

        heard = [await one.push() for _ in range(20)]

        assert events_of(heard) == [f"test.{number}" for number in range(20)]


def assert_names_nobody(text: str, gateway: LiveBackend) -> None:
    """Fail if a text that clients see names an internal address."""
    for service in (Service.LOBBY, Service.MEASUREMENT):
        assert str(gateway.ports[service]) not in text
    assert "Traceback" not in text
    assert "aiohttp" not in text
    assert "simulation:8000" not in text
