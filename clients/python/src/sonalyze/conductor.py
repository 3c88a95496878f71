"""The admin's part of a measurement: from an empty lobby to analysed recordings.

Each method is one step of the documented protocol; ``measure`` drives the turns and ends when the
session does. What happens meanwhile is told to a ``Witness``.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sonalyze.client import Client
from sonalyze.pushes import Heard, Reconnected
from sonalyze.recordings import recording_stem
from sonalyze.subscription import Subscription
from sonalyze_contracts.analysis_requests import AnalysisRequest, AnalysisSource
from sonalyze_contracts.errors import Conflict, Unavailable
from sonalyze_contracts.identifiers import AudioHash, JobId, SessionId, UploadName
from sonalyze_contracts.jobs import RoomMap
from sonalyze_contracts.lobbies import LobbyCreate, LobbyOpened, LobbyStart, Role, RoleAssign
from sonalyze_contracts.results import AnalysisResults
from sonalyze_contracts.session_pushes import (
    PhaseUpdate,
    SessionCancelled,
    SessionComplete,
    SessionFailed,
    SpeakerComplete,
)
from sonalyze_contracts.sessions import (
    NoSpeakerLeft,
    Phase,
    SessionCreate,
    SessionStatus,
    SessionStatusGet,
    Slot,
    SpeakerStart,
    SpeakerStarted,
)

TURN_LIMIT_S = 300.0
ANALYSES_AT_ONCE = 4


class MeasurementFailed(Conflict):
    """A turn failed or the session was cancelled."""


class TurnTooLong(Unavailable):
    """Nothing was heard of a turn for too long."""


class Witness(Protocol):
    """Whoever wants to see how a measurement goes on."""

    def phase_entered(self, update: PhaseUpdate) -> None:
        """See a phase, or one more microphone recording in it."""

    def pair_analyzed(self, pair: "Pair") -> None:
        """See the results of one more pair."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One speaker, one microphone, and what was found between them."""

    speaker: Slot
    microphone: Slot
    results: AnalysisResults


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished session and the signals that were played in it."""

    job_id: JobId
    session_id: SessionId
    audio_hashes: tuple[AudioHash, ...]


class Conductor:
    """A device that owns a lobby and measures with the others in it."""

    def __init__(self, client: Client, witness: Witness) -> None:
        self._client = client
        self._witness = witness

    async def open_lobby(self) -> LobbyOpened:
        """Open a lobby for the others to join."""
        return await self._client.send(LobbyCreate())

    async def assign(
        self, lobby: LobbyOpened, speakers: Sequence[Slot], microphones: Sequence[Slot]
    ) -> None:
        """Give everybody a role and a slot, and close the doors."""
        roles = [(Role.SPEAKER, slot) for slot in speakers]
        roles += [(Role.MICROPHONE, slot) for slot in microphones]
        for role, slot in roles:
            await self._client.send(
                RoleAssign(
                    lobby_id=lobby.lobby_id,
                    target_device_id=slot.device_id,
                    role=role,
                    role_slot_id=slot.slot_id,
                    role_slot_label=slot.slot_label,
                )
            )
        await self._client.send(LobbyStart(lobby_id=lobby.lobby_id))

    async def measure(
        self,
        lobby: LobbyOpened,
        room: RoomMap,
        speakers: Sequence[Slot],
        microphones: Sequence[Slot],
    ) -> Measured:
        """Let every speaker play once for all microphones."""
        job_id = await self._client.measurements.create_job(room)
        session = await self._client.send(
            SessionCreate(
                job_id=job_id,
                lobby_id=lobby.lobby_id,
                speakers=list(speakers),
                microphones=list(microphones),
            )
        )
        hashes = [hash_ async for hash_ in self._turns(session.session_id)]
        return Measured(job_id, session.session_id, tuple(hashes))

    async def analyze(
        self, measured: Measured, speakers: Sequence[Slot], microphones: Sequence[Slot]
    ) -> tuple[Pair, ...]:
        """Have every pair analysed, several at once."""
        uploads = (await self._client.measurements.get_job(measured.job_id)).uploads
        free = asyncio.Semaphore(ANALYSES_AT_ONCE)

        async def analyzed(speaker: Slot, microphone: Slot, audio_hash: AudioHash) -> Pair:
            request = AnalysisRequest(
                source=AnalysisSource.SWEEP_DECONVOLUTION_GENERATED,
                recording_upload=_upload_of(speaker, microphone, uploads),
                audio_hash=audio_hash,
            )
            async with free:
                receipt = await self._client.measurements.analyze(measured.job_id, request)
            pair = Pair(speaker, microphone, receipt.results)
            self._witness.pair_analyzed(pair)
            return pair

        turns = zip(speakers, measured.audio_hashes, strict=True)
        pairs = [analyzed(s, m, audio_hash) for s, audio_hash in turns for m in microphones]
        return tuple(await asyncio.gather(*pairs))

    async def _turns(self, session_id: SessionId) -> AsyncIterator[AudioHash]:
        with self._client.pushes() as pushes:
            is_last = False
            while not is_last:
                turn = await self._client.send(SpeakerStart(session_id=session_id))
                if isinstance(turn, NoSpeakerLeft):
                    return
                is_last = await self._is_last(turn, pushes)
                yield await self._signal_of(session_id)

    async def _is_last(self, turn: SpeakerStarted, pushes: Subscription) -> bool:
        """Follow a turn to its end, and say whether it was the last one."""
        while True:
            try:
                async with asyncio.timeout(TURN_LIMIT_S):
                    heard = await anext(pushes)
            except TimeoutError:
                raise TurnTooLong(f"No news of the turn for {TURN_LIMIT_S:g} s") from None
            is_last = await self._judge(turn, heard)
            if is_last is not None:
                return is_last

    async def _judge(self, turn: SpeakerStarted, heard: Heard) -> bool | None:
        match heard:
            case PhaseUpdate(session_id=turn.session_id):
                self._witness.phase_entered(heard)
            case SpeakerComplete(
                session_id=turn.session_id,
                completed_speaker_slot_id=turn.current_speaker.slot_id,
            ):
                return False
            case SessionComplete(session_id=turn.session_id):
                return True
            case SessionFailed(session_id=turn.session_id):
                raise MeasurementFailed(heard.error_message, phase=heard.phase)
            case SessionCancelled(session_id=turn.session_id):
                raise MeasurementFailed(f"The session was cancelled: {heard.reason}")
            case Reconnected():
                return await self._caught_up(turn)
        return None

    async def _caught_up(self, turn: SpeakerStarted) -> bool | None:
        """Ask what was missed: whether the turn, or the session, ended meanwhile."""
        view = await self._client.send(SessionStatusGet(session_id=turn.session_id))
        if view.status is SessionStatus.COMPLETED:
            return True
        if view.status is SessionStatus.CANCELLED:
            raise MeasurementFailed("The session was cancelled")
        if view.current_measurement and view.current_measurement.phase is Phase.FAILED:
            raise MeasurementFailed("The turn failed while the connection was lost")
        done = {speaker.slot_id for speaker in view.speakers if speaker.completed}
        return False if turn.current_speaker.slot_id in done else None

    async def _signal_of(self, session_id: SessionId) -> AudioHash:
        view = await self._client.send(SessionStatusGet(session_id=session_id))
        if view.current_measurement is None or view.current_measurement.audio_hash is None:
            raise MeasurementFailed("The speaker did not say which signal it played")
        return AudioHash(view.current_measurement.audio_hash)


def _upload_of(speaker: Slot, microphone: Slot, uploads: Sequence[UploadName]) -> UploadName:
    stem = recording_stem(speaker.slot_id, microphone.slot_id)
    for name in uploads:
        if name.rpartition(".")[0] == stem:
            return name
    raise MeasurementFailed(f"There is no recording of {speaker.slot_id} by {microphone.slot_id}")
