"""A lobby on a real database, between doubles of the gateway and the measurement service."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx2
from aiohttp import web

from sonalyze_lobby.app import create_app
from sonalyze_lobby.settings import Settings

TOKEN = "the services' secret"  # noqa: S105  known to this test run only
PATIENCE_S = 10.0
SIGNAL_HASH = "ab" * 32

Json = Any
"""Whatever the lobby answers; a test says what it expects of it."""

STAGES = (
    "ready",
    "speaker_audio_ready",
    "recording_started",
    "playback_complete",
    "recording_uploaded",
)


class Told(NamedTuple):
    """A push as it reached the gateway."""

    event: str
    data: Json
    device_ids: list[str]

    @property
    def name(self) -> str:
        """The event, or the phase if it announces one."""
        if self.event == "measurement.phase_update":
            return f"phase {self.data['phase']}"
        return self.event.removeprefix("measurement.")


@asynccontextmanager
async def serving(
    routes: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]],
) -> AsyncIterator[str]:
    """Serve POST routes on a free port and give the address."""
    app = web.Application()
    for path, answer in routes.items():
        app.router.add_post(path, answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


class Gateway:
    """Takes broadcasts and keeps them in the order of their arrival."""

    def __init__(self) -> None:
        self.url = ""
        self.told: list[Told] = []
        self.is_down = False
        self._news = asyncio.Condition()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Gateway"]:
        """Listen on a free port."""
        async with serving({"/internal/broadcast": self._broadcast}) as self.url:
            yield self

    async def _broadcast(self, request: web.Request) -> web.Response:
        if self.is_down:
            raise web.HTTPServiceUnavailable
        assert request.headers["X-Internal-Token"] == TOKEN
        push = await request.json()
        async with self._news:
            told = Told(push["event"], push["data"], push["targets"]["device_ids"])
            self.told.append(told)
            self._news.notify_all()
        return web.json_response({"sent": len(told.device_ids)})

    async def heard(self, name: str, times: int = 1, **data: Json) -> Told:
        """Wait until something was told, ``times`` over, and give the last of it."""

        def matches() -> list[Told]:
            return [
                told
                for told in self.told
                if told.name == name and data.items() <= told.data.items()
            ]

        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(matches()) >= times)
        return matches()[times - 1]

    def names(self, device_id: str | None = None) -> list[str]:
        """List what was told, to everybody or to one device."""
        return [told.name for told in self.told if device_id in (None, *told.device_ids)]


class Measurement:
    """Answers analyses; ``answers`` says how, by the upload, and never what is ``held_back``."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Json] = []
        self.answers: dict[str, tuple[int, Json]] = {}
        self.held_back: set[str] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Measurement"]:
        """Listen on a free port."""
        async with serving({"/v1/jobs/{job_id}/analyze": self._analyze}) as self.url:
            yield self

    async def _analyze(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append({"job_id": request.match_info["job_id"], **asked})
        if asked["recording_upload"] in self.held_back:
            await asyncio.Event().wait()
        upload = asked["recording_upload"]
        found = {"job_id": "-", "results": {"of": upload}}
        status, body = self.answers.get(upload, (200, found))
        return web.json_response(body, status=status)


class Refusal(NamedTuple):
    """How a request was refused."""

    status: int
    code: str
    condition: str | None


@dataclass
class Lobby:
    """A running lobby, spoken to as the gateway does and as services of the house do."""

    http: httpx2.AsyncClient

    async def forward(self, device_id: str, event: str, /, **data: Json) -> httpx2.Response:
        """Forward one message of a device."""
        body = {
            "client": {"device_id": device_id, "connection_id": f"of {device_id}", "ip": None},
            "message": {"event": event, "request_id": "1", "data": data},
        }
        return await self.http.post(
            "/gateway/handle", json=body, headers={"X-Internal-Token": TOKEN}
        )

    async def ask(self, device_id: str, event: str, /, **data: Json) -> Json:
        """Send an event that succeeds, and give the reply."""
        answer = await self.forward(device_id, event, **data)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refusal(self, device_id: str, event: str, /, **data: Json) -> Refusal:
        """Send an event that is refused, and say how."""
        return refusal_of(await self.forward(device_id, event, **data))

    async def opened(self, *others: str, admin: str = "admin") -> Json:
        """Open a lobby, let others join, and show it."""
        opened = await self.ask(admin, "lobby.create")
        for device_id in others:
            await self.ask(device_id, "lobby.join", code=opened["code"])
        return await self.ask(admin, "lobby.get", lobby_id=opened["lobby_id"])


def refusal_of(answer: httpx2.Response) -> Refusal:
    """Say how a request was refused."""
    assert answer.status_code >= 400, answer.text
    problem = answer.json()
    details = problem.get("details") or {}
    return Refusal(answer.status_code, problem["code"], details.get("condition"))


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Lobby]:
    """Run a lobby in this process."""
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app), base_url="http://lobby"
        ) as http,
    ):
        yield Lobby(http)


