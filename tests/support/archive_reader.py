"""What storage holds of one lobby, read over HTTP once the services have told it enough."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
from live_backend import LiveBackend

from sonalyze_contracts.command import Service

Row = dict[str, Any]

PATIENCE_S = 60.0


@dataclass(frozen=True)
class Kept:
    """The rows of one lobby, and everything that hangs on them."""

    devices: list[Row]
    lobby: Row
    participants: list[Row]
    sessions: list[Row]
    recordings: list[Row]
    outputs: list[Row]

    @property
    def is_over(self) -> bool:
        """Say whether the session has ended."""
        return bool(self.sessions and self.sessions[0]["metadata"]["status"] == "completed")


async def kept_with_outputs(
    backend: LiveBackend, http: httpx2.AsyncClient, lobby_id: str, outputs: int
) -> Kept:
    """Wait until so many analyses of a lobby are kept, which are told last, and read it all."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            kept = await kept_of(backend, http, lobby_id)
            if len(kept.outputs) >= outputs and kept.is_over:
                return kept


async def kept_of(backend: LiveBackend, http: httpx2.AsyncClient, lobby_id: str) -> Kept:
    """Read what is kept of a lobby."""
    storage = f"{backend.url_of(Service.STORAGE)}/v1"

    async def rows(path: str) -> list[Row]:
        answer = await http.get(f"{storage}/{path}")
        assert answer.status_code == 200, answer.text
        found: list[Row] = answer.json()
        return found

    participants = await rows(f"participants?lobby_id={lobby_id}&limit=500")
    measurements = await rows(f"measurements?lobby_id={lobby_id}&limit=500")
    members = {row["device_id"] for row in participants}
    recordings = [row for row in measurements if row["kind"] == "raw"]
    return Kept(
        devices=[row for row in await rows("devices?limit=500") if row["id"] in members],
        lobby=(await http.get(f"{storage}/lobbies/{lobby_id}")).json(),
        participants=participants,
        sessions=[row for row in measurements if row["kind"] == "session"],
        recordings=recordings,
        outputs=[
            output
            for recording in recordings
            for output in await rows(f"analysis-outputs?measurement_id={recording['id']}")
        ],
    )
