"""The script that gives each service a database in Compose's one PostgreSQL server."""

import os
import subprocess
from pathlib import Path

import asyncpg
import pytest
from throwaway_postgres import Server, binaries

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "create-databases.sh"
VARIABLES = {
    "POSTGRES_USER": "postgres",
    "POSTGRES_DB": "postgres",
    "POSTGRES_LOBBY_USER": "of lobby",
    "POSTGRES_LOBBY_PASSWORD": "it's a secret",
    "POSTGRES_LOBBY_DB": "lobby-of-compose",
    "POSTGRES_STORAGE_USER": "of storage",
    "POSTGRES_STORAGE_PASSWORD": "another $ecret",
    "POSTGRES_STORAGE_DB": "storage-of-compose",
}


def create_databases(server: Server) -> None:
    path = f"{binaries()}{os.pathsep}{os.environ['PATH']}"
    environment = {**VARIABLES, "PATH": path, "PGHOST": str(server.socket_folder)}
    subprocess.run(["sh", SCRIPT], env=environment, check=True, timeout=60)  # noqa: S603, S607  ours, by the reader's own sh


async def opened(server: Server, service: str, database_of: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        host=str(server.socket_folder),
        user=VARIABLES[f"POSTGRES_{service}_USER"],
        database=VARIABLES[f"POSTGRES_{database_of}_DB"],
    )


async def run_in(server: Server, service: str, statement: str) -> None:
    connection = await opened(server, service, database_of=service)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize(("service", "other"), [("LOBBY", "STORAGE"), ("STORAGE", "LOBBY")])
async def test_a_service_keeps_its_tables_in_its_database_and_opens_no_other(
    postgres: Server, service: str, other: str
) -> None:
    create_databases(postgres)

    await run_in(postgres, service, "CREATE TABLE mine (id int); DROP TABLE mine")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await opened(postgres, service, database_of=other)


async def test_what_exists_stays_when_the_script_runs_again(postgres: Server) -> None:
    create_databases(postgres)
    await run_in(postgres, "STORAGE", "CREATE TABLE kept AS SELECT 1 AS id")

    create_databases(postgres)

    await run_in(postgres, "STORAGE", "DROP TABLE kept")
