"""Whatever is pushed, in whatever order and how often: no crash, no confirmation unasked."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sonalyze.phone import Phone, Stimulus
from sonalyze.phone.actions import (
    Action,
    CommandRefused,
    Fetch,
    Fetched,
    Outcome,
    Play,
    Played,
    Record,
    RecordingRuns,
    Send,
    StopAndUpload,
    Uploaded,
    WorkFailed,
)
from sonalyze.phone.turn import Order
from sonalyze.pushes import RawPush, Reconnected, typed
from sonalyze_contracts.command import Command, Push
from sonalyze_contracts.errors import Conflict, Forbidden, NotFound
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
from sonalyze_contracts.lobbies import LobbyState, LobbyView
from sonalyze_contracts.session_pushes import (
    RequestAudio,
    SessionCancelled,
    SessionComplete,
    SessionFailed,
    SpeakerComplete,
    StartMeasurement,
    StartPlayback,
    StartRecording,
    StopRecording,
)
from sonalyze_contracts.sessions import Order as PendingOrder
from sonalyze_contracts.sessions import (
    PlaybackComplete,
    Ready,
    RecordingStarted,
    RecordingUploaded,
    SessionStatus,
    SessionStatusGet,
    SessionView,
    Slot,
    SpeakerAudioReady,
)

ME = DeviceId("me")
JOB = JobId("job")
ANSWERS: dict[type[Command[Any]], type[Push]] = {
    Ready: StartMeasurement,
    SpeakerAudioReady: RequestAudio,
    RecordingStarted: StartRecording,
    PlaybackComplete: StartPlayback,
    RecordingUploaded: StopRecording,
}

sessions = st.sampled_from([SessionId("one"), SessionId("two")])
slots = st.sampled_from([SlotId("left"), SlotId("right")])
devices = st.sampled_from([ME, DeviceId("other")])
tickets = st.integers(1, 12)

orders = st.one_of(
    st.builds(
        StartMeasurement,
        session_id=sessions,
        job_id=st.just(JOB),
        current_speaker_slot_id=slots,
        speaker_device_id=devices,
        total_microphones=st.just(1),
    ),
    st.builds(RequestAudio, session_id=sessions, audio_url=st.just("/signal")),
    st.builds(
        StartRecording,
        session_id=sessions,
        speaker_slot_id=slots,
        expected_duration_seconds=st.just(15.0),
    ),
    st.builds(StartPlayback, session_id=sessions),
    st.builds(
        StopRecording,
        session_id=sessions,
        job_id=st.just(JOB),
        speaker_slot_id=slots,
        upload_endpoint=st.just("/v1/jobs/job/uploads/"),
    ),
)
views = st.builds(
    SessionView,
    session_id=sessions,
    job_id=st.just(JOB),
    lobby_id=st.just(LobbyId("lobby")),
    status=st.sampled_from(SessionStatus),
    total_speakers=st.just(1),
    completed_speakers=st.just(0),
    speakers=st.just([]),
    microphones=st.lists(st.builds(Slot, device_id=devices, slot_id=slots), max_size=2),
    pending_order=st.none()
    | orders.map(lambda order: PendingOrder(event=order.event, data=order.data())),
)
lobbies = st.builds(
    LobbyView,
    lobby_id=st.just(LobbyId("lobby")),
    code=st.just(LobbyCode("AB12CD")),
    admin_device_id=devices,
    state=st.sampled_from(LobbyState),
    participants=st.just([]),
    active_session_id=st.none() | sessions,
)
news = st.one_of(
    st.builds(
        SpeakerComplete,
        session_id=sessions,
        completed_speaker_slot_id=slots,
        remaining_speakers=st.just(1),
    ),
    st.builds(
        SessionComplete, session_id=sessions, job_id=st.just(JOB), completed_speakers=st.just([])
    ),
    st.builds(SessionCancelled, session_id=sessions, reason=st.just("enough")),
    st.builds(SessionFailed, session_id=sessions, error_message=st.just("failed")),
    st.just(RawPush("something.new", None)),
    st.just(Reconnected()),
)
strays = st.one_of(
    st.builds(Fetched, tickets, st.just(AudioHash("a" * 64))),
    st.builds(RecordingRuns, tickets),
    st.builds(Played, tickets),
    st.builds(Uploaded, tickets, st.just(UploadName("left.right.wav"))),
    st.builds(WorkFailed, tickets, st.just("broken"), st.none()),
    st.builds(
        CommandRefused,
        st.builds(SessionStatusGet, session_id=sessions),
        st.sampled_from([NotFound("gone"), Forbidden("no"), Conflict("later")]),
    ),
)
stimuli = st.lists(st.one_of(orders, orders, views, lobbies, news, strays), max_size=40)


def outcome(action: Action) -> Outcome | None:
    match action:
        case Fetch(ticket):
            return Fetched(ticket, AudioHash("b" * 64))
        case Record(ticket):
            return RecordingRuns(ticket)
        case Play(ticket):
            return Played(ticket)
        case StopAndUpload(ticket, _, stem):
            return Uploaded(ticket, UploadName(f"{stem}.wav"))
        case _:
            return None


def orders_in(stimulus: Stimulus) -> list[tuple[type[Push], SessionId]]:
    if isinstance(stimulus, SessionView) and stimulus.pending_order:
        stimulus = typed(stimulus.pending_order.event, stimulus.pending_order.data)
    return [(type(stimulus), stimulus.session_id)] if isinstance(stimulus, Order) else []


@settings(max_examples=400, deadline=None)
@given(stimuli=stimuli, works=st.booleans())
def test_nothing_is_confirmed_that_was_not_asked(stimuli: list[Stimulus], works: bool) -> None:
    phone, asked = Phone(ME), set()
    agenda = list(stimuli)

    while agenda:
        stimulus = agenda.pop(0)
        asked.update(orders_in(stimulus))
        phone, actions = phone.hear(stimulus)
        outcomes = [outcome(action) for action in actions if works]
        agenda = [done for done in outcomes if done is not None] + agenda
        for action in actions:
            if isinstance(action, Send) and type(action.command) in ANSWERS:
                order = ANSWERS[type(action.command)]
                assert (order, action.command.model_dump()["session_id"]) in asked


@settings(max_examples=200, deadline=None)
@given(stimulus=st.one_of(orders, views, lobbies, news), before=stimuli)
def test_hearing_something_does_not_change_the_phone_that_heard_it(
    stimulus: Stimulus, before: list[Stimulus]
) -> None:
    phone = Phone(ME)
    for earlier in before:
        phone, _ = phone.hear(earlier)

    first = phone.hear(stimulus)
    second = phone.hear(stimulus)

    assert first == second
