import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_contracts.command import Service
from sonalyze_gateway.domain.bucket import TokenBucket
from sonalyze_gateway.domain.connection import Connection, Forward, Refuse, Welcome


def connection(
    *, device_id: str | None = None, burst: int = 1000, max_message_bytes: int = 1000
) -> Connection:
    made = Connection(max_message_bytes, TokenBucket(0.001, burst, now_s=0))
    if device_id is not None:
        made.identify(device_id)
    return made


def message(event: str, request_id: str | None = None, **data: object) -> str:
    return json.dumps({"event": event, "request_id": request_id, "data": data})


def code_of(decision: object) -> str:
    assert isinstance(decision, Refuse)
    return decision.error.code


def test_the_first_identification_is_new_and_the_second_is_not() -> None:
    made = connection()

    first = made.hear(message("identify", "1", device_id="a"), 0)
    second = made.hear(message("identify", "2", device_id="a"), 0)

    assert first == Welcome("1", "a", is_new=True)
    assert second == Welcome("2", "a", is_new=False)


def test_a_refused_identification_leaves_the_connection_as_it_was() -> None:
    made = connection(device_id="a")

    refused = made.hear(message("identify", "1", device_id="b"), 0)

    assert code_of(refused) == "conflict"
    assert made.device_id == "a"


def test_an_owned_event_is_forwarded_to_its_owner() -> None:
    made = connection(device_id="a")

    decision = made.hear(message("analysis.run", "1", job_id="j"), 0)

    assert isinstance(decision, Forward)
    assert decision.service is Service.MEASUREMENT
    assert decision.message.data == {"job_id": "j"}


@pytest.mark.parametrize(
    ("made", "said", "code"),
    [
        (connection(burst=1), "x" * 1001, "message_too_large"),
        (connection(burst=1), b"x" * 1001, "message_too_large"),
        (connection(burst=1), "{", "rate_limited"),
        (connection(), "{", "bad_request"),
        (connection(), b"{}", "bad_request"),
        (connection(), message("no.such"), "unauthenticated"),
        (connection(device_id="a"), message("no.such"), "unknown_event"),
    ],
)
def test_checks_stand_in_the_documented_order(
    made: Connection, said: str | bytes, code: str
) -> None:
    if code == "rate_limited":
        made.hear("{", 0)

    assert code_of(made.hear(said, 0)) == code


@given(st.text() | st.binary() | st.builds(json.dumps, st.dictionaries(st.text(), st.text())))
def test_whatever_is_said_has_an_answer(said: str | bytes) -> None:
    decision = connection(device_id="a").hear(said, 0)

    assert isinstance(decision, Refuse | Welcome | Forward)


@given(st.text(min_size=1, max_size=128).filter(lambda text: "\x00" not in text))
def test_any_storable_device_id_is_welcome(device_id: str) -> None:
    decision = connection().identify(device_id)

    assert decision == Welcome(None, device_id, is_new=True)
