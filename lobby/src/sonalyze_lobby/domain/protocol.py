"""What may happen to a session, and what follows: ``advance``, a pure function.

Time is an event like any other. An event that nobody waits for raises a condition and changes
nothing. A repeated confirmation changes nothing either, and is not an error: the phone that
repeats has not seen its answer. Restarts are an event too: what was ordered is ordered again from
those who have not confirmed.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sonalyze_contracts.identifiers import DeviceId
from sonalyze_contracts.session_pushes import SessionFailed
from sonalyze_contracts.sessions import Phase, SessionStatus
from sonalyze_lobby.domain import announcements
from sonalyze_lobby.domain.conditions import (
    NotAdmin,
    NotAsked,
    NotMember,
    OutOfPhase,
    SessionOver,
    TurnRunning,
    UploadNameTaken,
)
from sonalyze_lobby.domain.happenings import (
    Cancel,
    Confirm,
    Event,
    Report,
    Resume,
    StartTurn,
    TimePassed,
)
from sonalyze_lobby.domain.repeats import is_repeat
from sonalyze_lobby.domain.session import Recording, Session, Stage, Turn
from sonalyze_lobby.domain.stages import (
    SCRIPT,
    Terms,
    onlookers,
    those_asked,
    those_in,
    those_missing,
)
from sonalyze_lobby.domain.step import Step


def advance(session: Session, event: Event, now: datetime, terms: Terms) -> Step:
    """Let one event happen to a session, or raise why it may not."""
    match event:
        case StartTurn():
            return _start(session, event, now, terms)
        case Confirm():
            return _confirm(session, event, now, terms)
        case Report():
            return _report(session, event, now)
        case Cancel():
            return _cancel(session, event, now)
        case TimePassed():
            return _pass_time(session, now)
        case Resume():
            return _resume(session, now, terms)


def require_admin(session: Session, device_id: DeviceId) -> None:
    """Refuse everybody but the admin of the session's lobby."""
    if device_id != session.admin_device_id:
        raise NotAdmin("Only the lobby's admin may do this", session_id=session.session_id)


def _start(session: Session, event: StartTurn, now: datetime, terms: Terms) -> Step:
    require_admin(session, event.by)
    if session.status is SessionStatus.CANCELLED:
        raise SessionOver("The session was cancelled", session_id=session.session_id)
    if session.status is SessionStatus.COMPLETED or _has_just_started(session):
        return Step(session)
    if session.is_waiting:
        raise TurnRunning("A turn is under way", session_id=session.session_id, phase=session.phase)
    return _begin_turn(Step(session), now, terms)


def _has_just_started(session: Session) -> bool:
    return session.turn is not None and session.is_waiting and session.turn.stage is Stage.READY


def _begin_turn(step: Step, now: datetime, terms: Terms) -> Step:
    turn = Turn(speaker_index=step.session.completed_count)
    session = replace(
        step.session,
        status=SessionStatus.RUNNING,
        turn=turn,
        failure=None,
        started_at=step.session.started_at or now,
    )
    slot_id = session.speaker_of(turn).slot_id
    step = step.become(session).note("turn_started", now, speaker_slot_id=slot_id)
    return _enter(step, turn, now, terms)


def _enter(step: Step, turn: Turn, now: datetime, terms: Terms) -> Step:
    question = SCRIPT[turn.stage]
    deadline = now + timedelta(seconds=terms.patience_s[turn.stage])
    turn = replace(turn, answered=frozenset(), deadline=deadline)
    if turn.stage is Stage.RECORDING_UPLOADED:
        turn = replace(turn, told_to_stop_at=now)
    step = step.become(replace(step.session, turn=turn))
    for phase in question.phases_before:
        step = step.announce(phase)
    told = those_in(question.told, step.session, turn)
    order = question.order(step.session, turn, terms.public_url)
    step = step.tell(order, *told, *onlookers(step.session))
    for phase in question.phases_after:
        step = step.announce(phase)
    return step


def _confirm(session: Session, event: Confirm, now: datetime, terms: Terms) -> Step:
    turn = _turn_for(session, event)
    if is_repeat(session, event):
        return Step(session)
    if event.by not in those_asked(session, turn, event.stage):
        raise NotAsked("Another device was asked", confirmation=SCRIPT[event.stage].confirmation)
    if not session.is_waiting or turn.stage is not event.stage:
        raise OutOfPhase(
            f"Nobody waits for '{SCRIPT[event.stage].confirmation}' now", phase=session.phase
        )
    if session.auto_analyze:
        _require_own_name(session, turn, event)
    return _count(session, _with_answer(turn, event, now), now, terms)


def _turn_for(session: Session, event: Confirm) -> Turn:
    if event.by not in session.members:
        raise NotMember("The device takes no part in this session", session_id=session.session_id)
    if session.status is SessionStatus.CANCELLED:
        raise SessionOver("The session was cancelled", session_id=session.session_id)
    if session.turn is None:
        raise OutOfPhase("No turn has begun", phase=session.phase)
    return session.turn


def _require_own_name(session: Session, turn: Turn, event: Confirm) -> None:
    """Refuse a name under which another recording would be analysed twice, and this one never."""
    taken = {recording.upload_name for recording in session.recordings} | set(turn.uploads.values())
    if event.upload_name in taken:
        raise UploadNameTaken(
            "Another recording of the session has this name", upload_name=event.upload_name
        )


