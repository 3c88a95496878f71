import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sonalyze_contracts.analysis_requests import AnalysisRequest
from sonalyze_contracts.envelope import ClientMessage, ServerMessage
from sonalyze_contracts.errors import ErrorBody, NotFound, SonalyzeError
from sonalyze_contracts.identifiers import UploadName
from sonalyze_contracts.jobs import JobRequest, UploadReceipt
from sonalyze_contracts.lobbies import LobbyGet, LobbyJoin, StepUpdate
from sonalyze_contracts.session_pushes import PhaseUpdate
from sonalyze_contracts.sessions import RecordingUploaded, SessionCreate

FIVE_KEYS = ["type", "event", "request_id", "data", "error"]


@pytest.mark.parametrize(
    "message",
    [
        ServerMessage.response("lobby.create", "1", {}),
        ServerMessage.push("lobby.updated", {}),
        ServerMessage.failure("gateway", None, ErrorBody(code="bad_request", message="No")),
    ],
)
def test_a_server_message_always_has_its_five_keys(message: ServerMessage) -> None:
    assert list(message.model_dump()) == FIVE_KEYS


def test_unknown_fields_are_ignored() -> None:
    command = LobbyJoin.model_validate({"code": "ABC123", "from_the_future": 1})

    assert command.model_dump() == {"code": "ABC123"}


@pytest.mark.parametrize("typed", ["abc123", " ABC123 ", "aBc123\n"])
def test_a_code_may_be_typed_as_people_type(typed: str) -> None:
    assert LobbyJoin.model_validate({"code": typed}).code == "ABC123"


def test_a_lobby_is_looked_up_by_something() -> None:
    with pytest.raises(ValidationError, match="Missing 'lobby_id' or 'code' in data"):
        LobbyGet.model_validate({})


@pytest.mark.parametrize("data", [[], "x", 1, None])
def test_data_is_an_object(data: object) -> None:
    with pytest.raises(ValidationError):
        ClientMessage.model_validate({"event": "identify", "data": data})


@pytest.mark.parametrize("step_index", [-1, True, "1", 1.5])
def test_a_step_is_a_small_whole_number(step_index: object) -> None:
    with pytest.raises(ValidationError):
        StepUpdate.model_validate({"lobby_id": "l", "step_index": step_index})


@given(st.text(max_size=140))
def test_an_upload_name_never_leaves_its_folder(text: str) -> None:
    try:
        name = RecordingUploaded.model_validate({"session_id": "s", "upload_name": text})
    except ValidationError:
        return

    assert "/" not in name.upload_name
    assert "\\" not in name.upload_name
    assert not name.upload_name.startswith(".")
    assert name.upload_name.isascii()


def test_a_session_needs_a_speaker_and_a_microphone() -> None:
    with pytest.raises(ValidationError):
        SessionCreate.model_validate(
            {"job_id": "j", "lobby_id": "l", "speakers": [], "microphones": []}
        )


def test_an_empty_map_is_a_map() -> None:
    assert JobRequest.model_validate({"map": {}}).map.sources == []


def test_numbers_that_are_none_never_enter() -> None:
    with pytest.raises(ValidationError):
        JobRequest.model_validate({"map": {"room": {"height_m": float("nan")}}})


def test_the_generated_source_needs_the_hash_of_its_signal() -> None:
    with pytest.raises(ValidationError, match="Missing 'audio_hash' in data"):
        AnalysisRequest.model_validate({"source": "sweep_deconvolution_generated"})


def test_an_optional_part_that_is_absent_is_not_sent() -> None:
    fields = set(PhaseUpdate.model_fields)

    assert fields == {
        "session_id",
        "job_id",
        "phase",
        "phase_description",
        "current_speaker_index",
        "total_speakers",
        "completed_speakers",
    }


def test_a_receipt_tells_what_was_stored() -> None:
    receipt = UploadReceipt(job_id="j", upload=UploadName("r.wav"), bytes=3, sha256="0" * 64)

    assert receipt.model_dump()["bytes"] == 3


def test_an_error_says_its_condition_and_its_facts() -> None:
    class LobbyMissing(NotFound):
        """A condition of this test."""

    error: SonalyzeError = LobbyMissing("No such lobby", lobby_id="l")

    assert error.body().model_dump() == {
        "code": "not_found",
        "message": "No such lobby",
        "details": {"condition": "lobby_missing", "retryable": False, "lobby_id": "l"},
    }
