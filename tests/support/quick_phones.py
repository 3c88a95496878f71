"""Virtual phones in a room without time: everything real but the sound."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from uuid import uuid4

from sonalyze.audio import AudioFormat
from sonalyze.backoff import Backoff
from sonalyze.client import Client
from sonalyze.conductor import Conductor, Measured, Pair
from sonalyze.connection import Patience
from sonalyze.virtual_phone import VirtualPhone
from sonalyze_contracts.identifiers import DeviceId, SlotId
from sonalyze_contracts.jobs import RoomMap
from sonalyze_contracts.lobbies import LobbyOpened
from sonalyze_contracts.session_pushes import PhaseUpdate
from sonalyze_contracts.sessions import Phase, Slot

EAGER = Patience(backoff=Backoff(first_s=0.05, longest_s=0.2))
"""Tests do not wait as long between two attempts as phones do."""


class QuickAir:
    """What is played is recorded at once, as it is, unless sound is held back."""

    def __init__(self) -> None:
        self._recorded: dict[DeviceId, bytes] = {}
        self.carries_sound = asyncio.Event()
        self.carries_sound.set()

    def record(self, microphone: DeviceId) -> None:
        """Begin a recording."""
        self._recorded[microphone] = b""

    async def play(self, speaker: DeviceId, content: bytes) -> None:
        """Let every microphone hear the file."""
        del speaker
        await self.carries_sound.wait()
        self._recorded = dict.fromkeys(self._recorded, content)

    async def stop(self, microphone: DeviceId) -> bytes:
        """End a recording and give its file."""
        return self._recorded[microphone]

    def forget(self, phone: DeviceId) -> None:
        """Drop whatever a phone records."""
        self._recorded.pop(phone, None)

    def format_of(self, phone: DeviceId) -> AudioFormat:
        """Tell what a phone writes its recordings as."""
        del phone
        return AudioFormat.WAV


@dataclass
class Phases:
    """A witness that lets others wait for phases."""

    seen: list[Phase] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _noted: set[asyncio.Task[None]] = field(default_factory=set)

    def phase_entered(self, update: PhaseUpdate) -> None:
        """See a phase."""
        self.seen.append(update.phase)
        note = asyncio.create_task(self._wake())
        self._noted.add(note)
        note.add_done_callback(self._noted.discard)

    def pair_analyzed(self, pair: Pair) -> None:
        """See the results of a pair."""

    async def entered(self, phase: Phase) -> None:
        """Wait until a phase has been entered."""
        async with self.news:
            await self.news.wait_for(lambda: phase in self.seen)

    async def _wake(self) -> None:
        async with self.news:
            self.news.notify_all()


@dataclass
class Crew:
    """An admin and phones in a lobby of theirs."""

    conductor: Conductor
    phases: Phases
    air: QuickAir
    lobby: LobbyOpened
    speakers: list[Slot]
    microphones: list[Slot]

    async def measure(self) -> Measured:
        """Let every speaker play once."""
        return await self.conductor.measure(self.lobby, RoomMap(), self.speakers, self.microphones)

    async def analyze(self, measured: Measured) -> tuple[Pair, ...]:
        """Have every pair analysed."""
        return await self.conductor.analyze(measured, self.speakers, self.microphones)


@asynccontextmanager
async def crew_at(url: str, *, speakers: int = 1, microphones: int = 2) -> AsyncIterator[Crew]:
    """Bring phones together in a lobby, ready to measure."""
    run, air, phases = uuid4().hex[:6], QuickAir(), Phases()
    playing = [_slot(f"speaker-{number}", run) for number in range(speakers)]
    recording = [_slot(f"mic-{number}", run) for number in range(microphones)]
    async with AsyncExitStack() as opened:
        admin = await opened.enter_async_context(_client(url, f"admin-{run}", 0))
        conductor = Conductor(admin, phases)
        lobby = await conductor.open_lobby()
        running = []
        for seed, slot in enumerate((*playing, *recording), 1):
            client = await opened.enter_async_context(_client(url, slot.device_id, seed))
            phone = VirtualPhone(client, air)  # type: ignore[arg-type]  # sounds like the air
            running.append(asyncio.create_task(phone.run()))
            await phone.join(lobby.code)
        await conductor.assign(lobby, playing, recording)
        try:
            yield Crew(conductor, phases, air, lobby, playing, recording)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def _client(url: str, device_id: str, seed: int) -> Client:
    return Client(url, device_id=device_id, patience=EAGER, chance=Random(seed))  # noqa: S311  back-off


def _slot(name: str, run: str) -> Slot:
    return Slot(device_id=DeviceId(f"{name}-{run}"), slot_id=SlotId(name))