def _with_answer(turn: Turn, event: Confirm, now: datetime) -> Turn:
    turn = replace(turn, answered=turn.answered | {event.by})
    if event.audio_hash is not None:
        turn = replace(turn, audio_hash=event.audio_hash)
    if event.upload_name is not None:
        turn = replace(turn, uploads=turn.uploads | {event.by: event.upload_name})
    if event.stage is Stage.RECORDING_STARTED:
        turn = replace(turn, recording_since=turn.recording_since | {event.by: now})
    return turn


def _count(session: Session, turn: Turn, now: datetime, terms: Terms) -> Step:
    session = replace(session, turn=turn)
    step = Step(session)
    if those_missing(session, turn):
        if SCRIPT[turn.stage].counts_aloud:
            step = step.tell(announcements.recording_progress(session, turn))
        return step
    turn = replace(turn, stage=Stage(turn.stage + 1), answered=frozenset(), deadline=None)
    step = step.become(replace(session, turn=turn))
    if turn.stage is Stage.ENDED:
        return _end_turn(step, turn, now, terms)
    return _enter(step, turn, now, terms)


def _end_turn(step: Step, turn: Turn, now: datetime, terms: Terms) -> Step:
    step = step.announce(Phase.PROCESSING)
    step = step.become(
        replace(
            step.session,
            completed_count=step.session.completed_count + 1,
            recordings=(*step.session.recordings, *_recordings(step.session, turn)),
        )
    )
    if not step.session.remaining_count:
        step = step.become(replace(step.session, status=SessionStatus.COMPLETED, stopped_at=now))
        step = step.announce(Phase.COMPLETED).note("session_completed", now)
        return step.tell(announcements.session_complete(step.session))
    step = step.tell(announcements.speaker_complete(step.session)).announce(Phase.IDLE)
    return _begin_turn(step, now, terms) if step.session.auto_advance else step


def _recordings(session: Session, turn: Turn) -> tuple[Recording, ...]:
    speaker = session.speaker_of(turn)
    return tuple(
        Recording(
            speaker.slot_id,
            place.slot_id,
            place.device_id,
            turn.uploads[place.device_id],
            turn.audio_hash,
        )
        for place in session.microphones
    )


def _report(session: Session, event: Report, now: datetime) -> Step:
    if event.by not in session.audience:
        raise NotMember("The device takes no part in this session", session_id=session.session_id)
    if session.is_over:
        raise SessionOver("The session is over", session_id=session.session_id)
    failure = SessionFailed(
        session_id=session.session_id,
        error_device_id=event.by,
        error_message=event.message,
        error_code=event.code,
        phase=session.phase,
        stage=_stage_name(session),
    )
    if session.phase is Phase.FAILED:
        return Step(session).tell(failure)
    return _fail(session, failure, now)


def _pass_time(session: Session, now: datetime) -> Step:
    turn = session.turn
    if turn is None or turn.deadline is None or now < turn.deadline:
        return Step(session)
    missing = those_missing(session, turn)
    confirmation = SCRIPT[turn.stage].confirmation
    failure = SessionFailed(
        session_id=session.session_id,
        error_message=f"No '{confirmation}' in time from: {', '.join(missing)}",
        error_code="timeout",
        phase=session.phase,
        stage=confirmation,
        missing_device_ids=list(missing),
    )
    return _fail(session, failure, now)


def _stage_name(session: Session) -> str | None:
    if session.turn is None or not session.is_waiting:
        return None
    return SCRIPT[session.turn.stage].confirmation


def _fail(session: Session, failure: SessionFailed, now: datetime) -> Step:
    step = Step(replace(_without_deadline(session), failure=failure)).announce(Phase.FAILED)
    step = step.note("turn_failed", now, error_code=failure.error_code, stage=failure.stage)
    return step.tell(failure)


def _cancel(session: Session, event: Cancel, now: datetime) -> Step:
    require_admin(session, event.by)
    if session.status is SessionStatus.CANCELLED:
        return Step(session)
    if session.status is SessionStatus.COMPLETED:
        raise SessionOver("The session is complete", session_id=session.session_id)
    session = replace(
        _without_deadline(session),
        status=SessionStatus.CANCELLED,
        cancel_reason=event.reason,
        stopped_at=now,
    )
    step = Step(session).announce(Phase.FAILED)
    step = step.note("session_cancelled", now, reason=event.reason)
    return step.tell(announcements.session_cancelled(session))


def _without_deadline(session: Session) -> Session:
    if session.turn is None:
        return session
    return replace(session, turn=replace(session.turn, deadline=None))


def _resume(session: Session, now: datetime, terms: Terms) -> Step:
    turn = session.turn
    if turn is not None and session.is_waiting:
        return _resume_stage(session, turn, now, terms)
    step = Step(session)
    if session.status is SessionStatus.CREATED:
        return step
    if session.status is SessionStatus.RUNNING and session.failure is None:
        return step.tell(announcements.speaker_complete(session)).announce(session.phase)
    step = step.announce(session.phase)
    if session.status is SessionStatus.COMPLETED:
        return step.tell(announcements.session_complete(session))
    if session.status is SessionStatus.CANCELLED:
        return step.tell(announcements.session_cancelled(session))
    return step if session.failure is None else step.tell(session.failure)


def _resume_stage(session: Session, turn: Turn, now: datetime, terms: Terms) -> Step:
    question = SCRIPT[turn.stage]
    turn = replace(turn, deadline=now + timedelta(seconds=terms.patience_s[turn.stage]))
    session = replace(session, turn=turn)
    told = (*those_missing(session, turn), *onlookers(session))
    order = question.order(session, turn, terms.public_url)
    return Step(session).announce(session.phase).tell(order, *told)
