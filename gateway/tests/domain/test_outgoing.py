import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from sonalyze_contracts.envelope import ServerMessage
from sonalyze_contracts.errors import ErrorBody
from sonalyze_gateway.domain import outgoing
from sonalyze_gateway.domain.outgoing import Outgoing

ERROR = ErrorBody(code="conflict", message="No", details={"x": 1})


def as_a_client_reads(frame: bytes) -> Frame:
    client = ClientProtocol(parse_uri("ws://x"), state=State.OPEN, max_size=None)
    client.receive_data(frame)
    (read,) = client.events_received()
    assert isinstance(read, Frame)
    return read


@given(st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536, 70_000]), st.binary(max_size=10))
def test_a_frame_is_one_text_message_of_any_length(size: int, end: bytes) -> None:
    payload = b"x" * size + end

    read = as_a_client_reads(Outgoing(payload).frame)

    assert (read.opcode, read.fin, bytes(read.data)) == (Opcode.TEXT, True, payload)


@pytest.mark.parametrize(
    ("message", "promised"),
    [
        (outgoing.response("e", "1", {"x": 1}), ServerMessage.response("e", "1", {"x": 1})),
        (
            outgoing.response_of_json("e", None, b'{"x":1}'),
            ServerMessage.response("e", None, {"x": 1}),
        ),
        (outgoing.failure("e", "1", ERROR), ServerMessage.failure("e", "1", ERROR)),
        (outgoing.push("e", {"x": 1}), ServerMessage.push("e", {"x": 1})),
    ],
)
def test_each_message_is_what_the_contract_promises(
    message: Outgoing, promised: ServerMessage
) -> None:
    assert json.loads(message.payload) == promised.model_dump(mode="json")
