"""Telling a repeated confirmation from a new one and from one that nobody waits for."""

from sonalyze_lobby.domain.happenings import Confirm
from sonalyze_lobby.domain.session import Session, Stage
from sonalyze_lobby.domain.stages import those_asked


def is_repeat(session: Session, confirm: Confirm) -> bool:
    """Say whether this was confirmed before, in the current turn or in an earlier one."""
    turn = session.turn
    if turn is None:
        return False
    asked = confirm.by in those_asked(session, turn, confirm.stage)
    if asked and turn.has_confirmed(confirm.stage, confirm.by):
        return True
    return earlier_turn(session, confirm) is not None and not (
        asked and turn.stage is confirm.stage
    )


def earlier_turn(session: Session, confirm: Confirm) -> int | None:
    """Find the completed turn that a confirmation repeats, by its speaker's index.

    A speaker is recognised by having had its turn, a microphone by the name of its upload; the
    other confirmations of a microphone are alike in every turn and belong to the current one.
    """
    if confirm.stage is Stage.RECORDING_UPLOADED:
        mine = [
            recording.speaker_slot_id
            for recording in session.recordings
            if (recording.device_id, recording.upload_name) == (confirm.by, confirm.upload_name)
        ]
        return session.completed_slots.index(mine[-1]) if mine else None
    if confirm.by in session.recorders or confirm.stage is Stage.RECORDING_STARTED:
        return None
    done = session.speakers[: session.completed_count]
    turns = [index for index, place in enumerate(done) if place.device_id == confirm.by]
    return turns[-1] if turns else None
