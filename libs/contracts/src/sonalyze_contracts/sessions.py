"""The measurement session: eleven steps in which every speaker plays once for all microphones.

One speaker with all microphones is a *turn*. A turn is one opening command and five
question-and-answer stages: the lobby tells devices something and waits for what they answer.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from sonalyze_contracts.command import Command, Service
from sonalyze_contracts.identifiers import (
    DeviceId,
    DeviceIdField,
    JobId,
    JobIdField,
    LobbyId,
    LobbyIdField,
    SessionId,
    SessionIdField,
    SlotId,
    SlotIdField,
    SlotLabel,
    UploadNameField,
)
from sonalyze_contracts.model import Model

MOST_SPEAKERS = 64
MOST_MICROPHONES = 256


class Phase(StrEnum):
    """The fourteen phases that apps show."""

    IDLE = "idle"
    INITIATING = "initiating"
    NOTIFYING_CLIENTS = "notifying_clients"
    WAITING_READY = "waiting_ready"
    SPEAKER_DOWNLOADING = "speaker_downloading"
    SPEAKER_READY = "speaker_ready"
    STARTING_RECORDING = "starting_recording"
    RECORDING = "recording"
    PLAYING = "playing"
    PLAYBACK_COMPLETE = "playback_complete"
    UPLOADING = "uploading"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def description(self) -> str:
        """What an app shows for this phase."""
        return _DESCRIPTIONS[self]


_DESCRIPTIONS = {
    Phase.IDLE: "Idle - Waiting to start",
    Phase.INITIATING: "Initiating measurement",
    Phase.NOTIFYING_CLIENTS: "Notifying all devices",
    Phase.WAITING_READY: "Waiting for devices to be ready",
    Phase.SPEAKER_DOWNLOADING: "Speaker downloading audio",
    Phase.SPEAKER_READY: "Speaker ready to play",
    Phase.STARTING_RECORDING: "Starting recording on microphones",
    Phase.RECORDING: "Recording in progress",
    Phase.PLAYING: "Playing measurement signal",
    Phase.PLAYBACK_COMPLETE: "Playback complete",
    Phase.UPLOADING: "Uploading recordings",
    Phase.PROCESSING: "Processing recordings",
    Phase.COMPLETED: "Measurement complete",
    Phase.FAILED: "Measurement failed",
}


class SessionStatus(StrEnum):
    """How a session stands as a whole."""

    CREATED = "created"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Slot(Model):
    """A device at its place in the room."""

    device_id: DeviceIdField
    slot_id: SlotIdField
    slot_label: SlotLabel | None = None


class MicrophoneSlot(Model):
    """A microphone as the answer to ``start_speaker`` lists it."""

    device_id: DeviceId
    slot_id: SlotId


class SessionCreated(Model):
    """A session waits for its first ``start_speaker``."""

    session_id: SessionId
    job_id: JobId
    lobby_id: LobbyId
    total_speakers: int
    total_microphones: int


class SpeakerStarted(Model):
    """The turn of a speaker begins."""

    session_id: SessionId
    status: Literal["notifying_clients"] = "notifying_clients"
    current_speaker: Slot
    microphones: list[MicrophoneSlot]


class NoSpeakerLeft(Model):
    """Every speaker has had its turn."""

    session_id: SessionId
    status: Literal["completed"] = "completed"
    completed_speakers: list[SlotId]


class WaitingForReady(Model):
    """Some devices are not ready yet."""

    session_id: SessionId
    status: Literal["waiting"] = "waiting"
    speaker_ready: bool
    microphones_ready: str


class AllReady(Model):
    """Every device is ready; the speaker fetches the signal."""

    session_id: SessionId
    status: Literal["all_ready"] = "all_ready"
    action: Literal["requesting_audio_from_speaker"] = "requesting_audio_from_speaker"


class CommandingRecordings(Model):
    """The speaker has the signal; the microphones are told to record."""

    session_id: SessionId
    status: Literal["commanding_recording_start"] = "commanding_recording_start"
    audio_hash: str | None = None


class WaitingForRecordings(Model):
    """Some microphones do not record yet."""

    session_id: SessionId
    status: Literal["waiting_recordings"] = "waiting_recordings"
    recordings_started: str


class AllRecording(Model):
    """Every microphone records; the speaker is told to play."""

    session_id: SessionId
    status: Literal["all_recording"] = "all_recording"
    action: Literal["playback_commanded"] = "playback_commanded"


class CommandingUploads(Model):
    """The signal was played; the microphones are told to stop and upload."""

    session_id: SessionId
    status: Literal["playback_complete"] = "playback_complete"
    action: Literal["commanding_upload"] = "commanding_upload"


class WaitingForUploads(Model):
    """Some recordings are missing."""

    session_id: SessionId
    status: Literal["waiting_uploads"] = "waiting_uploads"
    uploads_received: str


class SpeakerFinished(Model):
    """The turn is over, and others are to come."""

    session_id: SessionId
    status: Literal["speaker_measurement_complete"] = "speaker_measurement_complete"
    completed_speaker: SlotId
    next_speaker_available: Literal[True] = True
    remaining_speakers: int


class SessionFinished(Model):
    """The last turn is over."""

    session_id: SessionId
    status: Literal["session_complete"] = "session_complete"
    completed_speakers: list[SlotId]
    audio_hash: str | None = None


class SpeakerProgress(Slot):
    """A speaker and whether it has had its turn."""

    completed: bool


class Order(Model):
    """A push that the asking device has not answered yet: what it owes after a reconnect."""

    event: str
    data: dict[str, Any]


class CurrentMeasurement(Model):
    """How the current turn stands."""

    speaker_slot_id: SlotId
    phase: Phase
    speaker_ready: bool
    speaker_audio_received: bool
    microphones_ready: int
    recordings_started: int
    recordings_uploaded: int
    audio_hash: str | None = None


class SessionView(Model):
    """How a session stands; ``pending_order`` is what the asking device still has to answer."""

    session_id: SessionId
    job_id: JobId
    lobby_id: LobbyId
    status: SessionStatus
    total_speakers: int
    completed_speakers: int
    speakers: list[SpeakerProgress]
    microphones: list[Slot]
    current_measurement: CurrentMeasurement | None = Field(
        default=None, exclude_if=lambda value: value is None
    )
    pending_order: Order | None = None


class CancelledView(Model):
    """The session is over."""

    session_id: SessionId
    status: Literal["cancelled"] = "cancelled"
    reason: str


class ErrorReported(Model):
    """The error was passed on; ``start_speaker`` starts the same speaker again."""

    session_id: SessionId
    status: Literal["error"] = "error"
    error_device_id: DeviceId
    error_message: str


class ResultsShared(Model):
    """The results were passed on."""

    session_id: SessionId
    status: Literal["results_broadcast"] = "results_broadcast"
    devices_notified: int


class SessionCreate(
    Command[SessionCreated], event="measurement.create_session", owner=Service.LOBBY
):
    """Plan a measurement: which devices play, which record; admin only."""

    job_id: JobIdField
    lobby_id: LobbyIdField
    speakers: Annotated[list[Slot], Field(min_length=1, max_length=MOST_SPEAKERS)]
    microphones: Annotated[list[Slot], Field(min_length=1, max_length=MOST_MICROPHONES)]
    auto_advance: bool = False
    auto_analyze: bool = False


class SpeakerStart(
    Command[SpeakerStarted | NoSpeakerLeft],
    event="measurement.start_speaker",
    owner=Service.LOBBY,
    aliases=("measurement.start",),
):
    """Begin the turn of the next speaker; admin only."""

    session_id: SessionIdField


class Ready(
    Command[WaitingForReady | AllReady],
    event="measurement.ready",
    owner=Service.LOBBY,
    aliases=("measurement.client_ready",),
):
    """The sending device is ready for this turn."""

    session_id: SessionIdField


class SpeakerAudioReady(
    Command[CommandingRecordings], event="measurement.speaker_audio_ready", owner=Service.LOBBY
):
    """The speaker holds the signal; its hash tells the analysis which signal it was."""

    session_id: SessionIdField
    audio_hash: Annotated[str, Field(max_length=128)] | None = None


class RecordingStarted(
    Command[WaitingForRecordings | AllRecording],
    event="measurement.recording_started",
    owner=Service.LOBBY,
):
    """The sending microphone records."""

    session_id: SessionIdField


class PlaybackComplete(
    Command[CommandingUploads],
    event="measurement.playback_complete",
    owner=Service.LOBBY,
    aliases=("measurement.speaker_finished",),
):
    """The speaker has played the whole signal."""

    session_id: SessionIdField


class RecordingUploaded(
    Command[WaitingForUploads | SpeakerFinished | SessionFinished],
    event="measurement.recording_uploaded",
    owner=Service.LOBBY,
):
    """The sending microphone has uploaded its recording under this name."""

    session_id: SessionIdField
    upload_name: UploadNameField


class SessionStatusGet(
    Command[SessionView],
    event="measurement.session_status",
    owner=Service.LOBBY,
    aliases=("measurement.status",),
):
    """Ask how a session stands."""

    session_id: SessionIdField


class SessionCancel(
    Command[CancelledView],
    event="measurement.cancel_session",
    owner=Service.LOBBY,
    aliases=("measurement.stop",),
):
    """End a session; admin only."""

    session_id: SessionIdField
    reason: Annotated[str, Field(max_length=500)] = "cancelled_by_client"


class ErrorReport(Command[ErrorReported], event="measurement.error", owner=Service.LOBBY):
    """The sending device cannot go on."""

    session_id: SessionIdField
    error_message: Annotated[str, Field(max_length=2000)] = "Unknown error"
    error_code: Annotated[str, Field(max_length=128)] | None = None


class ResultsBroadcast(
    Command[ResultsShared], event="measurement.broadcast_results", owner=Service.LOBBY
):
    """Show results to every member; admin only."""

    session_id: SessionIdField
    job_id: JobIdField
    results: Any
