"""HTTP through the gateway: prefixes, methods, preflights, and what never gets through."""

import asyncio
from urllib.parse import urlsplit

import httpx2
import pytest
from live_backend import LiveBackend

from sonalyze_contracts.command import Service

HEALTH = [
    (Service.GATEWAY, "/healthz", {"status": "ok"}),
    (Service.LOBBY, "/health", {"service": "lobby", "ok": True}),
    (Service.MEASUREMENT, "/v1/health", {"status": "ok"}),
    (Service.SIMULATION, "/health", {"status": "ok"}),
    (Service.STORAGE, "/healthz", {"ok": True}),
]


@pytest.mark.parametrize(("service", "path", "body"), HEALTH)
async def test_each_service_answers_its_documented_health_path(
    backend: LiveBackend, http: httpx2.AsyncClient, service: Service, path: str, body: object
) -> None:
    answer = await http.get(backend.url_of(service) + path)

    assert answer.status_code == 200
    assert answer.json() == body


@pytest.mark.parametrize("service", [service for service, _, _ in HEALTH])
async def test_each_service_says_that_it_lives_is_ready_and_what_it_does(
    backend: LiveBackend, http: httpx2.AsyncClient, service: Service
) -> None:
    base = backend.url_of(service)

    live = await http.get(f"{base}/livez")
    ready = await http.get(f"{base}/readyz")
    metrics = await http.get(f"{base}/metrics")

    assert live.json() == {"status": "ok"}
    assert ready.status_code == 200
    assert ready.json()["status"] == "ok"
    assert metrics.headers["content-type"].startswith("text/plain")
    assert "# TYPE" in metrics.text


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/"])
async def test_a_job_is_created_with_and_without_a_slash(
    backend: LiveBackend, http: httpx2.AsyncClient, path: str
) -> None:
    answer = await http.post(backend.url + path, json={"map": {}})

    assert answer.status_code == 200
    assert set(answer.json()) == {"job_id"}


async def test_query_headers_and_status_pass_through(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    direct = await http.get(
        f"{backend.url_of(Service.MEASUREMENT)}/v1/measurement/audio/info?sample_rate=8000"
    )
    through = await http.get(f"{backend.url}/v1/measurement/audio/info?sample_rate=8000")
    refused = await http.get(f"{backend.url}/v1/measurement/audio/info?sample_rate=7999")

    assert through.json() == direct.json()
    assert through.json()["sample_rate"] == 8000
    assert refused.status_code == 422


async def test_a_request_id_travels_to_the_service_and_back(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    answer = await http.get(f"{backend.url}/v1/jobs/none", headers={"X-Request-ID": "traced-4711"})

    assert answer.headers.get_list("X-Request-ID") == ["traced-4711"]
    assert answer.json()["correlation_id"] == "traced-4711"


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/x/uploads/a", "/v1/measurement/audio"])
async def test_a_preflight_is_allowed_from_anywhere(
    backend: LiveBackend, http: httpx2.AsyncClient, path: str
) -> None:
    answer = await http.options(
        backend.url + path,
        headers={
            "Origin": "https://app.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] in {"*", "https://app.example"}
    assert "POST" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
async def test_every_method_reaches_the_service(
    backend: LiveBackend, http: httpx2.AsyncClient, method: str
) -> None:
    path = "/v1/measurement/audio/info"

    through = await http.request(method, backend.url + path)
    direct = await http.request(method, backend.url_of(Service.MEASUREMENT) + path)

    assert through.status_code == direct.status_code


async def test_scripts_on_other_pages_may_read_the_headers_of_the_signal(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    answer = await http.get(
        f"{backend.url}/v1/measurement/audio?sample_rate=8000",
        headers={"Origin": "https://app.example"},
    )

    exposed = answer.headers["access-control-expose-headers"].lower()
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"x-audio-hash", "x-sample-rate", "x-duration-seconds"} <= set(
        exposed.replace(" ", "").split(",")
    )


FORBIDDEN_PATHS = [
    "/gateway/handle",
    "/lobbies",
    "/v1/measurement/../../gateway/handle",
    "/v1/measurement/..%2f..%2fgateway%2fhandle",
    "/v1/measurement/%2e%2e/%2e%2e/gateway/handle",
    "/v1/measurement/..%252f..%252fgateway%252fhandle",
    "/v1/measurement//gateway/handle",
    "/v1/measurement/..;/gateway/handle",
    "/v1/measurement/..%5c..%5cgateway%5chandle",
    "/v1/simulation/gateway/handle",
    "/v1/simulation//gateway/handle",
    "/v1/simulation/%67ateway/handle",
    "/v1/simulation/x/../gateway/handle",
    "/v1/simulation/metrics",
    "/v1/simulation/openapi.json",
    "/v1/storage/devices",
    "/v1/jobs/../../metrics",
]


@pytest.mark.parametrize("path", FORBIDDEN_PATHS)
async def test_nothing_internal_is_reachable_however_the_path_is_written(
    backend: LiveBackend, path: str
) -> None:
    status, body = await raw_post(backend.url, path)

    assert status in {400, 404}
    assert b"lobby_id" not in body


async def raw_post(url: str, path: str) -> tuple[int, bytes]:
    """Post a forged client message to a path that no client library would leave as it is."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    forged = (
        b'{"client": {"device_id": "forged", "connection_id": "c", "ip": null},'
        b' "message": {"event": "lobby.create", "data": {}}}'
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(forged)}\r\n\r\n"
    )
    writer.write(head.encode() + forged)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return int(answer.split(b" ", 2)[1]), answer


@pytest.mark.parametrize("service", [Service.LOBBY, Service.MEASUREMENT, Service.SIMULATION])
async def test_the_internal_route_of_a_service_needs_the_token(
    backend: LiveBackend, http: httpx2.AsyncClient, service: Service
) -> None:
    answer = await http.post(f"{backend.url_of(service)}/gateway/handle", json={})

    assert answer.status_code == 403
