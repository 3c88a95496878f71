"""Replicas that start at the same time on an empty database: one history, and nobody fails."""

import asyncio
from contextlib import ExitStack

import asyncpg
import httpx2
from storage_process import serving_storage
from throwaway_postgres import Server

TOLD_TO_MIGRATE = ("true", "1", "true")
"""Three replicas; both documented words."""


def test_replicas_that_start_at_once_make_one_history(postgres: Server) -> None:
    database = asyncio.run(postgres.fresh_database())

    with ExitStack() as stack:
        replicas = [
            stack.enter_context(serving_storage(postgres.url(database), RUN_MIGRATIONS=word))
            for word in TOLD_TO_MIGRATE
        ]
        urls = [replica.url for replica in replicas]
        healths = [httpx2.get(f"{url}/healthz", trust_env=False).json() for url in urls]
        device = {"external_id": "phone"}
        ids = {
            httpx2.post(f"{url}/v1/devices", json=device, trust_env=False).json()["id"]
            for url in urls
        }

    assert healths == [{"ok": True}] * len(replicas)
    assert len(ids) == 1
    assert asyncio.run(versions_in(postgres, database)) == 1
    for replica in replicas:
        levels = [event["level"] for event in replica.events]
        assert not {"warning", "error", "critical"} & set(levels), replica.lines


async def versions_in(postgres: Server, database: str) -> int:
    connection = await asyncpg.connect(
        host=str(postgres.socket_folder), user="postgres", database=database
    )
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM alembic_version")
    finally:
        await connection.close()
    return count
