"""The phone as a pure state machine: something is heard, actions come out.

It knows no socket, no clock and no sound. In a turn it is the speaker, a microphone or an
onlooker. Whether it is a microphone it learns from the session itself (``session_status``), not
from its role in the lobby: the session is what counts, and the same answer says which order is
still open after a lost connection. An order that arrives outside of a turn that has begun here,
or that may be somebody else's, is therefore a reason to ask, not to obey.
"""

from dataclasses import dataclass, replace

from sonalyze.phone.actions import (
    Abandon,
    Action,
    CommandRefused,
    Fetched,
    Outcome,
    Played,
    RecordingRuns,
    Send,
    Uploaded,
    WorkFailed,
)
from sonalyze.phone.turn import Order, Turn
from sonalyze.pushes import RawPush, Reconnected, typed
from sonalyze_contracts.command import Push
from sonalyze_contracts.errors import Forbidden, NotFound
from sonalyze_contracts.identifiers import DeviceId, LobbyId, SessionId, SlotId
from sonalyze_contracts.lobbies import LobbyGet, LobbyView
from sonalyze_contracts.session_pushes import (
    RequestAudio,
    SessionCancelled,
    SessionComplete,
    SessionFailed,
    StartMeasurement,
    StartPlayback,
    StartRecording,
    StopRecording,
)
from sonalyze_contracts.sessions import SessionStatus, SessionStatusGet, SessionView

MOST_REMEMBERED_SESSIONS = 16

Stimulus = Push | RawPush | Reconnected | LobbyView | SessionView | Outcome | CommandRefused
"""Everything that a phone reacts to."""

Actions = tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """The session that this phone is in, and its place there as far as it knows."""

    session_id: SessionId
    is_known: bool = False
    microphone_slot_id: SlotId | None = None


@dataclass(frozen=True, slots=True)
class Phone:
    """What one phone knows; ``hear`` gives what it knows next, and what it does."""

    device_id: DeviceId
    lobby_id: LobbyId | None = None
    membership: Membership | None = None
    turn: Turn | None = None
    ended: tuple[SessionId, ...] = ()
    next_ticket: int = 1

    def hear(self, stimulus: Stimulus) -> tuple["Phone", Actions]:
        """React; whatever is heard in whatever order, this neither fails nor waits."""
        match stimulus:
            case LobbyView():
                reaction = _see_lobby(self, stimulus)
            case SessionView():
                reaction = _see_session(self, stimulus)
            case Reconnected():
                reaction = self, _ask_how_things_stand(self)
            case Fetched() | RecordingRuns() | Played() | Uploaded() | WorkFailed():
                reaction = _finish(self, stimulus)
            case CommandRefused():
                reaction = _be_refused(self, stimulus)
            case SessionComplete() | SessionCancelled():
                reaction = _end(self, stimulus.session_id)
            case SessionFailed() if _is_in(self, stimulus.session_id):
                reaction = _without_turn(self)
            case _ if isinstance(stimulus, Order):
                reaction = _hear_order(self, stimulus)
            case _:
                reaction = self, ()
        return reaction


def _see_lobby(phone: Phone, lobby: LobbyView) -> tuple[Phone, Actions]:
    phone = replace(phone, lobby_id=lobby.lobby_id)
    running = lobby.active_session_id
    if running is None or running in phone.ended or _is_in(phone, running):
        return phone, ()
    return phone, (Send(SessionStatusGet(session_id=running)),)


def _see_session(phone: Phone, view: SessionView) -> tuple[Phone, Actions]:
    if view.session_id in phone.ended:
        return phone, ()
    if view.status in {SessionStatus.COMPLETED, SessionStatus.CANCELLED}:
        return _end(phone, view.session_id)
    phone, dropped = _in_session(phone, view.session_id)
    slots = [m.slot_id for m in view.microphones if m.device_id == phone.device_id]
    place = Membership(view.session_id, is_known=True, microphone_slot_id=next(iter(slots), None))
    phone = replace(phone, membership=place)
    owed = view.pending_order and typed(view.pending_order.event, view.pending_order.data)
    if not isinstance(owed, Order) or owed.session_id != view.session_id:
        return phone, dropped
    phone, actions = _obey(phone, owed)
    return phone, dropped + actions


def _ask_how_things_stand(phone: Phone) -> Actions:
    if phone.membership is not None:
        return (Send(SessionStatusGet(session_id=phone.membership.session_id)),)
    if phone.lobby_id is not None:
        return (Send(LobbyGet(lobby_id=phone.lobby_id)),)
    return ()


