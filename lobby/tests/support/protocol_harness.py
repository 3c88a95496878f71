"""Sessions without a database: one event after the other through ``advance``."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sonalyze_contracts.identifiers import DeviceId, JobId, LobbyId, SessionId, SlotId, UploadName
from sonalyze_contracts.session_pushes import PhaseUpdate
from sonalyze_lobby.domain.happenings import Confirm, Event, StartTurn
from sonalyze_lobby.domain.news import Tell
from sonalyze_lobby.domain.protocol import advance
from sonalyze_lobby.domain.session import Place, Session, Stage
from sonalyze_lobby.domain.stages import PATIENCE_S, Terms, those_asked

ADMIN = DeviceId("admin")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def place(name: str) -> Place:
    """Put a device at a slot of its own."""
    return Place(DeviceId(name), SlotId(f"slot {name}"))


def planned(*speakers: str, auto_advance: bool = False) -> Session:
    """Plan a session with two microphones."""
    return Session(
        session_id=SessionId("session"),
        job_id=JobId("job"),
        lobby_id=LobbyId("lobby"),
        admin_device_id=ADMIN,
        speakers=tuple(place(name) for name in speakers or ("s1",)),
        microphones=(place("m1"), place("m2")),
        auto_advance=auto_advance,
    )


def confirmation(session: Session, stage: Stage, by: str) -> Confirm:
    """Make what this device would say to confirm a stage."""
    index = session.turn.speaker_index if session.turn else 0
    if stage is Stage.SPEAKER_AUDIO_READY:
        return Confirm(stage, DeviceId(by), audio_hash=f"hash {index}")
    if stage is Stage.RECORDING_UPLOADED:
        return Confirm(stage, DeviceId(by), upload_name=UploadName(f"{index}-{by}"))
    return Confirm(stage, DeviceId(by))


def names(tells: tuple[Tell, ...]) -> list[str]:
    """List pushes by their event, phases by their name."""
    return [
        f"phase {tell.push.phase}" if type(tell.push) is PhaseUpdate else tell.push.event
        for tell in tells
    ]


@dataclass
class Course:
    """A session as it goes on; remembers what was told."""

    session: Session
    now: datetime = NOON
    terms: Terms = field(default_factory=Terms)
    tells: tuple[Tell, ...] = ()

    def let(self, event: Event) -> tuple[Tell, ...]:
        """Let an event happen; give what it made the lobby tell."""
        step = advance(self.session, event, self.now, self.terms)
        self.session = step.session
        self.tells += step.tells
        return step.tells

    def start(self) -> tuple[Tell, ...]:
        """Begin the next turn."""
        return self.let(StartTurn(ADMIN))

    def confirm(self, stage: Stage, by: str) -> tuple[Tell, ...]:
        """Confirm as one device."""
        return self.let(confirmation(self.session, stage, by))

    def pass_stage(self) -> tuple[Tell, ...]:
        """Let everybody confirm the stage that waits; give what the last one caused."""
        turn = self.session.turn
        assert turn
        stage, told = turn.stage, ()
        for device_id in those_asked(self.session, turn, stage):
            told = self.confirm(stage, device_id)
        return told

    def reach(self, stage: Stage) -> None:
        """Go on until this stage waits."""
        while self.session.turn is None or self.session.turn.stage is not stage:
            self.pass_stage()

    def outwait(self, stage: Stage) -> None:
        """Let the patience of a stage pass."""
        self.now += timedelta(seconds=PATIENCE_S[stage])
