import json
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from gateway_harness import Gateways, RunningGateway, Upstream
from yarl import URL

TOKEN = "what-apps-show"  # noqa: S105  known to this test run only
READER = {"Authorization": f"Bearer {TOKEN}"}
ROW = "/v1/measurements/5f1c7a52-4d6e-4f0e-9b64-3a6a1c8f2b11"
WRITING = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")
METHODS = ("GET", "HEAD", *WRITING)
RESOURCES = (
    "devices", "lobbies", "participants", "measurements",
    "analysis-outputs", "simulation-jobs", "simulation-results",
    "analysis_outputs", "simulation_jobs", "simulation_results",
)  # fmt: skip


async def call(
    gateway: RunningGateway,
    method: str,
    path: str,
    **options: Any,  # noqa: ANN401  aiohttp's own
) -> tuple[aiohttp.ClientResponse, bytes]:
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, gateway.url + path, allow_redirects=False, **options) as answer,
    ):
        return answer, await answer.read()


@pytest.mark.parametrize("rest", ["", "/", "?limit=2&after=a%2Bb", "/by-code/AB12CD"])
async def test_a_reader_gets_what_storage_answers(gateways: Gateways, rest: str) -> None:
    gateway = await gateways.start(api_token=TOKEN)
    paths = [f"/v1/{resource}{rest}" for resource in RESOURCES]

    answers = [await call(gateway, "GET", path, headers=READER) for path in paths]

    assert {answer.status for answer, _ in answers} == {200}
    assert [json.loads(body)["path"] for _, body in answers] == paths


async def test_the_token_stays_at_the_gateway(gateways: Gateways, upstream: Upstream) -> None:
    gateway = await gateways.start(api_token=TOKEN)

    await call(gateway, "GET", ROW, headers={**READER, "X-Kept": "yes"})

    assert "Authorization" not in upstream.requests[0].headers
    assert upstream.requests[0].headers["X-Kept"] == "yes"


async def test_a_head_is_answered_with_the_head_of_a_get(
    gateways: Gateways, upstream: Upstream
) -> None:
    async def row(request: web.Request) -> web.Response:
        assert request.method == "GET"
        return web.Response(body=b"x" * 1234, headers={"ETag": '"7"'})

    upstream.on_request = row
    gateway = await gateways.start(api_token=TOKEN)

    answer, body = await call(gateway, "HEAD", ROW, headers=READER)

    assert (answer.status, answer.headers["ETag"]) == (200, '"7"')
    assert (answer.headers["Content-Length"], body) == ("1234", b"")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_name_of_the_scheme_may_be_written_in_any_case(
    gateways: Gateways, scheme: str
) -> None:
    gateway = await gateways.start(api_token=TOKEN)

    answer, _ = await call(gateway, "GET", ROW, headers={"Authorization": f"{scheme} {TOKEN}"})

    assert answer.status == 200


