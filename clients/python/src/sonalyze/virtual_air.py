"""The air between virtual phones: what one of them plays, all that record at the time hear.

Time is virtual. Playing takes as long as computing what the microphones hear, which happens in
worker processes: numerics hold the interpreter's lock, and the phones' sockets must not wait.
"""

import asyncio
import hashlib
import multiprocessing
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from sonalyze.audio import AudioFormat, read_audio
from sonalyze.virtual.channel import Samples, what_the_microphone_records
from sonalyze.virtual.profile import PhoneProfile
from sonalyze.virtual.room import Position, VirtualRoom
from sonalyze.virtual.truth import truth_of
from sonalyze_contracts.errors import Conflict
from sonalyze_contracts.identifiers import DeviceId
from sonalyze_contracts.results import AnalysisResults

ResultT = TypeVar("ResultT")

PRELOADED: Final = (__name__, "sonalyze.virtual.response", "pyroomacoustics")
"""What every worker needs, imported once and inherited by fork."""


class NothingHeard(Conflict):
    """A recording was stopped during which nothing was played."""


@dataclass(frozen=True, slots=True)
class PlacedPhone:
    """A phone at its place in the room, with the sound it has."""

    position: Position
    profile: PhoneProfile
    audio_format: AudioFormat = AudioFormat.WAV


@dataclass(frozen=True, slots=True)
class SoundPath:
    """From one phone's loudspeaker to another one's microphone."""

    room: VirtualRoom
    speaker: PlacedPhone
    microphone: PlacedPhone
    seed: int

    def response(self) -> Samples:
        """Simulate the room between the two phones."""
        return self.room.response(self.speaker.position, self.microphone.position, self.seed)

    @property
    def noise_seed(self) -> int:
        """Give each microphone noise of its own in each turn."""
        places = f"{self.seed} {self.speaker.position} {self.microphone.position}"
        return int.from_bytes(hashlib.sha256(places.encode()).digest()[:4], "big")

    def recording(self, response: Samples, content: bytes) -> bytes:
        """Compute the file that the microphone writes while the speaker plays this file."""
        played, _ = read_audio(content)
        recording = what_the_microphone_records(
            played[0],
            response,
            self.microphone.profile,
            self.noise_seed,
            speaker=self.speaker.profile,
        )
        return recording.encoded(self.microphone.audio_format)

    def truth(self, response: Samples) -> AnalysisResults:
        """Compute what the room itself has on this path, whatever phones would measure it."""
        return AnalysisResults.of(truth_of(response))


def worker_processes(count: int) -> ProcessPoolExecutor:
    """Start a pool for the numerics of an ``Air``; workers are forked with everything loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return ProcessPoolExecutor(
        count, mp_context=context, initializer=_leave_interrupts_to_the_parent
    )


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class Air:
    """One room full of virtual phones."""

    def __init__(
        self,
        room: VirtualRoom,
        phones: Mapping[DeviceId, PlacedPhone],
        *,
        seed: int,
        workers: Executor,
    ) -> None:
        self._room = room
        self._phones = phones
        self._seed = seed
        self._workers = workers
        self._responses: dict[SoundPath, asyncio.Future[Samples]] = {}
        self._recordings: dict[DeviceId, asyncio.Task[bytes] | None] = {}

    def record(self, microphone: DeviceId) -> None:
        """Begin a recording; an older one is dropped."""
        self._recordings[microphone] = None

    async def play(self, speaker: DeviceId, content: bytes) -> None:
        """Play a file to its end, into every microphone that records now."""
        heard = {
            microphone: asyncio.create_task(self._heard(speaker, microphone, content))
            for microphone in self._recordings
        }
        self._recordings.update(heard)
        await asyncio.gather(*heard.values())

    async def stop(self, microphone: DeviceId) -> bytes:
        """End a recording and give its file."""
        sound = self._recordings.pop(microphone, None)
        if sound is None:
            raise NothingHeard("Nothing was played while this phone recorded")
        return await sound

    def forget(self, phone: DeviceId) -> None:
        """Drop whatever a phone records."""
        self._recordings.pop(phone, None)

    async def truth(self, speaker: DeviceId, microphone: DeviceId) -> AnalysisResults:
        """Give what the room has between two phones, to compare a measurement with."""
        path = self.path(speaker, microphone)
        return await self._computed(partial(path.truth, await self._response(path)))

    async def _heard(self, speaker: DeviceId, microphone: DeviceId, content: bytes) -> bytes:
        path = self.path(speaker, microphone)
        response = await self._response(path)
        return await self._computed(partial(path.recording, response, content))

    async def _response(self, path: SoundPath) -> Samples:
        if path not in self._responses:
            self._responses[path] = asyncio.ensure_future(self._computed(path.response))
        return await asyncio.shield(self._responses[path])

    async def _computed(self, compute: Callable[[], ResultT]) -> ResultT:
        return await asyncio.get_running_loop().run_in_executor(self._workers, compute)

    def path(self, speaker: DeviceId, microphone: DeviceId) -> SoundPath:
        """Give the way of the sound between two phones."""
        return SoundPath(self._room, self._phones[speaker], self._phones[microphone], self._seed)

    def format_of(self, phone: DeviceId) -> AudioFormat:
        """Tell what a phone writes its recordings as."""
        return self._phones[phone].audio_format
