import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MAP = {
    "room": {"vertices": [[0, 0], [5, 0], [5, 4], [0, 4]], "height_m": 2.5},
    "furniture": [{"kind": "sofa", "size": [2, 1, 0.8]}],
    "sources": [{"id": "s1", "position": [1, 1, 1.2]}],
    "receivers": [{"id": "r1", "position": [4, 3, 1.2]}],
    "meta": {"name": "living room"},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


async def test_health_answers_as_documented(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/v1/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok"}


async def test_a_service_that_cannot_write_is_not_ready(
    client: httpx2.AsyncClient, data_dir: Path
) -> None:
    (data_dir / ".incoming").rmdir()

    assert (await client.get("/v1/health")).status_code == 503
    assert (await client.get("/livez")).status_code == 200


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/"])
async def test_a_job_is_created_with_or_without_the_slash(
    client: httpx2.AsyncClient, path: str
) -> None:
    answer = await client.post(path, json={"map": MAP, "meta": {"owner": "me"}})

    assert answer.status_code == 200
    assert list(answer.json()) == ["job_id"]
    assert UUID(answer.json()["job_id"]).version == 4


async def test_a_job_is_shown_as_it_was_created(client: httpx2.AsyncClient) -> None:
    created = await client.post("/v1/jobs", json={"map": MAP, "meta": {"owner": "me"}})
    job_id = created.json()["job_id"]

    answer = await client.get(f"/v1/jobs/{job_id}")

    assert answer.json() == {
        "job_id": job_id,
        "map": MAP,
        "meta": {"owner": "me"},
        "uploads": [],
        "analysed": [],
    }


async def test_an_empty_map_is_legal_and_unknown_keys_are_dropped(
    client: httpx2.AsyncClient,
) -> None:
    created = await client.post("/v1/jobs", json={"map": {"colour": "blue"}})

    job = (await client.get(f"/v1/jobs/{created.json()['job_id']}")).json()

    assert job["map"] == {
        "room": None,
        "furniture": [],
        "sources": [],
        "receivers": [],
        "meta": {},
    }
    assert job["meta"] == {}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"map": None},
        {"map": []},
        {"map": {"room": {"vertices": [[0]]}}},
        {"map": {"sources": [{"id": "s", "position": [1, 2]}]}},
        {"map": {}, "meta": []},
    ],
)
async def test_a_map_of_another_shape_is_refused(client: httpx2.AsyncClient, body: Any) -> None:  # noqa: ANN401  any JSON
    answer = await client.post("/v1/jobs", json=body)

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)


async def test_json_that_is_broken_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        "/v1/jobs", content=b'{"map": {', headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 422


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(meta=st.dictionaries(st.text(max_size=5), JSON, max_size=3))
async def test_whatever_the_meta_it_is_kept_exactly_or_refused(
    client: httpx2.AsyncClient, meta: dict[str, Any]
) -> None:
    body = json.dumps({"map": {}, "meta": meta})
    created = await client.post(
        "/v1/jobs", content=body, headers={"Content-Type": "application/json"}
    )

    assert created.status_code in {200, 422}
    if created.status_code == 200:
        job = await client.get(f"/v1/jobs/{created.json()['job_id']}")
        assert job.json()["meta"] == meta


@pytest.mark.parametrize("opening", ["[", '{"a":'])
async def test_nesting_without_end_is_refused(client: httpx2.AsyncClient, opening: str) -> None:
    body = f'{{"map": {{}}, "meta": {{"deep": {opening * 100_000}'

    answer = await client.post(
        "/v1/jobs", content=body, headers={"Content-Type": "application/json"}
    )

    assert answer.status_code in {400, 422}


async def test_a_map_beyond_the_limit_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/v1/jobs", json={"map": {}, "meta": {"text": "x" * (1 << 20)}})

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


@pytest.mark.parametrize(
    "name", [str(uuid4()), "nonsense", "..", "%2e%2e", "references", "..%2f..%2fetc", "a" * 300]
)
async def test_an_unknown_job_is_not_found_and_nothing_is_created(
    client: httpx2.AsyncClient, files_in_data: Callable[[], list[str]], name: str
) -> None:
    before = files_in_data()

    answers = [
        await client.get(f"/v1/jobs/{name}"),
        await client.post(f"/v1/jobs/{name}/uploads/a", files={"file": b"RIFF"}),
        await client.post(f"/v1/jobs/{name}/analyze", json={"source": "impulse_response"}),
        await client.get(f"/v1/jobs/{name}/results/a"),
        await client.head(f"/v1/jobs/{name}/uploads/a"),
        await client.patch(
            f"/v1/jobs/{name}/uploads/a", content=b"x", headers={"Upload-Offset": "0"}
        ),
    ]

    assert {answer.status_code for answer in answers} <= {404, 405}
    assert answers[0].status_code == 404
    assert files_in_data() == before


async def test_every_path_refuses_foreign_methods_in_the_documented_shape(
    client: httpx2.AsyncClient,
) -> None:
    answer = await client.delete("/v1/jobs")

    assert answer.status_code == 405
    assert answer.json()["detail"] == "Method Not Allowed"


async def test_the_openapi_document_can_be_made(app: FastAPI) -> None:
    document = app.openapi()

    assert "/v1/jobs/{job_id}/uploads/{name}" in document["paths"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/jobs"),
        ("PATCH", "/v1/jobs/x/uploads/y"),
        ("GET", "/v1/measurement/audio"),
        ("POST", "/v1/jobs/x/analyze"),
    ],
)
async def test_browsers_of_any_origin_may_ask(
    client: httpx2.AsyncClient, method: str, path: str
) -> None:
    preflight = await client.options(
        path,
        headers={
            "Origin": "https://app.example",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "Content-Type, Upload-Offset",
        },
    )

    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert method in preflight.headers["Access-Control-Allow-Methods"]
    assert "Upload-Offset" in preflight.headers["Access-Control-Allow-Headers"]


async def test_browsers_may_read_errors_and_the_documented_headers(
    client: httpx2.AsyncClient,
) -> None:
    headers = {"Origin": "https://app.example"}

    answers = [
        await client.get("/v1/jobs/unknown", headers=headers),
        await client.post("/v1/jobs", content=b"x" * (2 << 20), headers=headers),
    ]

    for answer in answers:
        exposed = answer.headers["Access-Control-Expose-Headers"]
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert {"X-Audio-Hash", "X-Duration-Seconds", "X-Sample-Rate"} <= set(exposed.split(", "))