@pytest.mark.parametrize(
    "shown",
    [None, "", "Bearer", "Bearer ", "Bearer guessed", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x"],
)
async def test_a_stranger_learns_only_that_a_token_is_needed(
    gateways: Gateways, upstream: Upstream, shown: str | None
) -> None:
    gateway = await gateways.start(api_token=TOKEN)
    headers = {} if shown is None else {"Authorization": shown}

    answers = [await call(gateway, method, ROW, headers=headers) for method in METHODS]

    assert {answer.status for answer, _ in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer, _ in answers} == {"Bearer"}
    assert not any("Allow" in answer.headers for answer, _ in answers)
    said = json.loads(answers[0][1])
    assert (said["code"], said["retryable"]) == ("unauthenticated", False)
    assert said["correlation_id"] == answers[0][0].headers["X-Request-ID"]
    assert upstream.requests == []


async def test_two_tokens_at_once_are_none(gateways: Gateways, upstream: Upstream) -> None:
    gateway = await gateways.start(api_token=TOKEN)
    headers = [("Authorization", "Bearer guessed"), ("Authorization", f"Bearer {TOKEN}")]

    answer, _ = await call(gateway, "GET", ROW, headers=headers)

    assert answer.status == 401
    assert upstream.requests == []


@pytest.mark.parametrize("path", ["/v1/devices", "/v1/devices/batch", ROW])
async def test_nobody_writes_through_the_gateway(
    gateways: Gateways, upstream: Upstream, path: str
) -> None:
    gateway = await gateways.start(api_token=TOKEN)
    row = {"external_id": "x"}

    answers = [await call(gateway, each, path, headers=READER, json=row) for each in WRITING]

    assert {answer.status for answer, _ in answers} == {405}
    assert {answer.headers["Allow"] for answer, _ in answers} == {"GET, HEAD"}
    assert {json.loads(body)["code"] for _, body in answers} == {"method_not_allowed"}
    assert upstream.requests == []


@pytest.mark.parametrize(
    "without",
    [{"api_token": ""}, {"api_token": TOKEN, "storage_url": ""}],
    ids=["token", "storage"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_without_a_token_or_storage_nothing_is_there(
    gateways: Gateways, upstream: Upstream, without: dict[str, str], method: str
) -> None:
    gateway = await gateways.start(**without)

    answer, body = await call(gateway, method, ROW, headers=READER)
    elsewhere, unknown = await call(gateway, method, "/v1/nothing", headers=READER)

    ours, theirs = json.loads(body), json.loads(unknown)
    assert answer.status == elsewhere.status == 404
    assert {**ours, "correlation_id": ""} == {**theirs, "correlation_id": ""}
    assert upstream.requests == []


async def test_an_empty_token_opens_nothing(gateways: Gateways, upstream: Upstream) -> None:
    gateway = await gateways.start(api_token="")

    answer, _ = await call(gateway, "GET", ROW, headers={"Authorization": "Bearer "})

    assert answer.status == 404
    assert upstream.requests == []


async def test_what_a_reader_knows_already_is_not_sent_again(
    gateways: Gateways, upstream: Upstream
) -> None:
    async def unchanged(request: web.Request) -> web.Response:
        return web.Response(status=304, headers={"ETag": request.headers["If-None-Match"]})

    upstream.on_request = unchanged
    gateway = await gateways.start(api_token=TOKEN)

    answer, body = await call(gateway, "GET", ROW, headers={**READER, "If-None-Match": '"7"'})

    assert (answer.status, answer.headers["ETag"], body) == (304, '"7"', b"")


@pytest.mark.parametrize("start", ["", "internal"])
async def test_the_next_page_is_asked_for_at_the_gateway(
    gateways: Gateways, upstream: Upstream, start: str
) -> None:
    base = upstream.address if start else ""

    async def page(_: web.Request) -> web.Response:
        return web.json_response([], headers={"Link": f'<{base}/v1/devices?after=x>; rel="next"'})

    upstream.on_request = page
    gateway = await gateways.start(api_token=TOKEN)

    answer, _ = await call(gateway, "GET", "/v1/devices", headers=READER)

    assert answer.headers["Link"] == '</v1/devices?after=x>; rel="next"'


async def test_a_preflight_needs_no_token_and_allows_reading_only(
    gateways: Gateways, upstream: Upstream
) -> None:
    gateway = await gateways.start(api_token=TOKEN)
    asked = {"Origin": "https://app.example", "Access-Control-Request-Headers": "authorization"}

    reading, _ = await call(
        gateway, "OPTIONS", ROW, headers={**asked, "Access-Control-Request-Method": "GET"}
    )
    writing, _ = await call(
        gateway, "OPTIONS", ROW, headers={**asked, "Access-Control-Request-Method": "PATCH"}
    )

    assert (reading.status, writing.status) == (200, 400)
    assert reading.headers["Access-Control-Allow-Origin"] == "*"
    assert reading.headers["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert reading.headers["Access-Control-Allow-Headers"] == "authorization"
    assert upstream.requests == []


@pytest.mark.parametrize(("shown", "status"), [(READER, 200), ({}, 401)])
async def test_scripts_on_other_pages_may_read_what_is_answered(
    gateways: Gateways, shown: dict[str, str], status: int
) -> None:
    gateway = await gateways.start(api_token=TOKEN)

    answer, _ = await call(gateway, "GET", ROW, headers={**shown, "Origin": "https://app.example"})

    assert answer.status == status
    assert answer.headers.getall("Access-Control-Allow-Origin") == ["*"]
    assert {"ETag", "Link"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))


async def test_storage_that_is_down_is_502_and_not_named(gateways: Gateways) -> None:
    gateway = await gateways.start(api_token=TOKEN, storage_url="http://127.0.0.1:9")

    answer, body = await call(gateway, "GET", ROW, headers=READER)

    assert (answer.status, json.loads(body)["code"]) == (502, "upstream_error")
    assert b"127.0.0.1" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/v1/devices/..%2flobbies",
        "/v1/devices//x",
        "/v1/%64evices",
        "/v1/devicesandmore",
        "/devices",
    ],
)
async def test_nothing_else_of_storage_is_reached(
    gateways: Gateways, upstream: Upstream, path: str
) -> None:
    gateway = await gateways.start(api_token=TOKEN)
    url = URL(gateway.url + path, encoded=True)

    async with aiohttp.ClientSession() as http, http.get(url, headers=READER) as answer:
        assert answer.status in {400, 404}

    assert upstream.requests == []
