"""Storage as a service: health, its document, and what it does to a database unasked."""

import asyncio
from itertools import product
from pathlib import Path

import asyncpg
import httpx2
from storage_client import Storage
from storage_process import StorageProcess, serving_storage
from storage_shapes import SHAPES
from throwaway_postgres import Server


def test_health_is_as_documented(storage: Storage) -> None:
    health = storage.http.get("/healthz")

    assert (health.status_code, health.json()) == (200, {"ok": True})
    assert storage.http.get("/readyz").status_code == 200


def test_health_says_when_the_database_does_not_answer(tmp_path: Path) -> None:
    nowhere = f"postgresql+asyncpg://postgres@/nothing?host={tmp_path}"

    with serving_storage(nowhere, RUN_MIGRATIONS="false") as running:
        health = httpx2.get(f"{running.url}/healthz", trust_env=False)
        listed = httpx2.get(f"{running.url}/v1/devices", trust_env=False)

    assert (health.status_code, health.json()) == (503, {"ok": False})
    assert (listed.status_code, listed.json()["code"]) == (503, "unavailable")
    assert listed.json()["retryable"] is True


def test_the_document_shows_dashes_only(storage: Storage) -> None:
    paths = storage.http.get("/openapi.json").json()["paths"]

    for resource in SHAPES:
        assert set(paths[f"/v1/{resource}"]) == {"get", "post"}
        assert set(paths[f"/v1/{resource}/batch"]) == {"post"}
        (one,) = (
            path for path in paths if path.startswith(f"/v1/{resource}/{{") and path.count("/") == 3
        )
        assert set(paths[one]) == {"get", "patch", "delete"}
    assert [path for path in paths if "_" in path.split("{")[0]] == []


def test_a_list_can_only_be_read_and_added_to(storage: Storage) -> None:
    for resource, method in product(SHAPES, ("PUT", "DELETE", "PATCH")):
        assert storage.ask(method, f"/v1/{resource}").status_code == 405, (resource, method)


def test_a_service_that_is_not_told_to_leaves_the_schema_alone(postgres: Server) -> None:
    database = asyncio.run(postgres.fresh_database())

    with serving_storage(postgres.url(database), RUN_MIGRATIONS="false") as running:
        assert running.url

    assert asyncio.run(tables_of(postgres, database)) == set()


def test_nothing_of_what_these_tests_did_is_an_error_in_the_log(
    storage_on_sqlite: StorageProcess, storage_on_postgresql: StorageProcess
) -> None:
    for running in (storage_on_sqlite, storage_on_postgresql):
        assert [event for event in running.events if event["level"] == "error"] == []


async def tables_of(postgres: Server, database: str) -> set[str]:
    connection = await asyncpg.connect(
        host=str(postgres.socket_folder), user="postgres", database=database
    )
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}
