from dataclasses import replace
from datetime import timedelta

import pytest
from protocol_harness import ADMIN, Course, names, planned

from sonalyze_contracts.identifiers import DeviceId, UploadName
from sonalyze_contracts.session_pushes import RequestAudio, SessionFailed, StopRecording
from sonalyze_contracts.sessions import Phase, SessionStatus
from sonalyze_lobby.domain.conditions import NotAsked, UploadNameTaken
from sonalyze_lobby.domain.happenings import Cancel, Confirm, Report, Resume, TimePassed
from sonalyze_lobby.domain.session import Stage
from sonalyze_lobby.domain.stages import PATIENCE_S, SCRIPT, Terms

QUESTIONS = [stage for stage in Stage if stage is not Stage.ENDED]


def started(*speakers: str, auto_advance: bool = False) -> Course:
    course = Course(planned(*speakers, auto_advance=auto_advance))
    course.start()
    return course


def failure_of(course: Course) -> SessionFailed:
    push = course.tells[-1].push
    assert isinstance(push, SessionFailed)
    return push


def test_all_fourteen_phases_are_announced() -> None:
    failed, complete = started("s1", "s2"), started("s1", "s2", auto_advance=True)
    failed.let(Report(ADMIN, "broken"))

    while complete.session.status is SessionStatus.RUNNING:
        complete.pass_stage()

    announced = {*names(failed.tells), *names(complete.tells)}
    assert {f"phase {phase}" for phase in Phase} <= announced


@pytest.mark.parametrize("stage", QUESTIONS)
def test_a_stage_that_waits_too_long_fails_and_names_who_is_missing(stage: Stage) -> None:
    course = started()
    course.reach(stage)
    if stage in {Stage.READY, Stage.RECORDING_STARTED, Stage.RECORDING_UPLOADED}:
        course.confirm(stage, "m1")
    course.outwait(stage)

    told = course.let(TimePassed())

    assert names(told) == ["phase failed", "measurement.error"]
    failure = failure_of(course)
    assert failure.stage == SCRIPT[stage].confirmation
    assert failure.error_code == "timeout"
    assert failure.retryable
    assert "m1" not in failure.missing_device_ids
    assert failure.missing_device_ids
    assert course.session.deadline is None


def test_a_moment_before_its_deadline_a_stage_still_waits() -> None:
    course = started()
    course.now += timedelta(seconds=PATIENCE_S[Stage.READY]) - timedelta(microseconds=1)
    before = course.session

    told = course.let(TimePassed())

    assert told == ()
    assert course.session is before


def test_every_stage_has_its_own_patience() -> None:
    course = Course(planned(), terms=Terms(patience_s=dict.fromkeys(PATIENCE_S, 7.0)))

    course.start()

    assert course.session.deadline == course.now + timedelta(seconds=7)


def test_progress_within_a_stage_does_not_extend_its_patience() -> None:
    course = started()
    deadline = course.session.deadline
    course.now += timedelta(seconds=5)

    course.confirm(Stage.READY, "m1")

    assert course.session.deadline == deadline


@pytest.mark.parametrize("stage", QUESTIONS)
def test_a_restart_repeats_the_order_to_those_who_have_not_answered(stage: Stage) -> None:
    course = started()
    course.reach(stage)
    asked = {"s1"} if stage in {Stage.SPEAKER_AUDIO_READY, Stage.PLAYBACK_COMPLETE} else {"m2"}
    if asked == {"m2"}:
        course.confirm(stage, "m1")
    if stage is Stage.READY:
        course.confirm(stage, "s1")
    course.now += timedelta(hours=1)

    told = course.let(Resume())

    phase, order = told
    assert names((phase,)) == [f"phase {course.session.phase}"]
    assert set(order.device_ids) == {*asked, "admin"}
    assert course.session.deadline == course.now + timedelta(seconds=PATIENCE_S[stage])


def test_a_restart_between_turns_tells_again_what_came_last() -> None:
    course = started("s1", "s2")
    course.reach(Stage.ENDED)

    told = course.let(Resume())

    assert names(told) == ["measurement.speaker_complete", "phase idle"]


def test_a_restart_after_the_end_tells_the_end_again() -> None:
    complete, cancelled, failed = started(), started(), started()
    complete.reach(Stage.ENDED)
    cancelled.let(Cancel(ADMIN, "enough"))
    failed.let(Report(DeviceId("m1"), "no microphone"))

    told = [names(one.let(Resume())) for one in (complete, cancelled, failed)]

    assert told == [
        ["phase completed", "measurement.session_complete"],
        ["phase failed", "measurement.session_cancelled"],
        ["phase failed", "measurement.error"],
    ]


def test_a_restart_before_the_first_turn_has_nothing_to_tell() -> None:
    assert Course(planned()).let(Resume()) == ()


