"""What the lobby tells clients of a measurement session: facts and orders."""

from typing import Any

from pydantic import Field

from sonalyze_contracts.command import Push, Service
from sonalyze_contracts.identifiers import DeviceId, JobId, SessionId, SlotId
from sonalyze_contracts.sessions import Phase


class PhaseUpdate(Push, event="measurement.phase_update", owner=Service.LOBBY):
    """The session is in this phase."""

    session_id: SessionId
    job_id: JobId
    phase: Phase
    phase_description: str
    current_speaker_index: int
    total_speakers: int
    completed_speakers: int


class RecordingProgress(PhaseUpdate, event="measurement.phase_update", owner=Service.LOBBY):
    """The phase is unchanged, but one more microphone records."""

    recordings_started: int
    total_microphones: int


class StartMeasurement(Push, event="measurement.start_measurement", owner=Service.LOBBY):
    """Get ready for the turn of this speaker."""

    session_id: SessionId
    job_id: JobId
    current_speaker_slot_id: SlotId
    current_speaker_slot_label: str | None = None
    speaker_device_id: DeviceId
    total_microphones: int


class RequestAudio(Push, event="measurement.request_audio", owner=Service.LOBBY):
    """Fetch the signal from this URL and say when it is there."""

    session_id: SessionId
    audio_url: str


class StartRecording(Push, event="measurement.start_recording", owner=Service.LOBBY):
    """Record, and say when the recording runs."""

    session_id: SessionId
    speaker_slot_id: SlotId
    expected_duration_seconds: float


class StartPlayback(Push, event="measurement.start_playback", owner=Service.LOBBY):
    """Play the signal now, and say when it has ended."""

    session_id: SessionId


class StopRecording(Push, event="measurement.stop_recording", owner=Service.LOBBY):
    """Stop, upload to this endpoint, and say under which name."""

    session_id: SessionId
    job_id: JobId
    speaker_slot_id: SlotId
    upload_endpoint: str


class SpeakerComplete(Push, event="measurement.speaker_complete", owner=Service.LOBBY):
    """One speaker has had its turn; others are to come."""

    session_id: SessionId
    completed_speaker_slot_id: SlotId
    remaining_speakers: int


class SessionComplete(Push, event="measurement.session_complete", owner=Service.LOBBY):
    """Every speaker has had its turn."""

    session_id: SessionId
    job_id: JobId
    completed_speakers: list[SlotId]
    audio_hash: str | None = None


class AnalysisProgress(Push, event="measurement.analysis_progress", owner=Service.LOBBY):
    """One more speaker-microphone pair of the session was analysed."""

    session_id: SessionId
    job_id: JobId
    analyzed_pairs: int
    total_pairs: int


class SessionResults(Push, event="measurement.analysis_results", owner=Service.LOBBY):
    """The results, verbatim as they were sent, or one entry per pair after ``auto_analyze``."""

    session_id: SessionId
    job_id: JobId
    results: Any


class SessionCancelled(Push, event="measurement.session_cancelled", owner=Service.LOBBY):
    """The session was ended."""

    session_id: SessionId
    reason: str


class SessionFailed(Push, event="measurement.error", owner=Service.LOBBY):
    """The turn failed: who reported it or is missing, at which stage, and whether to retry."""

    session_id: SessionId
    error_device_id: DeviceId | None = None
    error_message: str
    error_code: str | None = None
    phase: Phase | None = None
    stage: str | None = None
    missing_device_ids: list[DeviceId] = Field(default_factory=list)
    retryable: bool = True
