"""A session: its members, its turns, and who has confirmed what so far. Values and questions."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from sonalyze_contracts.identifiers import (
    DeviceId,
    JobId,
    LobbyId,
    SessionId,
    SlotId,
    UploadName,
)
from sonalyze_contracts.session_pushes import SessionFailed
from sonalyze_contracts.sessions import Phase, SessionStatus


class Stage(IntEnum):
    """The five questions of a turn, in their order, and the end of it."""

    READY = 1
    SPEAKER_AUDIO_READY = 2
    RECORDING_STARTED = 3
    PLAYBACK_COMPLETE = 4
    RECORDING_UPLOADED = 5
    ENDED = 6


@dataclass(frozen=True, slots=True)
class Place:
    """A device at its place in the room."""

    device_id: DeviceId
    slot_id: SlotId
    slot_label: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker with all microphones.

    ``answered`` holds who has confirmed the current stage; ``deadline`` is set exactly while the
    stage waits for answers. Microphones began at different times and were told to stop at once.
    """

    speaker_index: int
    stage: Stage = Stage.READY
    answered: frozenset[DeviceId] = frozenset()
    deadline: datetime | None = None
    audio_hash: str | None = None
    uploads: dict[DeviceId, UploadName] = field(default_factory=dict)
    recording_since: dict[DeviceId, datetime] = field(default_factory=dict)
    told_to_stop_at: datetime | None = None

    def has_finished(self, stage: Stage) -> bool:
        """Say whether everybody has confirmed the stage."""
        return self.stage > stage

    def has_confirmed(self, stage: Stage, device_id: DeviceId) -> bool:
        """Say whether this device has confirmed the stage, given that it was asked."""
        return self.stage > stage or (self.stage is stage and device_id in self.answered)


@dataclass(frozen=True, slots=True)
class Recording:
    """What one microphone recorded of one speaker, and where it is."""

    speaker_slot_id: SlotId
    microphone_slot_id: SlotId
    device_id: DeviceId
    upload_name: UploadName
    audio_hash: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """A measurement: every speaker has one turn with all microphones."""

    session_id: SessionId
    job_id: JobId
    lobby_id: LobbyId
    admin_device_id: DeviceId
    speakers: tuple[Place, ...]
    microphones: tuple[Place, ...]
    auto_advance: bool = False
    auto_analyze: bool = False
    status: SessionStatus = SessionStatus.CREATED
    phase: Phase = Phase.IDLE
    completed_count: int = 0
    turn: Turn | None = None
    recordings: tuple[Recording, ...] = ()
    failure: SessionFailed | None = None
    cancel_reason: str | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def members(self) -> tuple[DeviceId, ...]:
        """Speakers and microphones, each device once."""
        places = (*self.speakers, *self.microphones)
        return tuple(dict.fromkeys(place.device_id for place in places))

    @property
    def audience(self) -> tuple[DeviceId, ...]:
        """Everybody who follows the session: the members and the admin."""
        return tuple(dict.fromkeys((*self.members, self.admin_device_id)))

    @property
    def recorders(self) -> tuple[DeviceId, ...]:
        """The devices of the microphones."""
        return tuple(place.device_id for place in self.microphones)

    @property
    def completed_slots(self) -> list[SlotId]:
        """The slots of the speakers that have had their turn."""
        return [place.slot_id for place in self.speakers[: self.completed_count]]

    @property
    def remaining_count(self) -> int:
        """How many speakers have not had their turn."""
        return len(self.speakers) - self.completed_count

    @property
    def deadline(self) -> datetime | None:
        """When the stage that waits for answers has waited long enough."""
        return self.turn.deadline if self.turn else None

    @property
    def is_waiting(self) -> bool:
        """Say whether a stage waits for answers."""
        return self.deadline is not None

    @property
    def is_over(self) -> bool:
        """Say whether nothing more can happen in the protocol."""
        return self.status in {SessionStatus.COMPLETED, SessionStatus.CANCELLED}

    @property
    def awaits_analysis(self) -> bool:
        """Say whether the lobby has the recordings analysed, now that all are there."""
        return self.auto_analyze and self.status is SessionStatus.COMPLETED

    def speaker_of(self, turn: Turn) -> Place:
        """Give the speaker whose turn it is."""
        return self.speakers[turn.speaker_index]
