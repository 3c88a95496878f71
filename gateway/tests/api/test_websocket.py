import asyncio
import json

import pytest
from aiohttp import web
from gateway_harness import Gateways, Upstream

from sonalyze_contracts.envelope import ServerMessage

KEYS = {"type", "event", "request_id", "data", "error"}


def error_in(message: dict[str, object]) -> tuple[object, ...]:
    error = message["error"]
    assert isinstance(error, dict)
    return message["type"], message["event"], message["request_id"], error["code"], error["message"]


async def test_a_socket_without_a_device_id_is_asked_to_identify(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone() as phone:
        first = await phone.hear()

    assert set(first) == KEYS
    assert (first["type"], first["event"]) == ("event", "gateway.identify_required")
    assert (first["request_id"], first["error"]) == (None, None)
    assert "identify" in first["data"]["hint"]


async def test_the_query_identifies_a_socket(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        answer = await phone.ask("lobby.get", "1")

    assert answer["type"] == "response"
    assert answer["data"]["client"]["device_id"] == "a"


async def test_identify_answers_with_the_device_id(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone() as phone:
        await phone.hear()
        answer = await phone.ask("identify", "1", device_id="a")

    assert answer == {
        "type": "response",
        "event": "identify",
        "request_id": "1",
        "data": {"device_id": "a"},
        "error": None,
    }


async def test_identifying_twice_is_identifying_once(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        answer = await phone.ask("identify", "1", device_id="a")

    assert answer["data"] == {"device_id": "a"}


async def test_a_socket_does_not_change_its_device(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        refusal = await phone.ask("identify", "1", device_id="b")
        answer = await phone.ask("lobby.get", "2")

    assert error_in(refusal)[:4] == ("error", "identify", "1", "conflict")
    assert answer["data"]["client"]["device_id"] == "a"


@pytest.mark.parametrize("device_id", [None, "", 7, "x" * 129, "a\x00b"])
async def test_identify_needs_a_usable_device_id(gateways: Gateways, device_id: object) -> None:
    gateway = await gateways.start()

    async with gateway.phone() as phone:
        await phone.hear()
        refusal = await phone.ask("identify", "1", device_id=device_id)

    message = "identify requires data.device_id"
    assert error_in(refusal) == ("error", "identify", "1", "bad_request", message)


async def test_an_unusable_id_in_the_query_is_refused_and_asked_for_again(
    gateways: Gateways,
) -> None:
    gateway = await gateways.start()

    async with gateway.phone("x" * 129) as phone:
        refusal, push = await phone.hear(), await phone.hear()
        answer = await phone.ask("identify", "1", device_id="a")

    assert error_in(refusal)[:4] == ("error", "identify", None, "bad_request")
    assert push["event"] == "gateway.identify_required"
    assert answer["type"] == "response"


async def test_nothing_but_identify_is_answered_before_identification(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone() as phone:
        await phone.hear()
        refusals = [await phone.ask("lobby.get", "1"), await phone.ask("no.such", "2")]

    assert [error_in(refusal) for refusal in refusals] == [
        ("error", "lobby.get", "1", "unauthenticated", "Identify first"),
        ("error", "no.such", "2", "unauthenticated", "Identify first"),
    ]


async def test_an_event_that_nobody_answers_is_unknown(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        refusal = await phone.ask("no.such", "1")

    assert error_in(refusal) == (
        "error",
        "no.such",
        "1",
        "unknown_event",
        "Unknown event 'no.such'",
    )


@pytest.mark.parametrize(
    ("text", "request_id"),
    [
        ("{", None),
        ("[]", None),
        ("NaN", None),
        ('{"event": ""}', None),
        ('{"request_id": "7"}', "7"),
        ('{"event": "", "request_id": "7"}', "7"),
        ('{"event": "e", "request_id": "7", "data": []}', "7"),
        ('{"event": "e", "request_id": 7}', None),
        ('{"event": "e", "data": null, "request_id": "7"}', "7"),
        ("[" * 5000, None),
    ],
)
async def test_what_is_not_a_message_is_a_bad_request(
    gateways: Gateways, text: str, request_id: str | None
) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        await phone.socket.send(text)
        refusal = await phone.hear()

    message = "Invalid JSON message"
    assert error_in(refusal) == ("error", "gateway", request_id, "bad_request", message)


async def test_a_binary_frame_is_refused_and_the_socket_lives_on(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        await phone.socket.send(b'{"event": "lobby.get"}')
        refusal = await phone.hear()
        answer = await phone.ask("lobby.get", "1")

    assert error_in(refusal)[:4] == ("error", "gateway", None, "bad_request")
    assert answer["type"] == "response"


@pytest.mark.parametrize("letter", ["x", "é"])
async def test_the_size_limit_counts_bytes_and_is_inclusive(
    gateways: Gateways, letter: str
) -> None:
    gateway = await gateways.start(max_message_bytes=200)
    head, tail = '{"event": "lobby.get", "request_id": "1", "data": {"x": "', '"}}'
    room = 200 - len(head) - len(tail)
    fits = letter * (room // len(letter.encode()))

    async with gateway.phone("a") as phone:
        await phone.socket.send(head + fits + tail)
        answer = await phone.hear()
        await phone.socket.send(head + fits + letter + letter + tail)
        refusal = await phone.hear()
        later = await phone.ask("lobby.get", "2")

    assert answer["type"] == "response"
    message = "Message exceeds MAX_MESSAGE_BYTES"
    assert error_in(refusal) == ("error", "gateway", None, "message_too_large", message)
    assert later["type"] == "response"


async def test_a_frame_that_the_server_does_not_read_closes_with_1009(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        await phone.socket.send("x" * ((1 << 20) + 1))
        code = await phone.ends()

    assert code == 1009


async def test_an_empty_bucket_refuses_and_echoes_the_request_id(gateways: Gateways) -> None:
    gateway = await gateways.start(rate_limit_rps=0.001, rate_limit_burst=2)

    async with gateway.phone("a") as phone:
        for request_id in ("1", "2", "3"):
            await phone.say("no.such", request_id)
        answers = [await phone.hear() for _ in range(3)]

    assert [answer["error"]["code"] for answer in answers[:2]] == ["unknown_event"] * 2
    assert error_in(answers[2]) == ("error", "gateway", "3", "rate_limited", "Too many messages")


async def test_each_socket_has_its_own_bucket(gateways: Gateways) -> None:
    gateway = await gateways.start(rate_limit_rps=0.001, rate_limit_burst=1)

    async with gateway.phone("a") as one, gateway.phone("a") as other:
        answers = [await one.ask("no.such"), await other.ask("no.such")]

    assert [answer["error"]["code"] for answer in answers] == ["unknown_event"] * 2


async def test_size_is_checked_before_the_rate(gateways: Gateways) -> None:
    gateway = await gateways.start(rate_limit_rps=0.001, rate_limit_burst=1, max_message_bytes=100)

    async with gateway.phone("a") as phone:
        await phone.ask("no.such")
        await phone.socket.send("x" * 101)
        refusal = await phone.hear()

    assert refusal["error"]["code"] == "message_too_large"


async def test_unknown_fields_are_ignored(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        await phone.socket.send('{"event": "lobby.get", "new": 1, "data": {"code": "X"}}')
        answer = await phone.hear()

    assert answer["data"]["message"] == {
        "event": "lobby.get",
        "request_id": None,
        "data": {"code": "X"},
    }


async def test_every_message_has_the_five_keys_and_is_of_the_contract(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone() as phone:
        messages = [await phone.hear()]
        messages.append(await phone.ask("x"))
        messages.append(await phone.ask("identify", device_id="a"))
        messages.append(await phone.ask("lobby.get"))

    assert [set(message) for message in messages] == [KEYS] * 4
    assert [ServerMessage.model_validate(message).type for message in messages] == [
        "event",
        "error",
        "response",
        "response",
    ]


async def test_requests_of_one_socket_are_answered_as_they_are_ready(
    gateways: Gateways, upstream: Upstream
) -> None:
    gateway = await gateways.start()
    second_was_asked = asyncio.Event()

    async def first_waits_for_second(request: web.Request) -> web.Response:
        if (await request.json())["message"]["request_id"] == "1":
            await second_was_asked.wait()
        else:
            second_was_asked.set()
        return web.json_response({})

    upstream.on_event = first_waits_for_second

    async with gateway.phone("a") as phone:
        await phone.say("lobby.get", "1")
        await phone.say("lobby.get", "2")
        answers = [await phone.hear(), await phone.hear()]

    assert {answer["request_id"] for answer in answers} == {"1", "2"}


async def test_no_more_requests_run_at_once_than_allowed_and_none_is_lost(
    gateways: Gateways, upstream: Upstream
) -> None:
    gateway = await gateways.start(
        max_concurrent_requests=3, rate_limit_burst=100, rate_limit_rps=100
    )
    running = most = 0

    async def counted(_: web.Request) -> web.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _turn in range(20):
            await asyncio.sleep(0)
        running -= 1
        return web.json_response({})

    upstream.on_event = counted

    async with gateway.phone("a") as phone:
        for number in range(50):
            await phone.say("lobby.get", str(number))
        answers = [await phone.hear() for _ in range(50)]

    assert sorted(int(answer["request_id"]) for answer in answers) == list(range(50))
    assert most <= 3


async def test_what_a_client_asked_before_it_left_still_happens(
    gateways: Gateways, upstream: Upstream
) -> None:
    gateway = await gateways.start()
    happened = asyncio.Event()
    client_left = asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await client_left.wait()
        await request.read()
        happened.set()
        return web.json_response({})

    upstream.on_event = slow

    async with gateway.phone("a") as phone:
        await phone.say("lobby.leave", "1", lobby_id="x")
    client_left.set()

    assert await asyncio.wait_for(happened.wait(), 5)


async def test_no_more_sockets_open_than_allowed(gateways: Gateways) -> None:
    gateway = await gateways.start(max_sockets=1)

    async with gateway.phone("a") as first:
        async with gateway.phone("b") as second:
            code = await second.ends()
        answer = await first.ask("lobby.get")

    assert code == 1013
    assert answer["type"] == "response"


async def test_text_that_is_not_utf8_closes_with_1007(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        await phone.socket.send(b"\xff\xfe", text=True)
        code = await phone.ends()

    assert code == 1007


async def test_any_asgi_server_will_do(gateways: Gateways) -> None:
    gateway = await gateways.start(ws="auto")

    async with gateway.phone() as phone:
        first = await phone.hear()
        await phone.ask("identify", device_id="a")
        await phone.socket.send(json.dumps({"event": "lobby.get", "data": {"é": 1}}))
        answer = await phone.hear()

    assert first["event"] == "gateway.identify_required"
    assert answer["data"]["message"]["data"] == {"é": 1}
