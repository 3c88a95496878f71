"""What devices are answered: how their session stands, seen from what they said."""

from sonalyze_contracts.identifiers import DeviceId
from sonalyze_contracts.sessions import (
    AllReady,
    AllRecording,
    CommandingRecordings,
    CommandingUploads,
    CurrentMeasurement,
    MicrophoneSlot,
    NoSpeakerLeft,
    Order,
    SessionCreated,
    SessionFinished,
    SessionStatus,
    SessionView,
    Slot,
    SpeakerFinished,
    SpeakerProgress,
    SpeakerStarted,
    WaitingForReady,
    WaitingForRecordings,
    WaitingForUploads,
)
from sonalyze_lobby.domain.happenings import Confirm
from sonalyze_lobby.domain.repeats import earlier_turn
from sonalyze_lobby.domain.session import Session, Stage, Turn
from sonalyze_lobby.domain.stages import pending_order, those_asked

ConfirmReply = (
    WaitingForReady
    | AllReady
    | CommandingRecordings
    | WaitingForRecordings
    | AllRecording
    | CommandingUploads
    | WaitingForUploads
    | SpeakerFinished
    | SessionFinished
)


def created(session: Session) -> SessionCreated:
    """Answer ``create_session``."""
    return SessionCreated(
        session_id=session.session_id,
        job_id=session.job_id,
        lobby_id=session.lobby_id,
        total_speakers=len(session.speakers),
        total_microphones=len(session.microphones),
    )


def started(session: Session) -> SpeakerStarted | NoSpeakerLeft:
    """Answer ``start_speaker``."""
    if session.turn is None or session.status is SessionStatus.COMPLETED:
        return NoSpeakerLeft(
            session_id=session.session_id, completed_speakers=session.completed_slots
        )
    return SpeakerStarted(
        session_id=session.session_id,
        current_speaker=Slot.model_validate(session.speaker_of(session.turn)),
        microphones=[MicrophoneSlot.model_validate(place) for place in session.microphones],
    )


def confirmed(session: Session, confirm: Confirm) -> ConfirmReply:
    """Answer a confirmation, a repeated one like the first."""
    turn = session.turn or Turn(speaker_index=0)
    asked_now = confirm.by in those_asked(session, turn, confirm.stage)
    if not (asked_now and turn.has_confirmed(confirm.stage, confirm.by)):
        earlier = earlier_turn(session, confirm)
        if earlier is not None:
            turn = _as_it_ended(session, earlier)
    if turn.has_finished(confirm.stage):
        return _all_confirmed(session, turn, confirm.stage)
    return _waiting(session, turn)


def view(session: Session, asker: DeviceId, public_url: str) -> SessionView:
    """Answer ``session_status``, with what the asker still owes."""
    owed = pending_order(session, asker, public_url)
    return SessionView(
        session_id=session.session_id,
        job_id=session.job_id,
        lobby_id=session.lobby_id,
        status=session.status,
        total_speakers=len(session.speakers),
        completed_speakers=session.completed_count,
        speakers=[
            SpeakerProgress(
                device_id=place.device_id,
                slot_id=place.slot_id,
                slot_label=place.slot_label,
                completed=index < session.completed_count,
            )
            for index, place in enumerate(session.speakers)
        ],
        microphones=[Slot.model_validate(place) for place in session.microphones],
        current_measurement=_current(session, session.turn) if session.turn else None,
        pending_order=Order(event=owed.event, data=owed.data()) if owed else None,
    )


def _as_it_ended(session: Session, index: int) -> Turn:
    slot_id = session.speakers[index].slot_id
    hashes = (one.audio_hash for one in session.recordings if one.speaker_slot_id == slot_id)
    return Turn(speaker_index=index, stage=Stage.ENDED, audio_hash=next(hashes, None))


def _current(session: Session, turn: Turn) -> CurrentMeasurement:
    speaker = session.speaker_of(turn)
    return CurrentMeasurement(
        speaker_slot_id=speaker.slot_id,
        phase=session.phase,
        speaker_ready=turn.has_confirmed(Stage.READY, speaker.device_id),
        speaker_audio_received=turn.has_finished(Stage.SPEAKER_AUDIO_READY),
        microphones_ready=_count(session, turn, Stage.READY),
        recordings_started=_count(session, turn, Stage.RECORDING_STARTED),
        recordings_uploaded=_count(session, turn, Stage.RECORDING_UPLOADED),
        audio_hash=turn.audio_hash,
    )


def _count(session: Session, turn: Turn, stage: Stage) -> int:
    return sum(turn.has_confirmed(stage, device_id) for device_id in session.recorders)


def _of_microphones(session: Session, turn: Turn) -> str:
    return f"{_count(session, turn, turn.stage)}/{len(session.microphones)}"


def _all_confirmed(session: Session, turn: Turn, stage: Stage) -> ConfirmReply:
    session_id = session.session_id
    match stage:
        case Stage.READY:
            return AllReady(session_id=session_id)
        case Stage.SPEAKER_AUDIO_READY:
            return CommandingRecordings(session_id=session_id, audio_hash=turn.audio_hash)
        case Stage.RECORDING_STARTED:
            return AllRecording(session_id=session_id)
        case Stage.PLAYBACK_COMPLETE:
            return CommandingUploads(session_id=session_id)
        case _:
            return _turn_ended(session, turn)


def _waiting(session: Session, turn: Turn) -> ConfirmReply:
    confirmed_by = _of_microphones(session, turn)
    match turn.stage:
        case Stage.READY:
            return WaitingForReady(
                session_id=session.session_id,
                speaker_ready=turn.has_confirmed(Stage.READY, session.speaker_of(turn).device_id),
                microphones_ready=confirmed_by,
            )
        case Stage.RECORDING_STARTED:
            return WaitingForRecordings(
                session_id=session.session_id, recordings_started=confirmed_by
            )
        case _:
            return WaitingForUploads(session_id=session.session_id, uploads_received=confirmed_by)


def _turn_ended(session: Session, turn: Turn) -> SpeakerFinished | SessionFinished:
    remaining = len(session.speakers) - turn.speaker_index - 1
    if remaining:
        return SpeakerFinished(
            session_id=session.session_id,
            completed_speaker=session.speaker_of(turn).slot_id,
            remaining_speakers=remaining,
        )
    return SessionFinished(
        session_id=session.session_id,
        completed_speakers=session.completed_slots,
        audio_hash=turn.audio_hash,
    )
