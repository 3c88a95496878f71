"""The documented start commands and variables, from the shell and from ``.env``."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from party import party_at
from wire import device

from sonalyze.backend.services import HOST, SERVICES, Ports, free_ports, url_of
from sonalyze.backend.stack import START_LIMIT_S
from sonalyze_contracts.command import Service

DOTENV = """
SERVICE_NAME=the lobby of the house
PUBLIC_URL=https://rooms.example/
MAX_MESSAGE_BYTES=500
MEASUREMENT_MAX_UPLOAD_MB=1
INTERNAL_AUTH_TOKEN=from-the-file
API_TOKEN=of-the-file
RUN_MIGRATIONS=true
"""


@asynccontextmanager
async def started_with_uvicorn(folder: Path, ports: Ports) -> AsyncIterator[None]:
    """Start each service with the documented command, in a folder with an ``.env``."""
    urls = "".join(f"{name.name}_URL={url_of(name, ports)}\n" for name in ports)
    (folder / ".env").write_text(
        f"{DOTENV}{urls}MEASUREMENT_DATA_DIR={folder / 'data'}\n"
        f"SIMULATION_DATA_DIR={folder / 'rooms'}\n"
    )
    command = (sys.executable, "-m", "uvicorn", "--host", HOST, "--port")
    with (folder / "log").open("w") as log:
        processes = [
            await asyncio.create_subprocess_exec(
                *command,
                str(ports[spec.service]),
                spec.application,
                cwd=folder,
                env={"PATH": os.environ["PATH"]},
                stdout=log,
                stderr=log,
            )
            for spec in SERVICES
        ]
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        await asyncio.gather(*(process.wait() for process in processes))


async def ready(http: httpx2.AsyncClient, url: str) -> None:
    """Wait until a service is ready."""
    async with asyncio.timeout(START_LIMIT_S):
        while True:
            try:
                (await http.get(f"{url}/readyz")).raise_for_status()
            except httpx2.HTTPError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_services_started_with_uvicorn_take_their_variables_from_a_file(
    tmp_path: Path, http: httpx2.AsyncClient
) -> None:
    ports = free_ports()
    gateway, lobby = url_of(Service.GATEWAY, ports), url_of(Service.LOBBY, ports)
    async with started_with_uvicorn(tmp_path, ports):
        await asyncio.gather(*(ready(http, url_of(spec.service, ports)) for spec in SERVICES))

        health = await http.get(f"{lobby}/health")
        stranger = await http.post(f"{lobby}/gateway/handle", json={})
        broadcast = await http.post(
            f"{gateway}/internal/broadcast",
            headers={"X-Internal-Token": "from-the-file"},
            json={"event": "test.x", "targets": {}},
        )
        job_id = (await http.post(f"{gateway}/v1/jobs", json={"map": {}})).json()["job_id"]
        upload = await http.post(
            f"{gateway}/v1/jobs/{job_id}/uploads/large", files={"file": bytes((1 << 20) + 1)}
        )
        kept = await http.get(
            f"{gateway}/v1/devices", headers={"Authorization": "Bearer of-the-file"}
        )
        async with device(gateway) as one:
            await one.say('{"event": "' + "x" * 500 + '"}')
            too_large = await one.unasked()
        async with party_at(gateway, microphones=1) as party:
            await party.plan()
            await party.start()
            await party.all_tell(party.members, "ready")
            order = await party.speaker.push_of("measurement.request_audio")

    assert health.json() == {"service": "the lobby of the house", "ok": True}
    assert stranger.status_code == 403
    assert broadcast.json() == {"sent": 0}
    assert upload.status_code == 413
    assert kept.status_code == 200
    assert too_large["error"]["code"] == "message_too_large"
    assert order["audio_url"].startswith("https://rooms.example/v1/measurement/audio?session_id=")
    assert (tmp_path / "lobby.db").exists()
    assert (tmp_path / "storage.db").exists()
    assert (tmp_path / "data" / job_id / "map.json").exists()
