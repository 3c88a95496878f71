"""What storage holds of simulations, read over HTTP once the service has told it enough."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
from live_backend import LiveBackend

from sonalyze_contracts.command import Service

Row = dict[str, Any]

PATIENCE_S = 60.0


@dataclass(frozen=True)
class KeptSimulation:
    """The rows of one job, and everything that hangs on it."""

    job: Row
    results: list[Row]
    devices: list[Row]


async def kept_simulation(
    backend: LiveBackend, http: httpx2.AsyncClient, job_id: str, status: str
) -> KeptSimulation:
    """Wait until a job is kept in this state, and its result, which is told last if it has one."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            kept = await _kept(backend, http, job_id)
            if kept.job.get("status") == status and (kept.results or status != "completed"):
                return kept


async def jobs_kept(backend: LiveBackend, http: httpx2.AsyncClient) -> list[Row]:
    """Read every job that storage knows."""
    return await _rows(http, f"{backend.url_of(Service.STORAGE)}/v1/simulation-jobs?limit=500")


async def _kept(backend: LiveBackend, http: httpx2.AsyncClient, job_id: str) -> KeptSimulation:
    storage = f"{backend.url_of(Service.STORAGE)}/v1"
    return KeptSimulation(
        job=(await http.get(f"{storage}/simulation-jobs/{job_id}")).json(),
        results=[
            row
            for row in await _rows(http, f"{storage}/simulation-results?limit=500")
            if row["job_id"] == job_id
        ],
        devices=await _rows(http, f"{storage}/devices?limit=500"),
    )


async def _rows(http: httpx2.AsyncClient, url: str) -> list[Row]:
    answer = await http.get(url)
    assert answer.status_code == 200, answer.text
    found: list[Row] = answer.json()
    return found
