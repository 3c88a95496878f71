"""The measurement protocol as data: five questions, whom they are for, and who answers.

Steps 3 to 11 of a turn are five times the same: the lobby announces phases, gives an order, and
waits until everybody who was asked has confirmed it. ``SCRIPT`` says what the five are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from sonalyze_contracts.command import Push
from sonalyze_contracts.identifiers import DeviceId
from sonalyze_contracts.sessions import Phase
from sonalyze_lobby.domain import announcements
from sonalyze_lobby.domain.session import Session, Stage, Turn


class Circle(Enum):
    """Those whom an order or a question is for."""

    MEMBERS = "everybody who plays or records in this session"
    TURN = "the current speaker and the microphones"
    SPEAKER = "the current speaker"
    MICROPHONES = "the microphones"


@dataclass(frozen=True, slots=True)
class Question:
    """What happens on entering a stage, and whose confirmations end it."""

    confirmation: str
    phases_before: tuple[Phase, ...]
    told: Circle
    order: Callable[[Session, Turn, str], Push]
    asked: Circle
    phases_after: tuple[Phase, ...] = ()
    counts_aloud: bool = False


SCRIPT: Mapping[Stage, Question] = {
    Stage.READY: Question(
        confirmation="ready",
        phases_before=(Phase.INITIATING,),
        told=Circle.MEMBERS,
        order=announcements.start_measurement,
        asked=Circle.TURN,
        phases_after=(Phase.NOTIFYING_CLIENTS, Phase.WAITING_READY),
    ),
    Stage.SPEAKER_AUDIO_READY: Question(
        confirmation="speaker_audio_ready",
        phases_before=(Phase.SPEAKER_DOWNLOADING,),
        told=Circle.SPEAKER,
        order=announcements.request_audio,
        asked=Circle.SPEAKER,
    ),
    Stage.RECORDING_STARTED: Question(
        confirmation="recording_started",
        phases_before=(Phase.SPEAKER_READY, Phase.STARTING_RECORDING),
        told=Circle.MICROPHONES,
        order=announcements.start_recording,
        asked=Circle.MICROPHONES,
        counts_aloud=True,
    ),
    Stage.PLAYBACK_COMPLETE: Question(
        confirmation="playback_complete",
        phases_before=(Phase.RECORDING, Phase.PLAYING),
        told=Circle.SPEAKER,
        order=announcements.start_playback,
        asked=Circle.SPEAKER,
    ),
    Stage.RECORDING_UPLOADED: Question(
        confirmation="recording_uploaded",
        phases_before=(Phase.PLAYBACK_COMPLETE, Phase.UPLOADING),
        told=Circle.MICROPHONES,
        order=announcements.stop_recording,
        asked=Circle.MICROPHONES,
    ),
}

PATIENCE_S: Mapping[Stage, float] = {
    Stage.READY: 60.0,
    Stage.SPEAKER_AUDIO_READY: 60.0,
    Stage.RECORDING_STARTED: 30.0,
    Stage.PLAYBACK_COMPLETE: 60.0,
    Stage.RECORDING_UPLOADED: 180.0,
}
"""Ready: a person may have to allow the microphone. Signal and recording are about 1.5 MB each,
150 s at the 80 kbit/s of a poor mobile uplink. Playback lasts 15 s, phones start it late."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the operator decides: how long stages wait, and where phones find the gateway.

    An empty ``public_url`` gives phones paths relative to the gateway that they are connected to.
    """

    patience_s: Mapping[Stage, float] = field(default_factory=lambda: PATIENCE_S)
    public_url: str = ""


def those_in(circle: Circle, session: Session, turn: Turn) -> tuple[DeviceId, ...]:
    """List the devices of a circle, each once."""
    speaker = session.speaker_of(turn).device_id
    match circle:
        case Circle.MEMBERS:
            return session.members
        case Circle.TURN:
            return tuple(dict.fromkeys((speaker, *session.recorders)))
        case Circle.SPEAKER:
            return (speaker,)
        case Circle.MICROPHONES:
            return session.recorders


def those_asked(session: Session, turn: Turn, stage: Stage) -> tuple[DeviceId, ...]:
    """List the devices that have to confirm a stage."""
    return those_in(SCRIPT[stage].asked, session, turn)


def those_missing(session: Session, turn: Turn) -> tuple[DeviceId, ...]:
    """List the devices whose confirmation the current stage still waits for."""
    asked = those_asked(session, turn, turn.stage)
    return tuple(device_id for device_id in asked if device_id not in turn.answered)


def onlookers(session: Session) -> tuple[DeviceId, ...]:
    """Give the admin who is not a member: such an admin receives every push of the session."""
    return () if session.admin_device_id in session.members else (session.admin_device_id,)


def pending_order(session: Session, device_id: DeviceId, public_url: str) -> Push | None:
    """Give the order that this device was given and has not confirmed."""
    turn = session.turn
    if turn is None or not session.is_waiting or device_id not in those_missing(session, turn):
        return None
    return SCRIPT[turn.stage].order(session, turn, public_url)
