import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from gateway_harness import Gateways, RunningGateway, Upstream

PATIENCE_S = 5.0


async def call(
    gateway: RunningGateway,
    method: str,
    path: str,
    **options: Any,  # noqa: ANN401  aiohttp's own
) -> tuple[aiohttp.ClientResponse, bytes]:
    async with (
        aiohttp.ClientSession(auto_decompress=False) as http,
        http.request(method, gateway.url + path, allow_redirects=False, **options) as answer,
    ):
        return answer, await answer.read()


async def raw(gateway: RunningGateway, request: str) -> str:
    """Speak HTTP by hand, for what no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(request.encode("latin-1"))
    answer = await asyncio.wait_for(reader.read(), PATIENCE_S)
    writer.close()
    return answer.decode("latin-1")


async def status_of(gateway: RunningGateway, path: str) -> int:
    answer = await raw(gateway, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return int(answer.split(" ", 2)[1])


@pytest.mark.parametrize(
    ("public", "there"),
    [
        ("/v1/measurement/reference.wav", "/v1/measurement/reference.wav"),
        (
            "/v1/measurement/x?sample_rate=48000&a=b%20c",
            "/v1/measurement/x?sample_rate=48000&a=b%20c",
        ),
        ("/v1/jobs", "/v1/jobs"),
        ("/v1/jobs/", "/v1/jobs/"),
        ("/v1/jobs/1/uploads/a%20b", "/v1/jobs/1/uploads/a%20b"),
        ("/v1/simulation/simulate", "/simulate"),
        ("/v1/simulation/materials/?x=1", "/materials/?x=1"),
        ("/v1/simulation", "/"),
        ("/v1/simulation/health", "/health"),
        ("/v1/jobs/a+b~c:@d", "/v1/jobs/a+b~c:@d"),
        ("/v1/jobs/%C3%A4", "/v1/jobs/%C3%A4"),
    ],
)
async def test_paths_and_queries_pass_as_they_are(
    gateways: Gateways, public: str, there: str
) -> None:
    gateway = await gateways.start()

    answer = await raw(gateway, f"GET {public} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert json.loads(answer.partition("\r\n\r\n")[2])["path"] == there


@pytest.mark.parametrize(
    "method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "QUERY"]
)
async def test_every_method_passes(gateways: Gateways, method: str) -> None:
    gateway = await gateways.start()

    answer, body = await call(gateway, method, "/v1/jobs/1")

    assert answer.status == 200
    assert json.loads(body)["method"] == method


async def test_head_passes_with_the_length_of_what_it_stands_for(
    gateways: Gateways, upstream: Upstream
) -> None:
    async def sized(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 1234)

    upstream.on_request = sized
    gateway = await gateways.start()

    answer, body = await call(gateway, "HEAD", "/v1/jobs/1")

    assert (answer.headers["Content-Length"], body) == ("1234", b"")
    assert upstream.requests[0].method == "HEAD"


async def test_status_headers_and_body_come_back_unchanged(
    gateways: Gateways, upstream: Upstream
) -> None:
    async def teapot(_: web.Request) -> web.Response:
        headers = [("X-Alignment", "ok"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]
        response = web.Response(status=418, body=b"\x1f\x8b\x00raw", headers=headers)
        response.headers["Content-Encoding"] = "gzip"
        return response

    upstream.on_request = teapot
    gateway = await gateways.start()

    answer, body = await call(gateway, "GET", "/v1/jobs/1")

    assert (answer.status, body) == (418, b"\x1f\x8b\x00raw")
    assert answer.headers["X-Alignment"] == "ok"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers.getall("Set-Cookie") == ["a=1", "b=2"]
    assert len(answer.headers.getall("Date")) == 1


async def test_request_headers_pass_with_who_asked_and_without_what_concerns_one_hop(
    gateways: Gateways,
) -> None:
    gateway = await gateways.start()
    request = (
        "GET /v1/jobs/1 HTTP/1.1\r\nHost: public.example\r\nConnection: close, X-Hop\r\n"
        "X-Hop: 1\r\nTE: trailers\r\nX-Internal-Token: guessed\r\nX-Request-ID: mine-1\r\n"
        "X-Forwarded-For: 10.0.0.9\r\nX-Kept: yes\r\nAuthorization: Bearer t\r\n\r\n"
    )

    answer = await raw(gateway, request)

    head, _, body = answer.partition("\r\n\r\n")
    seen = {name.lower(): value for name, value in json.loads(body)["headers"]}
    assert {"x-hop", "te", "connection", "x-internal-token"}.isdisjoint(seen)
    assert seen["host"] != "public.example"
    assert (seen["x-kept"], seen["authorization"]) == ("yes", "Bearer t")
    assert seen["x-forwarded-for"].startswith("10.0.0.9, ")
    assert seen["x-forwarded-proto"] == "http"
    assert seen["x-request-id"] == "mine-1"
    assert "x-request-id: mine-1" in head.lower()
    assert {"accept", "user-agent", "accept-encoding", "content-type"}.isdisjoint(seen)


async def test_a_cors_preflight_is_answered_by_the_service(
    gateways: Gateways, upstream: Upstream
) -> None:
    async def preflight(_: web.Request) -> web.Response:
        return web.Response(status=204, headers={"Access-Control-Allow-Origin": "*"})

    upstream.on_request = preflight
    gateway = await gateways.start()
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}

    answer, _ = await call(gateway, "OPTIONS", "/v1/jobs/1/uploads/a", headers=headers)

    assert answer.status == 204
    assert answer.headers.getall("Access-Control-Allow-Origin") == ["*"]


async def test_browsers_can_read_the_gateways_own_errors(gateways: Gateways) -> None:
    gateway = await gateways.start(measurement_url="http://127.0.0.1:9")

    answer, _ = await call(gateway, "GET", "/v1/jobs/1", headers={"Origin": "https://app.example"})

    assert answer.status == 502
    assert answer.headers.getall("Access-Control-Allow-Origin") == ["*"]


async def test_an_upload_keeps_its_length(gateways: Gateways) -> None:
    gateway = await gateways.start()
    size = 3 << 20

    answer, body = await call(gateway, "POST", "/v1/jobs", data=io.BytesIO(b"x" * size))

    seen = {name.lower(): value for name, value in json.loads(body)["headers"]}
    assert answer.status == 200
    assert json.loads(body)["size"] == size
    assert seen["content-length"] == str(size)
    assert "transfer-encoding" not in seen


async def test_an_upload_without_a_length_passes_in_chunks(gateways: Gateways) -> None:
    gateway = await gateways.start()

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"piece"

    answer, body = await call(gateway, "POST", "/v1/jobs", data=pieces())

    assert answer.status == 200
    assert json.loads(body)["body"] == "piece" * 5


async def test_a_body_passes_while_it_arrives(gateways: Gateways, upstream: Upstream) -> None:
    gateway = await gateways.start()
    first_arrived = asyncio.Event()

    async def receive(request: web.Request) -> web.Response:
        first = await request.content.readany()
        first_arrived.set()
        return web.Response(body=first + await request.read())

    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.wait_for(first_arrived.wait(), PATIENCE_S)
        yield b", then second"

    upstream.on_request = receive

    _, body = await call(gateway, "POST", "/v1/jobs/1/uploads/a", data=pieces())

    assert body == b"first, then second"


async def test_a_response_passes_while_it_arrives(gateways: Gateways, upstream: Upstream) -> None:
    gateway = await gateways.start()
    first_was_read = asyncio.Event()

    async def respond(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await asyncio.wait_for(first_was_read.wait(), PATIENCE_S)
        await response.write(b", then second")
        return response

    upstream.on_request = respond

    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{gateway.url}/v1/jobs/1") as answer,
    ):
        first = await answer.content.readany()
        first_was_read.set()
        rest = await answer.read()

    assert first + rest == b"first, then second"


async def test_a_refusal_in_the_middle_of_an_upload_reaches_the_client(
    gateways: Gateways, upstream: Upstream
) -> None:
    gateway = await gateways.start()
    was_refused = asyncio.Event()

    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"detail": "too large"}, status=413)

    async def pieces() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        await asyncio.wait_for(was_refused.wait(), PATIENCE_S)

    upstream.on_request = refuse

    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{gateway.url}/v1/jobs/1/uploads/a", data=pieces()) as answer,
    ):
        was_refused.set()
        body = await answer.json()

    assert (answer.status, body) == (413, {"detail": "too large"})


@pytest.mark.parametrize("host", ["internal", "other.example"])
@pytest.mark.parametrize("name", ["Location", "Content-Location"])
async def test_a_redirect_never_names_an_internal_host(
    gateways: Gateways, upstream: Upstream, host: str, name: str
) -> None:
    there = upstream.address if host == "internal" else f"https://{host}"

    async def redirect(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={name: f"{there}/v1/jobs/?x=1"})

    upstream.on_request = redirect
    gateway = await gateways.start()

    answer, _ = await call(gateway, "POST", "/v1/jobs?x=1")

    expected = "/v1/jobs/?x=1" if host == "internal" else "https://other.example/v1/jobs/?x=1"
    assert (answer.status, answer.headers[name]) == (307, expected)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/gateway/handle", 404),
        ("/v1/simulation/gateway/handle", 404),
        ("/v1/simulation/%67ateway/handle", 404),
        ("/v1/simulation/gateway/", 404),
        ("/v1/simulation/metrics", 404),
        ("/v1/simulation/readyz", 404),
        ("/v1/simulation/livez", 404),
        ("/v1/simulation/docs", 404),
        ("/v1/simulation/openapi.json", 404),
        ("/v1/simulation/internal/broadcast", 404),
        ("/v1/simulation//gateway/handle", 400),
        ("/v1/simulation/./gateway/handle", 400),
        ("/v1/simulation/x/../gateway/handle", 400),
        ("/v1/simulation/..;/gateway/handle", 400),
        ("/v1/measurement/..%2f..%2fgateway%2fhandle", 400),
        ("/v1/measurement/%2e%2e/%2e%2e/gateway/handle", 400),
        ("/v1/measurement/%252e%252e/gateway/handle", 400),
        ("/v1/measurement/..%5c..%5cgateway", 400),
        ("/v1/measurement/..\\gateway", 400),
        ("/v1/jobs/a%00b", 400),
        ("/v1/jobs/a%0d%0ab", 404),
        ("/v1/jobs/../../gateway/handle", 400),
        ("/v1/jobs;x/1", 400),
        ("/v1/jobs/%zz", 400),
        ("/v1/jobs/%2", 400),
        ("//v1/jobs", 404),
        ("/v1//jobs", 400),
        ("/v1/%6aobs/1", 404),
        ("/v1/jobsandmore", 404),
        ("/v1/lobbies", 404),
        ("/v1", 404),
        ("/v1/", 404),
        ("/V1/jobs", 404),
        ("/lobbies", 404),
    ],
)
async def test_nothing_but_what_is_published_is_reached(
    gateways: Gateways, upstream: Upstream, path: str, status: int
) -> None:
    gateway = await gateways.start()

    answered = await status_of(gateway, path)

    assert answered == status
    assert upstream.requests == upstream.events == []


async def test_an_absolute_request_line_reaches_nothing_else(
    gateways: Gateways, upstream: Upstream
) -> None:
    gateway = await gateways.start()

    answered = await status_of(gateway, f"{upstream.address}/gateway/handle")

    assert answered == 404
    assert upstream.requests == upstream.events == []


async def test_a_service_that_is_down_is_502_and_not_named(gateways: Gateways) -> None:
    gateway = await gateways.start(measurement_url="http://127.0.0.1:9")

    answer, body = await call(gateway, "POST", "/v1/jobs", data=b"x")

    said = json.loads(body)
    assert answer.status == 502
    assert (said["detail"], said["code"], said["retryable"]) == (
        "Upstream unreachable",
        "upstream_error",
        True,
    )
    assert said["correlation_id"] == answer.headers["X-Request-ID"]
    assert b"127.0.0.1" not in body


async def test_a_service_that_takes_too_long_is_504(
    gateways: Gateways, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    quick = aiohttp.ClientTimeout(total=None, sock_read=0.1)
    monkeypatch.setattr("sonalyze_gateway.infra.relay._TIMEOUT", quick)
    upstream.on_request = never
    gateway = await gateways.start()

    answer, body = await call(gateway, "GET", "/v1/jobs/1")

    assert (answer.status, json.loads(body)["detail"]) == (504, "Upstream timeout")


async def test_half_a_response_is_not_taken_for_a_whole_one(
    gateways: Gateways, upstream: Upstream
) -> None:
    async def break_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    upstream.on_request = break_off
    gateway = await gateways.start(log_level="ERROR")

    with pytest.raises(aiohttp.ClientPayloadError):
        await call(gateway, "GET", "/v1/jobs/1")


async def test_a_client_that_leaves_cancels_what_it_asked_for(
    gateways: Gateways, upstream: Upstream
) -> None:
    was_asked, was_cancelled = asyncio.Event(), asyncio.Event()

    async def wait_for_nothing(_: web.Request) -> web.Response:
        was_asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            was_cancelled.set()
        return web.Response()

    upstream.on_request = wait_for_nothing
    gateway = await gateways.start()

    calling = asyncio.create_task(call(gateway, "GET", "/v1/jobs/1"))
    await was_asked.wait()
    calling.cancel()

    assert await asyncio.wait_for(was_cancelled.wait(), PATIENCE_S)


async def test_half_an_upload_stays_half_an_upload(gateways: Gateways, upstream: Upstream) -> None:
    first_arrived, was_broken_off = asyncio.Event(), asyncio.Event()

    async def receive(request: web.Request) -> web.Response:
        await request.content.readany()
        first_arrived.set()
        try:
            await request.read()
        except BaseException:
            was_broken_off.set()
            raise
        return web.Response()

    upstream.on_request = receive
    gateway = await gateways.start()
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)

    writer.write(b"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    await first_arrived.wait()
    writer.transport.abort()

    assert await asyncio.wait_for(was_broken_off.wait(), PATIENCE_S)


async def test_an_upload_that_stalls_is_given_up(
    gateways: Gateways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sonalyze_gateway.api.incoming.PATIENCE_S", 0.1)
    gateway = await gateways.start()

    answer = await raw(
        gateway,
        "POST /v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n\r\nhalf",
    )

    assert answer.startswith("HTTP/1.1 400")
    assert "The body stopped arriving" in answer


async def test_a_client_may_ask_whether_to_send_its_body(gateways: Gateways) -> None:
    gateway = await gateways.start()

    _, body = await call(gateway, "POST", "/v1/jobs", data=b"body", expect100=True)

    assert json.loads(body)["body"] == "body"
