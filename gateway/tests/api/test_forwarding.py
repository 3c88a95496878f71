import asyncio
import json

import pytest
from aiohttp import web
from gateway_harness import TOKEN, Gateways, Handler, Upstream

from sonalyze_contracts.command import Service
from sonalyze_gateway.domain.routes import UPSTREAMS


def answering(status: int, body: object) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, content_type="application/json")

    return answer


async def refusal_of(gateways: Gateways, **settings: object) -> dict[str, object]:
    gateway = await gateways.start(**settings)
    async with gateway.phone("a") as phone:
        message = await phone.ask("lobby.get", "1", code="X")
    assert (message["type"], message["event"], message["request_id"]) == ("error", "lobby.get", "1")
    assert message["data"] is None
    return message["error"]


async def test_a_service_is_told_who_asks_and_what(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        answer = await phone.ask("lobby.get", "1", code="X", device_id="somebody else")

    forwarded = answer["data"]
    assert set(forwarded) == {"client", "message"}
    assert set(forwarded["client"]) == {"device_id", "connection_id", "ip"}
    assert forwarded["client"]["device_id"] == "a"
    assert forwarded["client"]["ip"] == "127.0.0.1"
    assert forwarded["message"] == {
        "event": "lobby.get",
        "request_id": "1",
        "data": {"code": "X", "device_id": "somebody else"},
    }


async def test_every_message_has_its_own_request_id_and_carries_the_token(
    gateways: Gateways, upstream: Upstream
) -> None:
    gateway = await gateways.start()

    async with gateway.phone("a") as phone:
        await phone.ask("lobby.get", "1")
        await phone.ask("lobby.get", "2")

    ids = {request.headers["X-Request-ID"] for request in upstream.events}
    assert len(ids) == 2
    assert {request.headers["X-Internal-Token"] for request in upstream.events} == {TOKEN}


async def test_without_a_token_none_is_sent(gateways: Gateways, upstream: Upstream) -> None:
    gateway = await gateways.start(internal_auth_token="")

    async with gateway.phone("a") as phone:
        await phone.ask("lobby.get", "1")

    assert "X-Internal-Token" not in upstream.events[0].headers


@pytest.mark.parametrize(
    ("event", "service"),
    [
        ("lobby.create", Service.LOBBY),
        ("lobby.something_new", Service.LOBBY),
        ("role.assign", Service.LOBBY),
        ("measurement.create_session", Service.LOBBY),
        ("measurement.client_ready", Service.LOBBY),
        ("measurement.something_new", Service.LOBBY),
        ("measurement.create_job", Service.MEASUREMENT),
        ("measurement.get_job", Service.MEASUREMENT),
        ("measurement.get_audio_info", Service.MEASUREMENT),
        ("analysis.run", Service.MEASUREMENT),
        ("analysis.something_new", Service.MEASUREMENT),
        ("simulation.run", Service.SIMULATION),
    ],
)
async def test_each_event_reaches_the_service_that_answers_it(
    gateways: Gateways, event: str, service: Service
) -> None:
    addresses: dict[str, str] = {}
    reached: list[Service] = []

    def noting(name: Service) -> Handler:
        async def answer(_: web.Request) -> web.Response:
            reached.append(name)
            return web.json_response({})

        return answer

    upstreams = {name: Upstream() for name in UPSTREAMS}
    lobby, measurement, simulation = upstreams.values()
    async with lobby.running(), measurement.running(), simulation.running():
        for name, running in upstreams.items():
            addresses[f"{name}_url"] = running.address
            running.on_event = noting(name)
        gateway = await gateways.start(**addresses)
        async with gateway.phone("a") as phone:
            await phone.ask(event)

    assert reached == [service]


async def test_an_error_of_ours_keeps_code_message_and_details(
    gateways: Gateways, upstream: Upstream
) -> None:
    upstream.on_event = answering(
        409,
        {
            "detail": "The lobby is not open",
            "code": "conflict",
            "retryable": False,
            "details": {"condition": "lobby_closed", "state": "closed"},
        },
    )

    error = await refusal_of(gateways)

    assert error == {
        "code": "conflict",
        "message": "The lobby is not open",
        "details": {"condition": "lobby_closed", "state": "closed"},
    }


async def test_an_error_tells_its_correlation_id(gateways: Gateways, upstream: Upstream) -> None:
    upstream.on_event = answering(
        500, {"detail": "Something went wrong", "code": "internal", "correlation_id": "abc"}
    )

    error = await refusal_of(gateways)

    assert error["code"] == "internal"
    assert error["details"] == {"correlation_id": "abc"}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (401, "unauthenticated"),
        (403, "forbidden"),
        (404, "not_found"),
        (409, "conflict"),
        (413, "too_large"),
        (422, "bad_request"),
        (429, "rate_limited"),
    ],
)
async def test_a_status_stands_for_a_code_where_the_service_says_none(
    gateways: Gateways, upstream: Upstream, status: int, code: str
) -> None:
    upstream.on_event = answering(status, {"detail": "As it was said"})

    error = await refusal_of(gateways)

    assert (error["code"], error["message"]) == (code, "As it was said")


