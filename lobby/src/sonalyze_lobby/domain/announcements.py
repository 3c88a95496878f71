"""The pushes of a session, made from how the session stands."""

from urllib.parse import quote

from sonalyze_contracts.session_pushes import (
    PhaseUpdate,
    RecordingProgress,
    RequestAudio,
    SessionCancelled,
    SessionComplete,
    SpeakerComplete,
    StartMeasurement,
    StartPlayback,
    StartRecording,
    StopRecording,
)
from sonalyze_contracts.sessions import Phase
from sonalyze_contracts.signals import SIGNAL_DURATION_S
from sonalyze_lobby.domain.session import Session, Turn


def phase_update(session: Session, phase: Phase) -> PhaseUpdate:
    """Tell which phase the session is in."""
    return PhaseUpdate(
        session_id=session.session_id,
        job_id=session.job_id,
        phase=phase,
        phase_description=phase.description,
        current_speaker_index=session.turn.speaker_index if session.turn else 0,
        total_speakers=len(session.speakers),
        completed_speakers=session.completed_count,
    )


def recording_progress(session: Session, turn: Turn) -> RecordingProgress:
    """Tell how many microphones record; the phase is unchanged."""
    return RecordingProgress(
        **dict(phase_update(session, session.phase)),
        recordings_started=len(turn.answered),
        total_microphones=len(session.microphones),
    )


def start_measurement(session: Session, turn: Turn, _: str) -> StartMeasurement:
    """Ask everybody to get ready."""
    speaker = session.speaker_of(turn)
    return StartMeasurement(
        session_id=session.session_id,
        job_id=session.job_id,
        current_speaker_slot_id=speaker.slot_id,
        current_speaker_slot_label=speaker.slot_label,
        speaker_device_id=speaker.device_id,
        total_microphones=len(session.microphones),
    )


def request_audio(session: Session, _: Turn, public_url: str) -> RequestAudio:
    """Ask the speaker to fetch the signal."""
    url = f"{public_url}/v1/measurement/audio?session_id={quote(session.session_id, safe='')}"
    return RequestAudio(session_id=session.session_id, audio_url=url)


def start_recording(session: Session, turn: Turn, _: str) -> StartRecording:
    """Ask the microphones to record."""
    return StartRecording(
        session_id=session.session_id,
        speaker_slot_id=session.speaker_of(turn).slot_id,
        expected_duration_seconds=SIGNAL_DURATION_S,
    )


def start_playback(session: Session, _: Turn, __: str) -> StartPlayback:
    """Ask the speaker to play."""
    return StartPlayback(session_id=session.session_id)


def stop_recording(session: Session, turn: Turn, public_url: str) -> StopRecording:
    """Ask the microphones to stop and to upload."""
    return StopRecording(
        session_id=session.session_id,
        job_id=session.job_id,
        speaker_slot_id=session.speaker_of(turn).slot_id,
        upload_endpoint=f"{public_url}/v1/jobs/{quote(session.job_id, safe='')}/uploads/",
    )


def speaker_complete(session: Session) -> SpeakerComplete:
    """Tell that the speaker who was last had its turn."""
    return SpeakerComplete(
        session_id=session.session_id,
        completed_speaker_slot_id=session.completed_slots[-1],
        remaining_speakers=session.remaining_count,
    )


def session_complete(session: Session) -> SessionComplete:
    """Tell that every speaker had its turn."""
    return SessionComplete(
        session_id=session.session_id,
        job_id=session.job_id,
        completed_speakers=session.completed_slots,
        audio_hash=session.turn.audio_hash if session.turn else None,
    )


def session_cancelled(session: Session) -> SessionCancelled:
    """Tell that the session was ended, and why."""
    return SessionCancelled(session_id=session.session_id, reason=session.cancel_reason or "")
