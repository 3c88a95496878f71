"""Anybody says anything, at any time, in any order: what has to hold nevertheless."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from protocol_harness import ADMIN, NOON, names, planned

from sonalyze_contracts.archive import recording_row_id
from sonalyze_contracts.errors import Conflict, Forbidden
from sonalyze_contracts.identifiers import DeviceId, SessionId, UploadName
from sonalyze_contracts.sessions import Phase, SessionStatus
from sonalyze_lobby.domain import replies
from sonalyze_lobby.domain.archive import rows_of_session
from sonalyze_lobby.domain.happenings import (
    Cancel,
    Confirm,
    Event,
    Report,
    Resume,
    StartTurn,
    TimePassed,
)
from sonalyze_lobby.domain.news import Tell
from sonalyze_lobby.domain.protocol import advance
from sonalyze_lobby.domain.repeats import is_repeat
from sonalyze_lobby.domain.session import Session, Stage
from sonalyze_lobby.domain.stages import Terms, those_asked, those_missing

DEVICES = st.sampled_from(
    [DeviceId(name) for name in ("admin", "s1", "s2", "m1", "m2", "stranger")]
)
QUESTIONS = st.sampled_from([stage for stage in Stage if stage is not Stage.ENDED])
UPLOADS = st.sampled_from([UploadName(name) for name in ("a.wav", "b.wav")])
ORDER_OF_STAGE = {
    "measurement.request_audio": Stage.READY,
    "measurement.start_recording": Stage.SPEAKER_AUDIO_READY,
    "measurement.start_playback": Stage.RECORDING_STARTED,
    "measurement.stop_recording": Stage.PLAYBACK_COMPLETE,
}
TERMS = Terms()


class AnyCourse(RuleBasedStateMachine):
    """A session to which everything happens; ``confirmed`` is a model of who said what."""

    @initialize(auto_advance=st.booleans())
    def plan(self, auto_advance: bool) -> None:
        self.session: Session = replace(
            planned("s1", "s2", auto_advance=auto_advance),
            session_id=SessionId("f81d4fae-7dec-41d0-a765-00a0c91e6bf6"),
        )
        self.archived: dict[UUID, Mapping[str, Any]] = {}
        self.archive(None, self.session)
        self.now = NOON
        self.confirmed: dict[Stage, set[DeviceId]] = {}
        self.turn_index = -1

    @rule(by=DEVICES)
    def start(self, by: DeviceId) -> None:
        self.let(StartTurn(by))

    @rule(stage=QUESTIONS, by=DEVICES, upload=UPLOADS)
    def confirm(self, stage: Stage, by: DeviceId, upload: UploadName) -> None:
        self.let(self.confirmation(stage, by, upload))

    @precondition(lambda self: self.session.is_waiting)
    @rule(data=st.data(), upload=UPLOADS)
    def confirm_what_was_asked(self, data: st.DataObject, upload: UploadName) -> None:
        turn = self.session.turn
        assert turn
        by = data.draw(st.sampled_from(those_missing(self.session, turn)))

        assert self.let(self.confirmation(turn.stage, by, upload))

    @rule(stage=QUESTIONS, by=DEVICES, upload=UPLOADS)
    def say_it_twice(self, stage: Stage, by: DeviceId, upload: UploadName) -> None:
        confirm = self.confirmation(stage, by, upload)
        if not self.let(confirm) or self.session.auto_advance:
            return
        first = replies.confirmed(self.session, confirm)
        before = self.session

        accepted = self.let(confirm)

        assert accepted
        assert self.session == before
        assert replies.confirmed(self.session, confirm) == first

    @rule(by=DEVICES)
    def report(self, by: DeviceId) -> None:
        self.let(Report(by, "broken"))

    @rule(by=DEVICES)
    def cancel(self, by: DeviceId) -> None:
        self.let(Cancel(by, "enough"))

    @rule(seconds=st.sampled_from([0, 1, 29, 30, 60, 200]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.let(TimePassed())
        assert self.session.deadline is None or self.session.deadline > self.now

    @rule()
    def restart(self) -> None:
        before = self.session
        self.let(Resume())
        assert self.session.phase is before.phase
        assert self.session.status is before.status

    def confirmation(self, stage: Stage, by: DeviceId, upload: UploadName) -> Confirm:
        if stage is Stage.RECORDING_UPLOADED:
            return Confirm(stage, by, upload_name=upload)
        return Confirm(stage, by)

    def let(self, event: Event) -> bool:
        """Let it happen; false if it was refused. Nothing but a declared condition is raised."""
        before = self.session
        try:
            step = advance(before, event, self.now, TERMS)
        except (Forbidden, Conflict):
            return False
        self.check_terminal(before, step.session)
        self.note(before, event, step.session, step.tells)
        self.session = step.session
        self.archive(before, step.session)
        return True

    def archive(self, before: Session | None, after: Session) -> None:
        for row in rows_of_session(before, after):
            self.archived[row.id] = {**self.archived.get(row.id, {}), **row.fields}

    def check_terminal(self, before: Session, after: Session) -> None:
        if before.is_over:
            assert after == before

    def note(self, before: Session, event: Event, after: Session, tells: tuple[Tell, ...]) -> None:
        if isinstance(event, Confirm):
            if is_repeat(before, event):
                assert after == before
                assert tells == ()
            else:
                self.confirmed.setdefault(event.stage, set()).add(event.by)
        self.check_orders(before, event, tells)
        if "measurement.start_measurement" in names(tells) and not isinstance(event, Resume):
            self.confirmed = {}

    def check_orders(self, before: Session, event: Event, tells: tuple[Tell, ...]) -> None:
        """Nobody is told to go on before everybody who was asked has confirmed."""
        if before.turn is None or isinstance(event, Resume):
            return
        for name in names(tells):
            stage = ORDER_OF_STAGE.get(name)
            if stage is not None:
                asked = set(those_asked(before, before.turn, stage))
                assert self.confirmed.get(stage) == asked
            if name in {"measurement.speaker_complete", "measurement.session_complete"}:
                assert self.confirmed[Stage.RECORDING_UPLOADED] == {"m1", "m2"}

    @invariant()
    def counts_agree(self) -> None:
        view = replies.view(self.session, ADMIN, "")
        assert view.completed_speakers == sum(one.completed for one in view.speakers)
        assert len(self.session.recordings) == 2 * self.session.completed_count
        now = view.current_measurement
        if now is not None:
            assert 2 >= now.microphones_ready >= now.recordings_started >= now.recordings_uploaded

    @invariant()
    def storage_knows_how_the_session_stands_and_each_recording(self) -> None:
        (row,) = rows_of_session(None, self.session)
        names = {one.upload_name for one in self.session.recordings}
        recordings = {recording_row_id(self.session.job_id, name) for name in names}
        assert self.archived[row.id] == row.fields
        assert self.archived.keys() == {row.id, *recordings}
        assert all(
            self.archived[row_id]["started_at"] <= self.archived[row_id]["stopped_at"]
            for row_id in recordings
        )

    @invariant()
    def only_who_was_asked_has_answered(self) -> None:
        turn = self.session.turn
        if turn is not None and self.session.is_waiting:
            asked = set(those_asked(self.session, turn, turn.stage))
            assert turn.answered < asked

    @invariant()
    def it_waits_exactly_while_it_runs_a_stage(self) -> None:
        if self.session.is_waiting:
            assert self.session.status is SessionStatus.RUNNING
            assert self.session.phase not in {Phase.FAILED, Phase.IDLE, Phase.COMPLETED}

    @invariant()
    def whoever_owes_an_answer_is_told_so(self) -> None:
        turn = self.session.turn
        missing = those_missing(self.session, turn) if turn and self.session.is_waiting else ()
        for device_id in self.session.audience:
            owed = replies.view(self.session, device_id, "").pending_order
            assert (owed is not None) == (device_id in missing)


AnyCourse.TestCase.settings = settings(
    max_examples=150, stateful_step_count=60, deadline=None, derandomize=True
)
test_a_session_to_which_anything_happens = AnyCourse.TestCase