async def test_a_list_of_faults_becomes_a_sentence(gateways: Gateways, upstream: Upstream) -> None:
    upstream.on_event = answering(
        422,
        {
            "detail": [
                {"type": "missing", "loc": ["body", "map"], "msg": "Field required"},
                {"type": "int", "loc": ["body", "n", 0], "msg": "Not a number"},
            ]
        },
    )

    error = await refusal_of(gateways)

    assert (error["code"], error["message"]) == (
        "bad_request",
        "'map': Field required; 'n.0': Not a number",
    )


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "<html>"),
        (200, '{"n": NaN}'),
        (204, ""),
        (302, "{}"),
        (500, "<html>http://lobby:8000 is broken</html>"),
        (502, "{}"),
        (500, '{"detail": "Traceback at http://lobby:8000"}'),
        (400, '"text"'),
        (400, '{"detail": 7}'),
        (400, '{"detail": []}'),
    ],
)
async def test_what_is_neither_reply_nor_error_is_an_upstream_error(
    gateways: Gateways, upstream: Upstream, status: int, body: str
) -> None:
    upstream.on_event = answering(status, body)

    error = await refusal_of(gateways)

    assert (error["code"], error["message"]) == ("upstream_error", f"Upstream error ({status})")


async def test_a_service_that_refuses_our_token_is_not_the_clients_fault(
    gateways: Gateways, upstream: Upstream
) -> None:
    upstream.on_event = answering(
        403,
        {
            "detail": "Wrong or missing internal token",
            "code": "forbidden",
            "details": {"condition": "wrong_token"},
        },
    )

    error = await refusal_of(gateways)

    assert error["code"] == "upstream_error"


async def test_a_service_that_takes_too_long_is_an_upstream_timeout(
    gateways: Gateways, upstream: Upstream
) -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    upstream.on_event = never

    error = await refusal_of(gateways, http_timeout_seconds=0.1)

    assert (error["code"], error["message"]) == ("upstream_error", "Upstream timeout")


async def test_a_service_that_is_down_is_unreachable_and_not_named(gateways: Gateways) -> None:
    error = await refusal_of(gateways, lobby_url="http://127.0.0.1:9")

    assert (error["code"], error["message"]) == ("upstream_error", "Upstream unreachable")
    assert "127.0.0.1" not in json.dumps(error)


async def test_a_service_that_breaks_off_is_unreachable(
    gateways: Gateways, upstream: Upstream
) -> None:
    async def break_off(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    upstream.on_event = break_off

    error = await refusal_of(gateways)

    assert (error["code"], error["message"]) == ("upstream_error", "Upstream unreachable")


async def test_data_nested_beyond_reason_is_a_bad_request(gateways: Gateways) -> None:
    gateway = await gateways.start()
    deep = "[" * 300 + "]" * 300

    async with gateway.phone("a") as phone:
        await phone.socket.send(
            f'{{"event": "lobby.get", "request_id": "1", "data": {{"x": {deep}}}}}'
        )
        answer = await phone.hear()

    assert (answer["event"], answer["request_id"]) == ("lobby.get", "1")
    assert answer["error"]["code"] == "bad_request"


async def test_a_failure_nobody_foresaw_is_internal_and_the_socket_lives_on(
    gateways: Gateways, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = await gateways.start(log_level="ERROR")

    def fail(_: int) -> bool:
        raise RuntimeError("a secret of the inside")

    async with gateway.phone("a") as phone:
        with monkeypatch.context() as broken:
            broken.setattr("sonalyze_gateway.forwarding.is_success", fail)
            refusal = await phone.ask("lobby.get", "1")
        answer = await phone.ask("lobby.get", "2")

    assert refusal["error"]["code"] == "internal"
    assert refusal["error"]["details"]["correlation_id"]
    assert "secret" not in json.dumps(refusal)
    assert answer["type"] == "response"
