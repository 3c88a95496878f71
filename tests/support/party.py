"""A lobby full of scripted devices that measure: each does exactly what its test says."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from wire import Device, Json, device

SIGNAL_HASH = "5" * 64
"""What a scripted speaker says that it plays, where nobody looks closer."""


@dataclass
class Party:
    """An admin who does not take part, speakers and microphones, and their session."""

    admin: Device
    speakers: list[Device]
    microphones: list[Device]
    lobby_id: str
    code: str
    job_id: str
    session_id: str = ""

    @property
    def speaker(self) -> Device:
        """The first speaker."""
        return self.speakers[0]

    @property
    def members(self) -> list[Device]:
        """Everybody who plays or records."""
        return [*self.speakers, *self.microphones]

    @property
    def everybody(self) -> list[Device]:
        """The members and the admin."""
        return [*self.members, self.admin]

    def slots(self, devices: list[Device]) -> list[Json]:
        """Give the places of devices as ``create_session`` wants them."""
        return [
            {"device_id": one.device_id, "slot_id": slot_of(one), "slot_label": None}
            for one in devices
        ]

    async def plan(self, **options: object) -> Json:
        """Create the session."""
        created = await self.admin.answer(
            "measurement.create_session",
            job_id=self.job_id,
            lobby_id=self.lobby_id,
            speakers=self.slots(self.speakers),
            microphones=self.slots(self.microphones),
            **options,
        )
        self.session_id = created["session_id"]
        return created

    async def start(self) -> Json:
        """Start the next speaker."""
        return await self.admin.answer("measurement.start_speaker", session_id=self.session_id)

    async def tell(self, by: Device, event: str, **data: object) -> Json:
        """Let a device confirm something of this session."""
        return await by.answer(f"measurement.{event}", session_id=self.session_id, **data)

    async def all_tell(self, devices: list[Device], event: str, **data: object) -> Json:
        """Let devices confirm one after the other; give the last answer."""
        answers = [await self.tell(one, event, **data) for one in devices]
        return answers[-1]

    async def settle_lobby(self) -> None:
        """Let everybody hear everything of the lobby so far, and forget it."""
        target = self.admin.device_id
        await self.admin.answer(
            "role.assign", lobby_id=self.lobby_id, target_device_id=target, role="none"
        )
        for one in self.everybody:
            await one.pushes_until("lobby.updated", type="role_assigned", target_device_id=target)

    async def heard(self, *devices: Device) -> list[list[Json]]:
        """Give what each device has heard of the session, after everything that was sent."""
        marker = uuid4().hex
        await self.admin.answer(
            "measurement.broadcast_results",
            session_id=self.session_id,
            job_id=self.job_id,
            results={"marker": marker},
        )
        end = {"results": {"marker": marker}}
        return [await one.pushes_until("measurement.analysis_results", **end) for one in devices]


def slot_of(one: Device) -> str:
    """Name the place of a device."""
    return f"at-{one.device_id}"


def upload_name_of(one: Device) -> str:
    """Name what a microphone uploads."""
    return f"{one.device_id}.wav"


async def play_turn(party: Party, speaker: Device, audio_hash: str = SIGNAL_HASH) -> Json:
    """Let everybody confirm every stage of the turn of a speaker; give the last answer."""
    await party.all_tell([speaker, *party.microphones], "ready")
    await party.tell(speaker, "speaker_audio_ready", audio_hash=audio_hash)
    await party.all_tell(party.microphones, "recording_started")
    await party.tell(speaker, "playback_complete")
    answers = [
        await party.tell(one, "recording_uploaded", upload_name=upload_name_of(one))
        for one in party.microphones
    ]
    return answers[-1]


@asynccontextmanager
async def party_at(
    url: str, *, speakers: int = 1, microphones: int = 2, job_id: str | None = None
) -> AsyncIterator[Party]:
    """Bring devices together in a lobby; nobody has a session yet."""
    run = uuid4().hex[:6]
    async with AsyncExitStack() as connected:

        async def arrive(name: str) -> Device:
            return await connected.enter_async_context(device(url, f"{name}-{run}"))

        admin = await arrive("admin")
        lobby = await admin.answer("lobby.create")
        party = Party(
            admin,
            [await arrive(f"speaker-{number}") for number in range(speakers)],
            [await arrive(f"mic-{number}") for number in range(microphones)],
            lobby_id=lobby["lobby_id"],
            code=lobby["code"],
            job_id=job_id or f"job-{run}",
        )
        for one in party.members:
            await one.answer("lobby.join", code=party.code)
        await party.settle_lobby()
        yield party