@dataclass
class Measuring:
    """A session of some speakers and two microphones, and what its phones say."""

    lobby: Lobby
    session_id: str
    lobby_id: str
    speakers: tuple[str, ...]
    microphones: tuple[str, ...] = ("m1", "m2")
    turn: int = field(default=-1)

    @property
    def speaker(self) -> str:
        """Whose turn it is."""
        return self.speakers[self.turn]

    async def ask(self, device_id: str, event: str, /, **data: Json) -> Json:
        """Send an event of this session that succeeds."""
        return await self.lobby.ask(
            device_id, f"measurement.{event}", session_id=self.session_id, **data
        )

    async def refusal(self, device_id: str, event: str, /, **data: Json) -> Refusal:
        """Send an event of this session that is refused."""
        return await self.lobby.refusal(
            device_id, f"measurement.{event}", session_id=self.session_id, **data
        )

    async def start(self) -> Json:
        """Start the next speaker."""
        reply = await self.ask("admin", "start_speaker")
        self.turn += 1
        return reply

    def asked(self, stage: str) -> tuple[str, ...]:
        """List who has to confirm a stage."""
        if stage == "ready":
            return (self.speaker, *self.microphones)
        if stage in {"speaker_audio_ready", "playback_complete"}:
            return (self.speaker,)
        return self.microphones

    async def confirm(self, device_id: str, stage: str) -> Json:
        """Confirm a stage as this device."""
        data = {}
        if stage == "speaker_audio_ready":
            data = {"audio_hash": SIGNAL_HASH}
        if stage == "recording_uploaded":
            data = {"upload_name": f"{self.speaker}-{device_id}.wav"}
        return await self.ask(device_id, stage, **data)

    async def pass_stage(self, stage: str) -> list[Json]:
        """Let everybody who is asked confirm a stage; give the replies."""
        return [await self.confirm(device_id, stage) for device_id in self.asked(stage)]

    async def pass_before(self, stage: str) -> None:
        """Confirm every stage before this one."""
        for earlier in STAGES[: STAGES.index(stage)]:
            await self.pass_stage(earlier)

    async def play_turn(self) -> list[Json]:
        """Confirm all stages of a turn that has begun; give the replies of the last one."""
        await self.pass_before("recording_uploaded")
        return await self.pass_stage("recording_uploaded")


async def planned(lobby: Lobby, *speakers: str, **options: Json) -> Measuring:
    """Open a lobby with an admin, speakers and two microphones, and plan their session."""
    speakers = speakers or ("s1",)
    opened = await lobby.opened(*speakers, "m1", "m2")
    created = await lobby.ask(
        "admin",
        "measurement.create_session",
        job_id="job 1",
        lobby_id=opened["lobby_id"],
        speakers=[{"device_id": one, "slot_id": f"slot {one}"} for one in speakers],
        microphones=[{"device_id": one, "slot_id": f"slot {one}"} for one in ("m1", "m2")],
        **options,
    )
    return Measuring(lobby, created["session_id"], opened["lobby_id"], speakers)
