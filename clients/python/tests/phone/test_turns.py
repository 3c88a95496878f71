"""A phone that is told the eleven steps does its part, and nothing else."""

from collections.abc import Sequence

import pytest

from sonalyze.phone import Actions, Phone, Stimulus
from sonalyze.phone.actions import (
    Abandon,
    CommandRefused,
    Fetch,
    Fetched,
    Play,
    Played,
    Record,
    RecordingRuns,
    Send,
    StopAndUpload,
    Uploaded,
    WorkFailed,
)
from sonalyze.pushes import RawPush, Reconnected
from sonalyze_contracts.command import Push
from sonalyze_contracts.errors import NotFound
from sonalyze_contracts.identifiers import (
    AudioHash,
    DeviceId,
    JobId,
    LobbyCode,
    LobbyId,
    SessionId,
    SlotId,
    UploadName,
)
from sonalyze_contracts.lobbies import LobbyGet, LobbyState, LobbyView
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
from sonalyze_contracts.sessions import (
    ErrorReport,
    Order,
    PlaybackComplete,
    Ready,
    RecordingStarted,
    RecordingUploaded,
    SessionStatus,
    SessionStatusGet,
    SessionView,
    Slot,
    SpeakerAudioReady,
    SpeakerProgress,
)

SESSION = SessionId("session-1")
JOB = JobId("job-1")
LOBBY = LobbyId("lobby-1")
SPEAKER = DeviceId("speaker")
MICROPHONE = DeviceId("microphone")
HASH = AudioHash("a" * 64)

START = StartMeasurement(
    session_id=SESSION,
    job_id=JOB,
    current_speaker_slot_id=SlotId("left"),
    speaker_device_id=SPEAKER,
    total_microphones=1,
)
AUDIO = RequestAudio(session_id=SESSION, audio_url="/v1/measurement/audio?session_id=session-1")
RECORD = StartRecording(
    session_id=SESSION, speaker_slot_id=SlotId("left"), expected_duration_seconds=15.0
)
PLAY = StartPlayback(session_id=SESSION)
STOP = StopRecording(
    session_id=SESSION,
    job_id=JOB,
    speaker_slot_id=SlotId("left"),
    upload_endpoint="/v1/jobs/job-1/uploads/",
)


def view(pending: Push | None = None, status: SessionStatus = SessionStatus.RUNNING) -> SessionView:
    return SessionView(
        session_id=SESSION,
        job_id=JOB,
        lobby_id=LOBBY,
        status=status,
        total_speakers=1,
        completed_speakers=0,
        speakers=[SpeakerProgress(device_id=SPEAKER, slot_id=SlotId("left"), completed=False)],
        microphones=[Slot(device_id=MICROPHONE, slot_id=SlotId("sofa"))],
        pending_order=Order(event=pending.event, data=pending.data()) if pending else None,
    )


def lobby(active_session_id: SessionId | None = None) -> LobbyView:
    return LobbyView(
        lobby_id=LOBBY,
        code=LobbyCode("AB12CD"),
        admin_device_id=DeviceId("admin"),
        state=LobbyState.OPEN,
        participants=[],
        active_session_id=active_session_id,
    )


def told(phone: Phone, *stimuli: Stimulus) -> tuple[Phone, list[Actions]]:
    reactions = []
    for stimulus in stimuli:
        phone, actions = phone.hear(stimulus)
        reactions.append(actions)
    return phone, reactions


def after(phone: Phone, stimuli: Sequence[Stimulus]) -> Phone:
    return told(phone, *stimuli)[0]


MICROPHONE_IN_SESSION = after(Phone(MICROPHONE), [view()])
RECORDING_TURN: list[Stimulus] = [START, RECORD, RecordingRuns(2)]


def test_the_speaker_gets_ready_fetches_and_plays() -> None:
    _, reactions = told(Phone(SPEAKER), START, AUDIO, Fetched(2, HASH), PLAY, Played(3))

    assert reactions == [
        (Send(Ready(session_id=SESSION)),),
        (Fetch(2, AUDIO.audio_url),),
        (Send(SpeakerAudioReady(session_id=SESSION, audio_hash=HASH)),),
        (Play(3, HASH),),
        (Send(PlaybackComplete(session_id=SESSION)),),
    ]


def test_a_microphone_gets_ready_records_and_uploads() -> None:
    name = UploadName("left.sofa.wav")

    _, reactions = told(
        MICROPHONE_IN_SESSION, START, RECORD, RecordingRuns(2), STOP, Uploaded(3, name)
    )

    assert reactions == [
        (Send(Ready(session_id=SESSION)),),
        (Record(2, 15.0),),
        (Send(RecordingStarted(session_id=SESSION)),),
        (StopAndUpload(3, STOP.upload_endpoint, "left.sofa"),),
        (Send(RecordingUploaded(session_id=SESSION, upload_name=name)),),
    ]


def test_a_phone_that_does_not_know_its_place_asks_before_it_answers() -> None:
    phone, asked = told(Phone(MICROPHONE), START)

    _, answered = told(phone, view(pending=START))

    assert asked == [(Send(SessionStatusGet(session_id=SESSION)),)]
    assert answered == [(Send(Ready(session_id=SESSION)),)]


