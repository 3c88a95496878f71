"""A database that is away, and that comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage_in_process import running
from throwaway_postgres import Server

from sonalyze_storage.settings import Settings


def settings_for(url: str) -> Settings:
    return Settings(_env_file=None, database_url=url, run_migrations=False, log_level="ERROR")


@asynccontextmanager
async def away(postgres: Server, name: str) -> AsyncIterator[None]:
    """Let a database be gone for the time of the block, and every connection to it for good."""
    await postgres._execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"  # noqa: S608  a name of ours
    )
    await postgres._execute(f"ALTER DATABASE {name} RENAME TO {name}_away")
    yield
    await postgres._execute(f"ALTER DATABASE {name}_away RENAME TO {name}")


async def test_without_its_database_storage_lives_and_is_not_ready(
    postgres: Server, schema: str
) -> None:
    name = await postgres.fresh_database(schema)

    async with running(settings_for(postgres.url(name))) as storage:
        await storage.kept("devices", external_id="before")
        async with away(postgres, name):
            health = await storage.http.get("/healthz")
            ready = await storage.http.get("/readyz")
            alive = await storage.http.get("/livez")
            read = await storage.http.get("/v1/devices")
            written = await storage.post("devices", external_id="meanwhile")

    assert (health.status_code, health.json()) == (503, {"ok": False})
    assert (ready.status_code, alive.status_code) == (503, 200)
    for answer in (read, written):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.json()["retryable"] is True


async def test_with_its_database_back_storage_goes_on(postgres: Server, schema: str) -> None:
    name = await postgres.fresh_database(schema)

    async with running(settings_for(postgres.url(name))) as storage:
        await storage.kept("devices", external_id="before")
        async with away(postgres, name):
            await storage.post("devices", external_id="meanwhile")
        await storage.kept("devices", external_id="after")
        health = await storage.http.get("/healthz")
        devices = (await storage.http.get("/v1/devices")).json()

    assert (health.status_code, health.json()) == (200, {"ok": True})
    assert [device["external_id"] for device in devices] == ["after", "before"]


async def test_without_its_schema_storage_says_what_to_do(database_url: str) -> None:
    async with running(settings_for(database_url)) as storage:
        health = await storage.http.get("/healthz")
        answer = await storage.http.get("/v1/devices")

    assert (health.status_code, health.json()) == (503, {"ok": False})
    assert answer.status_code == 503
    assert "RUN_MIGRATIONS" in answer.json()["detail"]
