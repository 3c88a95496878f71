"""Rooms to be simulated through the gateway, and what is waited for."""

import asyncio
import json
from typing import Any, Final

import httpx2

Json = dict[str, Any]

EXAMPLE: Final = """{
    "room": {
      "type": "shoebox",
      "dimensions_m": [5.0, 4.0, 2.5],
      "default_material": {"absorption": 0.2}
    },
    "sources": [{"id": "s1", "position_m": [2.5, 0.5, 1.2]}],
    "microphones": [{"id": "m1", "position_m": [2.5, 3.5, 1.2]}]
  }"""
"""The request of the documents, letter by letter."""

FEW_RAYS: Final = 300
"""Enough for every figure, and done in a moment."""

LASTING: Final = {
    "room": {
        "type": "shoebox",
        "dimensions_m": [15.0, 12.0, 6.0],
        "default_material": {"absorption": 0.02, "scattering": 0.4},
    },
    "sources": [{"id": "s1", "position_m": [2, 2, 1.5]}],
    "microphones": [{"id": "m1", "position_m": [9, 8, 1.2]}],
    "rays": 300_000,
}
"""A room that takes longer than anybody waits for an answer, and less than is refused."""

PATIENCE_S: Final = 30.0


def example(**fields: object) -> Json:
    """Give the documents' request with some fields changed."""
    documented: Json = json.loads(EXAMPLE)
    return documented | {"rays": FEW_RAYS} | fields


def places(prefix: str, count: int, y: float) -> list[Json]:
    """Give places in a row across the documents' room."""
    return [
        {"id": f"{prefix}{number}", "position_m": [5 * (number + 1) / (count + 1), y, 1.2]}
        for number in range(count)
    ]


async def job_that_is(http: httpx2.AsyncClient, url: str, job_id: str, *statuses: str) -> Json:
    """Ask for a job until it has one of these states."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            job: Json = (await http.get(f"{url}/v1/simulation/jobs/{job_id}")).json()
            if job["status"] in statuses:
                return job