def test_an_onlooker_asks_once_and_then_keeps_still() -> None:
    phone = after(Phone(DeviceId("admin")), [START, view()])

    _, reactions = told(phone, START, AUDIO, RECORD, PLAY, STOP)

    assert reactions == [(), (), (), (), ()]


@pytest.mark.parametrize("times", [2, 3])
def test_a_repeated_order_during_the_work_changes_nothing(times: int) -> None:
    phone = after(MICROPHONE_IN_SESSION, [START, RECORD])

    _, reactions = told(phone, *[RECORD] * times)

    assert reactions == [()] * times


def test_a_repeated_order_after_the_work_is_confirmed_again() -> None:
    phone = after(MICROPHONE_IN_SESSION, RECORDING_TURN)

    _, reactions = told(phone, RECORD)

    assert reactions == [(Send(RecordingStarted(session_id=SESSION)),)]


def test_a_turn_that_starts_again_is_recorded_again() -> None:
    phone = after(MICROPHONE_IN_SESSION, [*RECORDING_TURN, START])

    _, reactions = told(phone, RECORD)

    assert [type(action) for action in reactions[0]] == [Record]


def test_a_repeated_start_in_the_middle_does_not_lose_the_recording() -> None:
    phone = after(MICROPHONE_IN_SESSION, [*RECORDING_TURN, START])

    _, reactions = told(phone, STOP)

    assert [type(action) for action in reactions[0]] == [StopAndUpload]


def test_work_that_fails_is_reported() -> None:
    phone = after(Phone(SPEAKER), [START, AUDIO])

    _, reactions = told(phone, WorkFailed(2, "No route to the server", "cannot_connect"))

    report = ErrorReport(
        session_id=SESSION, error_message="No route to the server", error_code="cannot_connect"
    )
    assert reactions == [(Send(report),)]


def test_a_phone_that_lost_its_recording_says_so() -> None:
    _, reactions = told(Phone(MICROPHONE), view(pending=STOP))

    report = ErrorReport(
        session_id=SESSION, error_message="Nothing was recorded", error_code="no_recording"
    )
    assert reactions == [(Send(report),)]


def test_a_phone_that_lost_the_signal_says_so() -> None:
    phone, _ = told(Phone(SPEAKER), view(pending=PLAY))

    _, reactions = told(phone, PLAY)

    report = ErrorReport(
        session_id=SESSION, error_message="There is no signal to play", error_code="no_signal"
    )
    assert reactions == [(Send(report),)]


def test_the_outcome_of_abandoned_work_changes_nothing() -> None:
    failed = SessionFailed(session_id=SESSION, error_message="somebody left")
    phone, reactions = told(MICROPHONE_IN_SESSION, START, RECORD, failed, RecordingRuns(2))

    assert reactions[-2:] == [(Abandon(),), ()]
    assert phone.turn is None


def test_a_failed_turn_can_be_done_again() -> None:
    failed = SessionFailed(session_id=SESSION, error_message="somebody left")
    phone = after(MICROPHONE_IN_SESSION, [*RECORDING_TURN, failed])

    _, reactions = told(phone, START, RECORD, RecordingRuns(4), STOP)

    assert [type(action) for actions in reactions for action in actions] == [
        Send,
        Record,
        Send,
        StopAndUpload,
    ]


@pytest.mark.parametrize(
    "ending",
    [
        SessionComplete(session_id=SESSION, job_id=JOB, completed_speakers=[]),
        SessionCancelled(session_id=SESSION, reason="enough"),
        view(status=SessionStatus.CANCELLED),
        CommandRefused(SessionStatusGet(session_id=SESSION), NotFound("no such session")),
    ],
)
def test_orders_of_a_session_that_ended_are_ignored(ending: Stimulus) -> None:
    phone = after(MICROPHONE_IN_SESSION, [*RECORDING_TURN, ending])

    _, reactions = told(phone, START, RECORD, STOP, view(pending=START))

    assert reactions == [(), (), (), ()]


def test_after_a_reconnection_the_phone_asks_what_it_owes() -> None:
    phone = after(MICROPHONE_IN_SESSION, RECORDING_TURN)

    _, reactions = told(phone, Reconnected(), view(pending=STOP))

    assert reactions[0] == (Send(SessionStatusGet(session_id=SESSION)),)
    assert [type(action) for action in reactions[1]] == [StopAndUpload]


def test_a_reconnected_phone_without_a_session_looks_for_one_in_its_lobby() -> None:
    _, reactions = told(Phone(MICROPHONE), lobby(), Reconnected(), lobby(SESSION))

    assert reactions == [
        (),
        (Send(LobbyGet(lobby_id=LOBBY)),),
        (Send(SessionStatusGet(session_id=SESSION)),),
    ]


def test_what_is_not_understood_is_ignored() -> None:
    _, reactions = told(MICROPHONE_IN_SESSION, RawPush("lobby.confetti", {"colour": "gold"}))

    assert reactions == [()]


def test_the_next_speakers_turn_replaces_the_last_one() -> None:
    phone = after(MICROPHONE_IN_SESSION, RECORDING_TURN)
    next_start = START.model_copy(update={"current_speaker_slot_id": SlotId("right")})

    _, reactions = told(phone, next_start)

    assert reactions == [(Abandon(), Send(Ready(session_id=SESSION)))]
