"""One turn of a measurement as one phone works through it.

Each of the five orders is worked through once per turn. While the work goes on, a repeated order
changes nothing; after it, the confirmation is sent again. A repeated ``start_measurement`` means
that the turn may have been started again: from then on a repeated order is worked through anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sonalyze.phone.actions import (
    Action,
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
from sonalyze.recordings import recording_stem
from sonalyze_contracts.command import Command
from sonalyze_contracts.identifiers import AudioHash, DeviceId, SessionId, SlotId
from sonalyze_contracts.session_pushes import (
    RequestAudio,
    StartMeasurement,
    StartPlayback,
    StartRecording,
    StopRecording,
)
from sonalyze_contracts.sessions import (
    ErrorReport,
    PlaybackComplete,
    Ready,
    RecordingStarted,
    RecordingUploaded,
    SpeakerAudioReady,
)

Order = StartMeasurement | RequestAudio | StartRecording | StartPlayback | StopRecording
"""The pushes that want an answer."""

SEQUENCE = (StartMeasurement, RequestAudio, StartRecording, StartPlayback, StopRecording)
"""The orders of a turn as they follow each other."""

_LONGEST_MESSAGE = 2000
_LONGEST_CODE = 128


@dataclass(frozen=True, slots=True)
class Work:
    """An order that was taken on; under way until it has its confirmation."""

    ticket: int
    confirmation: Command[Any] | None = None
    may_be_outdated: bool = False

    @property
    def is_done(self) -> bool:
        """Whether it was confirmed."""
        return self.confirmation is not None


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker with all microphones, as far as this phone is concerned."""

    session_id: SessionId
    speaker_slot_id: SlotId | None = None
    speaker_device_id: DeviceId | None = None
    works: Mapping[type[Order], Work] = field(default_factory=dict)
    audio_hash: AudioHash | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something plays, records or is on its way."""
        recording, upload = self.works.get(StartRecording), self.works.get(StopRecording)
        keeps_recording = recording is not None and not (upload and upload.is_done)
        return keeps_recording or any(not work.is_done for work in self.works.values())

    def obey(self, order: Order, ticket: int, microphone: SlotId) -> tuple["Turn", Action | None]:
        """Do what an order asks; ``ticket`` is for the work that it may need."""
        work = self.works.get(type(order))
        if isinstance(order, StartMeasurement):
            return self._get_ready()
        if work is not None and not work.is_done:
            return self, None
        if work is not None and work.confirmation and not work.may_be_outdated:
            return self, Send(work.confirmation)
        return self._take_on(order, ticket, microphone)

    def finish(self, outcome: Outcome) -> tuple["Turn", Action | None]:
        """Confirm a piece of work, or report that it failed."""
        for order, work in self.works.items():
            if work.ticket == outcome.ticket and not work.is_done:
                return self._conclude(order, work, outcome)
        return self, None

    def _get_ready(self) -> tuple["Turn", Action]:
        outdated = {o: replace(work, may_be_outdated=True) for o, work in self.works.items()}
        ready = Ready(session_id=self.session_id)
        return replace(self, works={**outdated, StartMeasurement: Work(0, ready)}), Send(ready)

    def _take_on(
        self, order: Order, ticket: int, microphone: SlotId
    ) -> tuple["Turn", Action | None]:
        action = self._action_for(order, ticket, microphone)
        if isinstance(action, Send):
            return self, action
        position = SEQUENCE.index(type(order))
        earlier = {o: work for o, work in self.works.items() if SEQUENCE.index(o) < position}
        return replace(self, works={**earlier, type(order): Work(ticket)}), action

    def _action_for(self, order: Order, ticket: int, microphone: SlotId) -> Action | None:
        action: Action | None = None
        match order:
            case RequestAudio():
                action = Fetch(ticket, order.audio_url)
            case StartRecording():
                action = Record(ticket, order.expected_duration_seconds)
            case StartPlayback() if self.audio_hash:
                action = Play(ticket, self.audio_hash)
            case StartPlayback():
                action = self._report("There is no signal to play", "no_signal")
            case StopRecording() if not self._has_recording:
                action = self._report("Nothing was recorded", "no_recording")
            case StopRecording():
                stem = recording_stem(order.speaker_slot_id, microphone)
                action = StopAndUpload(ticket, order.upload_endpoint, stem)
            case StartMeasurement():
                pass
        return action

    @property
    def _has_recording(self) -> bool:
        recording = self.works.get(StartRecording)
        return recording is not None and recording.is_done

    def _report(self, message: str, code: str | None) -> Send:
        return Send(
            ErrorReport(
                session_id=self.session_id,
                error_message=message[:_LONGEST_MESSAGE],
                error_code=code[:_LONGEST_CODE] if code else None,
            )
        )

    def _conclude(
        self, order: type[Order], work: Work, outcome: Outcome
    ) -> tuple["Turn", Action | None]:
        if isinstance(outcome, WorkFailed):
            others = {o: other for o, other in self.works.items() if o is not order}
            return replace(self, works=others), self._report(outcome.message, outcome.code)
        confirmation = self._confirmation(order, outcome)
        if confirmation is None:
            return self, None
        done = {**self.works, order: replace(work, confirmation=confirmation)}
        audio_hash = outcome.audio_hash if isinstance(outcome, Fetched) else self.audio_hash
        return replace(self, works=done, audio_hash=audio_hash), Send(confirmation)

    def _confirmation(self, order: type[Order], outcome: Outcome) -> Command[Any] | None:
        session_id = self.session_id
        match outcome:
            case Fetched() if order is RequestAudio:
                return SpeakerAudioReady(session_id=session_id, audio_hash=outcome.audio_hash)
            case RecordingRuns() if order is StartRecording:
                return RecordingStarted(session_id=session_id)
            case Played() if order is StartPlayback:
                return PlaybackComplete(session_id=session_id)
            case Uploaded() if order is StopRecording:
                return RecordingUploaded(session_id=session_id, upload_name=outcome.upload_name)
            case _:
                return None
