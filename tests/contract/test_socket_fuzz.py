"""Whatever a client sends, its socket answers afterwards, or is closed with a documented code."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_backend import LiveBackend
from reference_schemas import NAMES
from websockets.exceptions import ConnectionClosed
from wire import Json, device

from sonalyze_contracts.envelope import CloseCode

fuzzed = settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)

texts = st.text(max_size=40) | st.sampled_from(["\x00", "\ud800", "\u202e", "'; --", "../.."])
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted({field for command in NAMES.values() for field in command.model_fields})
payloads = st.dictionaries(st.sampled_from(FIELDS) | texts, values, max_size=6)
messages = st.fixed_dictionaries(
    {"event": st.sampled_from(sorted(NAMES)) | texts, "data": payloads | values},
    optional={"request_id": values},
)

DEEP = 100_000
HOSTILE: list[str | bytes] = [
    "[" * 60_000,
    '{"event": "lobby.create", "data": ' + '{"a":' * 12_000 + "1" + "}" * 12_000 + "}",
    '{"event": "lobby.room_snapshot", "data": {"lobby_id": "x", "room": '
    + '{"a":' * 5_000
    + "1"
    + "}" * 5_000
    + "}}",
    '{"event": "lobby.get", "data": {"code": "\\ud800"}}',
    '{"event": "\\ud83d", "request_id": "\\udfff", "data": {}}',
    '{"event": "lobby.create", "request_id": "\\u0000"}',
    '{"event": "lobby.create", "data": {"n": ' + "9" * 10_000 + "}}",
    '{"event": "lobby.create", "data": {"n": 1e999999}}',
    '{"event": "' + "a" * 60_000 + '"}',
    '{"event": "lobby.create", "event": "lobby.get"}',
    '{"event": "measurement.create_job", "data": {"map": {}, "meta": {"a": NaN}}}',
    "\ufeff{}",
    "\x00" * 1000,
    b"\x00\xff" * 1000,
    bytes(65_000),
]


@fuzzed
@given(message=messages)
def test_random_messages_never_end_a_connection(backend: LiveBackend, message: Json) -> None:
    asyncio.run(answers_afterwards(backend, json.dumps(message)))


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_frames_never_end_a_connection(
    backend: LiveBackend, raw: str | bytes
) -> None:
    await answers_afterwards(backend, raw)


async def answers_afterwards(backend: LiveBackend, raw: str | bytes) -> None:
    """Send something, get exactly one message for it, and be served as before."""
    async with device(backend.url) as one:
        await one.say(raw)
        answer = await one.unasked()
        lobby = await one.answer("lobby.create")

    assert answer["type"] in {"response", "error"}
    assert answer["type"] == "response" or answer["error"]["code"] not in {
        "internal",
        "upstream_error",
        "unavailable",
    }, answer
    assert lobby["state"] == "open"


@pytest.mark.parametrize("size_bytes", [DEEP, 1 << 20, (1 << 20) + 1, 4 << 20])
async def test_large_frames_are_answered_or_closed_with_a_documented_code(
    backend: LiveBackend, size_bytes: int
) -> None:
    async with device(backend.url) as one:
        with suppress(ConnectionClosed):
            await one.say("[" * size_bytes)

        if size_bytes <= 1 << 20:
            assert (await one.unasked())["error"]["code"] == "message_too_large"
            assert await one.answer("lobby.create")
        else:
            assert await one.closed() == CloseCode.MESSAGE_TOO_BIG


async def test_a_flood_of_rubbish_on_one_socket_leaves_the_others_alone(
    backend: LiveBackend,
) -> None:
    async with device(backend.url) as vandal, device(backend.url) as other:
        for _ in range(300):
            await vandal.say("{" * 1000)
        replies = await asyncio.gather(*(other.answer("lobby.create") for _ in range(5)))

    assert len(replies) == 5