def test_after_a_timeout_the_same_speaker_starts_afresh() -> None:
    course = started("s1", "s2")
    course.reach(Stage.RECORDING_UPLOADED)
    course.confirm(Stage.RECORDING_UPLOADED, "m1")
    course.outwait(Stage.RECORDING_UPLOADED)
    course.let(TimePassed())

    course.start()

    turn = course.session.turn
    assert turn
    assert (turn.speaker_index, turn.stage, turn.uploads) == (0, Stage.READY, {})
    assert course.session.failure is None


def test_an_error_while_nothing_runs_fails_the_session_until_the_next_start() -> None:
    course = Course(planned())

    told = course.let(Report(DeviceId("m1"), "no microphone"))
    course.start()

    assert names(told) == ["phase failed", "measurement.error"]
    assert course.session.phase is Phase.WAITING_READY


def test_a_second_error_is_passed_on_and_changes_nothing() -> None:
    course = started()
    course.let(Report(DeviceId("m1"), "no microphone"))
    before = course.session

    told = course.let(Report(DeviceId("m2"), "me neither"))

    assert names(told) == ["measurement.error"]
    assert course.session == before


def test_an_earlier_speaker_who_repeats_is_not_taken_for_a_stranger() -> None:
    course = started("s1", "s2", auto_advance=True)
    course.reach(Stage.RECORDING_UPLOADED)
    course.pass_stage()
    before = course.session

    told = course.confirm(Stage.PLAYBACK_COMPLETE, "s1")

    assert told == ()
    assert course.session == before


def test_a_later_speaker_is_not_asked_yet() -> None:
    course = started("s1", "s2")

    with pytest.raises(NotAsked):
        course.confirm(Stage.READY, "s2")


def test_recordings_remember_where_they_are_and_which_signal_was_played() -> None:
    course = started("s1", "s2", auto_advance=True)

    while course.session.status is SessionStatus.RUNNING:
        course.pass_stage()

    found = [
        (one.speaker_slot_id, one.microphone_slot_id, one.upload_name, one.audio_hash)
        for one in course.session.recordings
    ]
    assert found == [
        ("slot s1", "slot m1", "0-m1", "hash 0"),
        ("slot s1", "slot m2", "0-m2", "hash 0"),
        ("slot s2", "slot m1", "1-m1", "hash 1"),
        ("slot s2", "slot m2", "1-m2", "hash 1"),
    ]


def test_with_a_public_url_phones_get_absolute_addresses() -> None:
    course = Course(planned(), terms=Terms(public_url="https://measure.example"))
    course.start()

    course.reach(Stage.ENDED)

    pushes = [tell.push for tell in course.tells]
    urls = [push.audio_url for push in pushes if isinstance(push, RequestAudio)]
    endpoints = [push.upload_endpoint for push in pushes if isinstance(push, StopRecording)]
    assert urls == ["https://measure.example/v1/measurement/audio?session_id=session"]
    assert endpoints == ["https://measure.example/v1/jobs/job/uploads/"]


def uploaded(by: str, name: str) -> Confirm:
    return Confirm(Stage.RECORDING_UPLOADED, DeviceId(by), upload_name=UploadName(name))


def test_two_recordings_that_are_to_be_analysed_have_two_names() -> None:
    course = Course(replace(planned("s1", "s2"), auto_analyze=True))
    course.start()
    course.reach(Stage.RECORDING_UPLOADED)
    course.let(uploaded("m1", "first"))

    with pytest.raises(UploadNameTaken):
        course.let(uploaded("m2", "first"))

    assert course.let(uploaded("m1", "first")) == ()
    course.let(uploaded("m2", "second"))
    course.start()
    course.reach(Stage.RECORDING_UPLOADED)
    with pytest.raises(UploadNameTaken):
        course.let(uploaded("m1", "first"))


def test_recordings_that_the_app_analyses_itself_may_share_a_name() -> None:
    course = started()
    course.reach(Stage.RECORDING_UPLOADED)
    course.let(uploaded("m1", "recording"))

    course.let(uploaded("m2", "recording"))

    assert course.session.status is SessionStatus.COMPLETED


def test_a_turn_that_is_repeated_after_a_failure_may_use_its_names_again() -> None:
    course = Course(replace(planned("s1"), auto_analyze=True))
    course.start()
    course.reach(Stage.RECORDING_UPLOADED)
    course.let(uploaded("m1", "first"))
    course.let(Report(DeviceId("m2"), "no network"))

    course.start()
    course.reach(Stage.RECORDING_UPLOADED)
    course.let(uploaded("m1", "first"))
    course.let(uploaded("m2", "second"))

    assert course.session.status is SessionStatus.COMPLETED
