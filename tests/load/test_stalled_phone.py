"""One phone of two hundred stops reading: the others hear everything as fast as ever."""

import asyncio
import json
import socket
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import httpx2
import psutil
from crowd import crowd
from live_backend import LiveBackend
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from wire import device

from sonalyze_contracts.command import Service

OTHERS = 199
PUSHES = 40
LIMIT_S = 0.1
"""What the system promises to the phones that read."""

PUSH_QUEUE_LIMIT = 256
BALLAST_BYTES = 60_000
BACKLOG = 120
"""So many messages of ballast fill the buffers of both kernels (4 MiB and less each) and some of
the queue, but not all of it."""


async def test_a_stalled_phone_delays_nobody_and_is_given_up(
    backend: LiveBackend, http: httpx2.AsyncClient, measured: Callable[[str, str], None]
) -> None:
    gateway = psutil.Process(backend.pid(Service.GATEWAY))
    others = [f"ear-{number}" for number in range(OTHERS)]
    async with device(backend.url, "crowd-admin") as admin:
        lobby = await admin.answer("lobby.create")
        for device_id in (*others, "stalled"):
            await http.post(
                f"{backend.url_of(Service.LOBBY)}/lobbies/join",
                json={"code": lobby["code"], "device_id": device_id},
            )
        await admin.push_of("lobby.updated", device_id="stalled")
        async with crowd(backend.url, others) as ears, stalled_socket(backend.url) as stalled:
            memory_bytes = gateway.memory_info().rss
            for _ in range(BACKLOG):
                assert await give_ballast(http, backend) == 1

            delays_s: list[float] = []
            for step_index in range(PUSHES):
                for ear in ears:
                    ear.expect(f'"step_index":{step_index},'.encode())
                started_s = time.perf_counter()
                await admin.answer(
                    "lobby.step_update", lobby_id=lobby["lobby_id"], step_index=step_index
                )
                heard_s = await asyncio.wait_for(
                    asyncio.gather(*(ear.heard_at_s() for ear in ears)), 10
                )
                delays_s.append(max(heard_s) - started_s)

            taken = 0
            while await give_ballast(http, backend):
                taken += 1
                assert taken <= PUSH_QUEUE_LIMIT
            grown_bytes = gateway.memory_info().rss - memory_bytes
            code = await close_code(stalled)

    slow_s = statistics.quantiles(delays_s, n=20)[-1]
    measured(
        f"a push to {OTHERS} phones beside a stalled one",
        f"median {1000 * statistics.median(delays_s):.0f} ms, 95 % {1000 * slow_s:.0f} ms,"
        f" gateway grown by {grown_bytes / 2**20:.0f} MiB",
    )
    assert slow_s < LIMIT_S, sorted(delays_s)
    assert code == 4008
    assert await given_up(backend) == "stalled"
    # Each waiting message is held as text and as a frame.
    assert grown_bytes < 2 * PUSH_QUEUE_LIMIT * BALLAST_BYTES + (8 << 20)


async def given_up(backend: LiveBackend) -> str:
    """Find in the log whose socket was given up."""
    async with asyncio.timeout(10):
        while not (lines := [one for one in backend.log.splitlines() if "socket.given_up" in one]):  # noqa: ASYNC110  a log has no event
            await asyncio.sleep(0.01)
    device_id: str = json.loads(lines[-1])["device_id"]
    return device_id


async def give_ballast(http: httpx2.AsyncClient, backend: LiveBackend) -> int:
    """Push something large to the phone that does not read; say how many sockets took it."""
    answer = await http.post(
        f"{backend.url}/internal/broadcast",
        headers={"X-Internal-Token": backend.token},
        json={
            "event": "test.ballast",
            "data": {"ballast": "x" * BALLAST_BYTES},
            "targets": {"device_ids": ["stalled"]},
        },
    )
    sent: int = answer.json()["sent"]
    return sent


@asynccontextmanager
async def stalled_socket(url: str) -> AsyncIterator[ClientConnection]:
    """Connect the phone that reads one message and no more; it answers no ping either."""
    parts = urlsplit(url)
    assert parts.hostname
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect((parts.hostname, parts.port))
    raw.settimeout(0)
    async with connect(
        f"ws://{parts.netloc}/ws?device_id=stalled",
        sock=raw,
        max_queue=1,
        compression=None,
        ping_interval=None,
        proxy=None,
    ) as stalled:
        yield stalled


async def close_code(stalled: ClientConnection) -> int | None:
    """Read at last, to the end."""
    with suppress(ConnectionClosed):
        while True:
            await stalled.recv()
    return stalled.close_code