def _hear_order(phone: Phone, order: Order) -> tuple[Phone, Actions]:
    if order.session_id in phone.ended:
        return phone, ()
    phone, dropped = _in_session(phone, order.session_id)
    if isinstance(order, StartMeasurement):
        phone, left_behind = _in_turn_of(phone, order)
        dropped += left_behind
    mine = _is_mine(phone, order)
    if mine is None:
        return phone, (*dropped, Send(SessionStatusGet(session_id=order.session_id)))
    if not mine:
        return phone, dropped
    phone, actions = _obey(phone, order)
    return phone, dropped + actions


def _is_mine(phone: Phone, order: Order) -> bool | None:
    """Say whether an order is for this phone, or ``None`` if it cannot tell."""
    if isinstance(order, StartMeasurement) and order.speaker_device_id == phone.device_id:
        return True
    if isinstance(order, RequestAudio | StartPlayback):
        speaker = phone.turn and phone.turn.speaker_device_id
        return None if speaker is None else speaker == phone.device_id
    if phone.membership is None or not phone.membership.is_known:
        return None
    if phone.membership.microphone_slot_id is None:
        return False
    in_turn = phone.turn is not None and phone.turn.works and _same_turn(phone.turn, order)
    return True if isinstance(order, StartMeasurement) or in_turn else None


def _obey(phone: Phone, order: Order) -> tuple[Phone, Actions]:
    phone, dropped = _in_turn_of(phone, order)
    place, turn = phone.membership, phone.turn
    if place is None or turn is None:
        return phone, dropped
    microphone = place.microphone_slot_id or SlotId(phone.device_id)
    turn, action = turn.obey(order, phone.next_ticket, microphone)
    phone = replace(phone, turn=turn, next_ticket=phone.next_ticket + 1)
    return phone, (*dropped, action) if action else dropped


def _in_turn_of(phone: Phone, order: Order) -> tuple[Phone, Actions]:
    if phone.turn is not None and _same_turn(phone.turn, order):
        return replace(phone, turn=_informed(phone.turn, order, phone.device_id)), ()
    phone, dropped = _without_turn(phone)
    turn = _informed(Turn(order.session_id), order, phone.device_id)
    return replace(phone, turn=turn), dropped


def _finish(phone: Phone, outcome: Outcome) -> tuple[Phone, Actions]:
    if phone.turn is None:
        return phone, ()
    turn, action = phone.turn.finish(outcome)
    return replace(phone, turn=turn), (action,) if action else ()


def _be_refused(phone: Phone, refused: CommandRefused) -> tuple[Phone, Actions]:
    command = refused.command
    if not isinstance(command, SessionStatusGet):
        return phone, ()
    match refused.error:
        case NotFound() | Forbidden():
            return _end(phone, command.session_id)
        case _:
            return phone, ()


def _is_in(phone: Phone, session_id: SessionId) -> bool:
    return phone.membership is not None and phone.membership.session_id == session_id


def _in_session(phone: Phone, session_id: SessionId) -> tuple[Phone, Actions]:
    if _is_in(phone, session_id):
        return phone, ()
    phone, dropped = _without_turn(phone)
    return replace(phone, membership=Membership(session_id)), dropped


def _without_turn(phone: Phone) -> tuple[Phone, Actions]:
    busy = phone.turn is not None and phone.turn.is_busy
    return replace(phone, turn=None), (Abandon(),) if busy else ()


def _end(phone: Phone, session_id: SessionId) -> tuple[Phone, Actions]:
    if session_id in phone.ended:
        return phone, ()
    phone = replace(phone, ended=(*phone.ended, session_id)[-MOST_REMEMBERED_SESSIONS:])
    if not _is_in(phone, session_id):
        return phone, ()
    phone, dropped = _without_turn(phone)
    return replace(phone, membership=None), dropped


def _slot_of(order: Order) -> SlotId | None:
    match order:
        case StartMeasurement():
            return order.current_speaker_slot_id
        case StartRecording() | StopRecording():
            return order.speaker_slot_id
        case RequestAudio() | StartPlayback():
            return None


def _same_turn(turn: Turn, order: Order) -> bool:
    slot_id = _slot_of(order)
    known = turn.speaker_slot_id is None or slot_id is None or turn.speaker_slot_id == slot_id
    return turn.session_id == order.session_id and known


def _informed(turn: Turn, order: Order, device_id: DeviceId) -> Turn:
    """Note what an order says of its turn; who is told to play is the speaker."""
    slot_id = turn.speaker_slot_id or _slot_of(order)
    match order:
        case StartMeasurement():
            speaker: DeviceId | None = order.speaker_device_id
        case RequestAudio() | StartPlayback():
            speaker = device_id
        case StartRecording() | StopRecording():
            speaker = turn.speaker_device_id
    return replace(turn, speaker_slot_id=slot_id, speaker_device_id=speaker)
