"""Apps read what storage keeps, through the gateway; nobody writes there."""

from uuid import uuid4

import httpx2
import pytest
from live_backend import LiveBackend

from sonalyze_contracts.archive import Resource
from sonalyze_contracts.command import Service

SPELLINGS = sorted(
    {name for each in Resource for name in (each.value, each.value.replace("-", "_"))}
)


async def kept(backend: LiveBackend, http: httpx2.AsyncClient, path: str, **fields: object) -> str:
    """Write a row where services write, and give its id."""
    answer = await http.post(f"{backend.url_of(Service.STORAGE)}/v1/{path}", json=fields)
    answer.raise_for_status()
    row_id: str = answer.json()["id"]
    return row_id


@pytest.mark.parametrize("name", SPELLINGS)
async def test_every_resource_can_be_listed_and_looked_at(
    backend: LiveBackend, http: httpx2.AsyncClient, name: str
) -> None:
    listed = await http.get(f"{backend.url}/v1/{name}?limit=1", headers=backend.reader)
    missing = await http.get(f"{backend.url}/v1/{name}/{uuid4()}", headers=backend.reader)

    assert listed.status_code == 200
    assert isinstance(listed.json(), list)
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


async def test_a_row_is_the_same_inside_and_outside(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    row_id = await kept(backend, http, "measurements", kind="raw", channels=1)
    path = f"/v1/measurements/{row_id}"

    inside = await http.get(backend.url_of(Service.STORAGE) + path)
    outside = await http.get(backend.url + path, headers=backend.reader)

    assert outside.json() == inside.json()
    assert outside.headers["ETag"] == inside.headers["ETag"]


async def test_a_head_says_what_a_get_would(backend: LiveBackend, http: httpx2.AsyncClient) -> None:
    row_id = await kept(backend, http, "measurements")
    url = f"{backend.url}/v1/measurements/{row_id}"

    head = await http.head(url, headers=backend.reader)
    whole = await http.get(url, headers=backend.reader)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == whole.headers["ETag"]
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


async def test_pages_are_followed_to_the_end_without_leaving_the_gateway(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    lobby_id = await kept(backend, http, "lobbies")
    written = [await kept(backend, http, "measurements", lobby_id=lobby_id) for _ in range(5)]

    page: str | None = f"/v1/measurements?lobby_id={lobby_id}&limit=2"
    found: list[str] = []
    while page:
        assert page.startswith("/v1/measurements?")
        answer = await http.get(backend.url + page, headers=backend.reader)
        found += [row["id"] for row in answer.json()]
        page = answer.links.get("next", {}).get("url")

    assert sorted(found) == sorted(written)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_reader_cannot_write(
    backend: LiveBackend, http: httpx2.AsyncClient, method: str
) -> None:
    row_id = await kept(backend, http, "lobbies", state="open")
    path = f"/v1/lobbies/{row_id}"

    refused = await http.request(
        method, backend.url + path, headers=backend.reader, json={"state": "closed"}
    )
    row = await http.get(backend.url_of(Service.STORAGE) + path)

    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert row.json()["state"] == "open"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PATCH", "DELETE"])
async def test_a_stranger_neither_reads_nor_writes(
    backend: LiveBackend, http: httpx2.AsyncClient, method: str
) -> None:
    row_id = await kept(backend, http, "lobbies", state="open")

    refused = await http.request(method, f"{backend.url}/v1/lobbies/{row_id}")

    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_a_script_on_another_page_may_read(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    page = {"Origin": "https://app.example"}
    asked = {
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization",
    }

    preflight = await http.options(f"{backend.url}/v1/devices", headers={**page, **asked})
    answer = await http.get(f"{backend.url}/v1/devices", headers={**page, **backend.reader})

    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Headers"] == "authorization"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Link" in answer.headers["Access-Control-Expose-Headers"]
