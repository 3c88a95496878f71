"""What became of a speaker-microphone pair when its recording was analysed."""

from dataclasses import dataclass
from typing import Any

from sonalyze_contracts.identifiers import SlotId, UploadName
from sonalyze_lobby.domain.session import Recording, Session


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results of a pair, or the error that explains why there are none."""

    speaker_slot_id: SlotId
    microphone_slot_id: SlotId
    upload_name: UploadName
    results: dict[str, Any] | None = None
    error: dict[str, Any] | None = None

    @property
    def pair(self) -> tuple[SlotId, SlotId]:
        """Which speaker was heard by which microphone."""
        return self.speaker_slot_id, self.microphone_slot_id

    def entry(self) -> dict[str, Any]:
        """Give the pair's entry in the results that are pushed."""
        found = {"results": self.results} if self.error is None else {"error": self.error}
        return {
            "speaker_slot_id": self.speaker_slot_id,
            "microphone_slot_id": self.microphone_slot_id,
            "upload_name": self.upload_name,
            **found,
        }


def outcome_of(
    recording: Recording,
    *,
    results: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> Outcome:
    """Say what became of a recording."""
    return Outcome(
        recording.speaker_slot_id,
        recording.microphone_slot_id,
        recording.upload_name,
        results,
        error,
    )


def still_to_analyze(session: Session, outcomes: list[Outcome]) -> list[Recording]:
    """List the recordings of which nothing is known yet."""
    done = {outcome.pair for outcome in outcomes}
    return [
        recording
        for recording in session.recordings
        if (recording.speaker_slot_id, recording.microphone_slot_id) not in done
    ]


def in_order(session: Session, outcomes: list[Outcome]) -> list[Outcome]:
    """Sort outcomes as the session's speakers and microphones are listed."""
    order = [(one.speaker_slot_id, one.microphone_slot_id) for one in session.recordings]
    return sorted(outcomes, key=lambda outcome: order.index(outcome.pair))
