"""A phone without hardware: the pure phone, a real connection, and virtual air for a sound card."""

import asyncio
from collections.abc import Callable
from enum import StrEnum

from sonalyze.audio import AudioError
from sonalyze.client import Client
from sonalyze.measurements import Signal
from sonalyze.phone import Phone, Stimulus
from sonalyze.phone.actions import (
    Abandon,
    Action,
    CommandRefused,
    Fetch,
    Fetched,
    Outcome,
    Play,
    Played,
    Record,
    RecordingRuns,
    Send,
    StopAndUpload,
    Uploaded,
    WorkFailed,
)
from sonalyze.virtual_air import Air
from sonalyze_contracts.errors import SonalyzeError
from sonalyze_contracts.identifiers import LobbyCode, UploadName
from sonalyze_contracts.lobbies import LobbyJoin, LobbyView
from sonalyze_contracts.sessions import (
    PlaybackComplete,
    Ready,
    RecordingStarted,
    RecordingUploaded,
    SessionView,
    SpeakerAudioReady,
)


class Activity(StrEnum):
    """What a phone is doing, for whoever watches."""

    WAITING = "waiting"
    READY = "ready"
    DOWNLOADING = "downloading"
    ARMED = "signal loaded"
    RECORDING = "recording"
    PLAYING = "playing"
    PLAYED = "played"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    FAILED = "failed"


_WHILE: dict[type[Action], Activity] = {
    Fetch: Activity.DOWNLOADING,
    Record: Activity.RECORDING,
    Play: Activity.PLAYING,
    StopAndUpload: Activity.UPLOADING,
    Abandon: Activity.WAITING,
}

_AFTER = {
    Ready: Activity.READY,
    SpeakerAudioReady: Activity.ARMED,
    RecordingStarted: Activity.RECORDING,
    PlaybackComplete: Activity.PLAYED,
    RecordingUploaded: Activity.UPLOADED,
}

Watcher = Callable[[Activity], None]


def _nobody(_: Activity) -> None:
    """Watch nothing."""


class VirtualPhone:
    """One phone in a virtual room; ``run`` it until it is cancelled."""

    def __init__(self, client: Client, air: Air, *, watcher: Watcher = _nobody) -> None:
        self._client = client
        self._air = air
        self._watcher = watcher
        self._phone = Phone(client.device_id)
        self._inbox: asyncio.Queue[Stimulus] = asyncio.Queue()
        self._signals: dict[str, Signal] = {}
        self._work: set[asyncio.Task[None]] = set()

    async def join(self, code: LobbyCode) -> LobbyView:
        """Join a lobby; a measurement that already runs there is taken up."""
        lobby = await self._client.send(LobbyJoin(code=code))
        self._inbox.put_nowait(lobby)
        return lobby

    async def run(self) -> None:
        """Do what the backend says, until cancelled or the client is closed."""
        async with asyncio.TaskGroup() as tasks:
            reactions = tasks.create_task(self._react(tasks))
            with self._client.pushes() as pushes:
                async for heard in pushes:
                    self._inbox.put_nowait(heard)
            reactions.cancel()

    async def _react(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            self._phone, actions = self._phone.hear(await self._inbox.get())
            for action in actions:
                self._begin(action, tasks)

    def _begin(self, action: Action, tasks: asyncio.TaskGroup) -> None:
        if type(action) in _WHILE:
            self._watcher(_WHILE[type(action)])
        match action:
            case Abandon():
                self._abandon()
            case Send():
                tasks.create_task(self._send(action))
            case _:
                work = tasks.create_task(self._do(action))
                self._work.add(work)
                work.add_done_callback(self._work.discard)

    def _abandon(self) -> None:
        for work in self._work:
            work.cancel()
        self._air.forget(self._client.device_id)

    async def _send(self, action: Send) -> None:
        command = action.command
        try:
            reply = await self._client.send(command)
        except SonalyzeError as error:
            self._inbox.put_nowait(CommandRefused(command, error))
            return
        if type(command) in _AFTER:
            self._watcher(_AFTER[type(command)])
        if isinstance(reply, LobbyView | SessionView):
            self._inbox.put_nowait(reply)

    async def _do(self, action: Fetch | Record | Play | StopAndUpload) -> None:
        try:
            outcome = await self._outcome_of(action)
        except SonalyzeError as error:
            outcome = WorkFailed(action.ticket, error.message, error.code)
        except AudioError as error:
            outcome = WorkFailed(action.ticket, str(error), "audio")
        if isinstance(outcome, WorkFailed):
            self._watcher(Activity.FAILED)
        self._inbox.put_nowait(outcome)

    async def _outcome_of(self, action: Fetch | Record | Play | StopAndUpload) -> Outcome:
        match action:
            case Fetch():
                return await self._fetch(action)
            case Record():
                self._air.record(self._client.device_id)
                return RecordingRuns(action.ticket)
            case Play():
                return await self._play(action)
            case StopAndUpload():
                return await self._upload(action)

    async def _fetch(self, action: Fetch) -> Outcome:
        signal = await self._client.measurements.fetch_signal(action.url)
        self._signals[signal.audio_hash] = signal
        return Fetched(action.ticket, signal.audio_hash)

    async def _play(self, action: Play) -> Outcome:
        signal = self._signals.get(action.audio_hash)
        if signal is None:
            return WorkFailed(action.ticket, "The signal is not on this phone", "no_signal")
        await self._air.play(self._client.device_id, signal.content)
        return Played(action.ticket)

    async def _upload(self, action: StopAndUpload) -> Outcome:
        device_id = self._client.device_id
        recording = await self._air.stop(device_id)
        name = UploadName(f"{action.stem}.{self._air.format_of(device_id)}")
        await self._client.measurements.upload(action.endpoint, name, recording)
        return Uploaded(action.ticket, name)
