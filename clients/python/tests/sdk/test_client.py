"""Commands, replies, errors and pushes over a real WebSocket that can break."""

import asyncio
from typing import Any

import pytest
from sdk_doubles import (
    GatewayDouble,
    answering,
    envelope,
    first,
    gateway_double,
    hanging_up,
    refusing,
    silent,
)
from websockets.asyncio.server import ServerConnection

from sonalyze.backoff import Backoff
from sonalyze.client import Client
from sonalyze.connection import Patience
from sonalyze.failures import (
    AnswerTimedOut,
    CannotConnect,
    ConnectionLost,
    PushesMissed,
    UnexpectedAnswer,
)
from sonalyze.pushes import RawPush, Reconnected
from sonalyze.subscription import Subscription
from sonalyze_contracts.errors import (
    Conflict,
    Forbidden,
    NotFound,
    SonalyzeError,
    UpstreamFailed,
)
from sonalyze_contracts.identifiers import DeviceId, LobbyCode, LobbyId, SessionId
from sonalyze_contracts.lobbies import (
    LobbyCreate,
    LobbyGet,
    LobbyJoin,
    LobbyOpened,
    LobbyView,
    ParticipantJoined,
)
from sonalyze_contracts.session_pushes import PhaseUpdate, RecordingProgress
from sonalyze_contracts.sessions import Phase, SessionStatusGet

OPENED = {"lobby_id": "l1", "code": "AB12CD", "admin_device_id": "d1", "state": "open"}
LOBBY = {**OPENED, "participants": []}
PHASE = {
    "session_id": "s1",
    "job_id": "j1",
    "phase": "starting_recording",
    "phase_description": "Starting recording on microphones",
    "current_speaker_index": 0,
    "total_speakers": 1,
    "completed_speakers": 0,
}


def client_of(gateway: GatewayDouble, answer_s: float = 5.0) -> Client:
    patience = Patience(answer_s=answer_s, backoff=Backoff(first_s=0.001, longest_s=0.01))
    return Client(gateway.url, device_id="d1", patience=patience)


async def test_a_reply_has_the_type_that_its_command_declares() -> None:
    async with (
        gateway_double(lobby__join=answering(LOBBY)) as gateway,
        client_of(gateway) as client,
    ):
        lobby = await client.send(LobbyJoin(code=LobbyCode("ab12cd")))

    assert isinstance(lobby, LobbyView)
    assert gateway.heard[0]["data"] == {"code": "AB12CD"}
    assert gateway.device_ids == ["d1"]


async def test_requests_of_one_client_run_side_by_side() -> None:
    async with (
        gateway_double(lobby__create=silent, lobby__get=answering(LOBBY)) as gateway,
        client_of(gateway) as client,
    ):
        waiting = asyncio.create_task(client.send(LobbyCreate()))
        answered = await client.send(LobbyGet(lobby_id=LobbyId("l1")))
        question = next(message for message in gateway.heard if message["event"] == "lobby.create")
        await gateway.sockets[0].send(
            envelope("response", "lobby.create", request_id=question["request_id"], data=OPENED)
        )

        assert isinstance(answered, LobbyView)
        assert isinstance(await waiting, LobbyOpened)


@pytest.mark.parametrize(
    ("code", "kind"), [("not_found", NotFound), ("conflict", Conflict), ("forbidden", Forbidden)]
)
async def test_a_refusal_is_raised_as_the_kind_that_carries_its_code(
    code: str, kind: type[SonalyzeError]
) -> None:
    details = {"condition": "lobby_closed", "retryable": False, "state": "closed"}
    refusal = refusing(code, "The lobby is closed", details)

    async with gateway_double(lobby__join=refusal) as gateway, client_of(gateway) as client:
        with pytest.raises(kind) as caught:
            await client.send(LobbyJoin(code=LobbyCode("AB12CD")))

    assert caught.value.message == "The lobby is closed"
    assert caught.value.details == details


async def test_a_code_from_the_future_is_kept() -> None:
    async with (
        gateway_double(lobby__create=refusing("out_of_paint")) as gateway,
        client_of(gateway) as client,
    ):
        with pytest.raises(SonalyzeError) as caught:
            await client.send(LobbyCreate())

    assert caught.value.code == "out_of_paint"


async def test_a_reply_of_another_shape_is_not_passed_on() -> None:
    async with (
        gateway_double(lobby__create=answering({"lobby": 1})) as gateway,
        client_of(gateway) as client,
    ):
        with pytest.raises(UnexpectedAnswer):
            await client.send(LobbyCreate())


async def test_a_request_without_an_answer_times_out() -> None:
    async with gateway_double(lobby__create=silent) as gateway, client_of(gateway) as client:
        with pytest.raises(AnswerTimedOut):
            await client.send(LobbyCreate(), within_s=0.05)


async def test_a_command_that_came_too_fast_is_sent_again() -> None:
    behaviour = first(refusing("rate_limited"), answering(OPENED))

    async with gateway_double(lobby__create=behaviour) as gateway, client_of(gateway) as client:
        await client.send(LobbyCreate())

    assert len(gateway.heard) == 2


async def test_a_command_that_may_be_repeated_waits_for_a_service_that_is_restarted() -> None:
    down = refusing("upstream_error", "Upstream unreachable", {"condition": "upstream_failed"})
    behaviour = first(down, answering(LOBBY))
    async with gateway_double(lobby__get=behaviour) as gateway, client_of(gateway) as client:
        lobby = await client.send(LobbyGet(code=LobbyCode("AB12CD")))

    assert lobby.lobby_id == "l1"


@pytest.mark.parametrize(
    ("command", "condition"),
    [
        (LobbyCreate(), "upstream_failed"),
        (LobbyGet(code=LobbyCode("AB12CD")), "upstream_timeout"),
    ],
)
async def test_what_may_have_been_done_or_takes_too_long_is_not_sent_again(
    command: LobbyCreate | LobbyGet, condition: str
) -> None:
    down = refusing("upstream_error", "No", {"condition": condition})
    behaviours = {"lobby__get": down, "lobby__create": down}
    async with gateway_double(**behaviours) as gateway, client_of(gateway) as client:
        with pytest.raises(UpstreamFailed):
            await client.send(command)

    assert len(gateway.heard) == 1


async def test_a_read_is_asked_again_over_the_next_connection() -> None:
    behaviour = first(hanging_up, answering(LOBBY))

    async with gateway_double(lobby__get=behaviour) as gateway, client_of(gateway) as client:
        lobby = await client.send(LobbyGet(lobby_id=LobbyId("l1")))

    assert lobby.lobby_id == "l1"
    assert gateway.device_ids == ["d1", "d1"]


async def test_a_command_that_must_not_run_twice_is_reported_as_lost() -> None:
    behaviour = first(hanging_up, answering(OPENED))

    async with gateway_double(lobby__create=behaviour) as gateway, client_of(gateway) as client:
        with pytest.raises(ConnectionLost):
            await client.send(LobbyCreate())
        await client.send(LobbyCreate())

    assert len(gateway.heard) == 2


async def test_pushes_arrive_typed_and_unknown_ones_raw() -> None:
    async with (
        gateway_double() as gateway,
        client_of(gateway) as client,
    ):
        with client.pushes() as pushes:
            await gateway.arrivals.get()
            joined = {"type": "participant_joined", "device_id": "d2", "lobby_id": "l1"}
            await gateway.push("lobby.updated", joined)
            await gateway.push("measurement.phase_update", PHASE)
            await gateway.push(
                "measurement.phase_update",
                {**PHASE, "recordings_started": 1, "total_microphones": 3},
            )
            await gateway.push("lobby.updated", {"type": "repainted", "lobby_id": "l1"})
            heard = [await anext(pushes) for _ in range(4)]

    assert heard[0] == ParticipantJoined(lobby_id=LobbyId("l1"), device_id=DeviceId("d2"))
    assert type(heard[1]) is PhaseUpdate
    assert heard[1].phase is Phase.STARTING_RECORDING
    assert isinstance(heard[2], RecordingProgress)
    assert heard[3] == RawPush("lobby.updated", {"type": "repainted", "lobby_id": "l1"})


async def test_whoever_listens_learns_of_a_reconnection() -> None:
    async with gateway_double() as gateway, client_of(gateway) as client:
        with client.pushes() as pushes:
            (await gateway.arrivals.get()).transport.abort()
            heard = await anext(pushes)

    assert heard == Reconnected()


async def test_iterating_a_client_ends_when_it_closes() -> None:
    async with gateway_double(lobby__get=answering(LOBBY)) as gateway:
        async with client_of(gateway) as client:
            heard: list[Any] = []

            async def listen() -> None:
                heard.extend([push async for push in client])

            listener = asyncio.create_task(listen())
            await gateway.arrivals.get()
            await gateway.push("something.new", {})
            await client.send(LobbyGet(lobby_id=LobbyId("l1")))
        await listener

    assert heard == [RawPush("something.new", {})]


async def test_nobody_there_is_said_at_once() -> None:
    async with gateway_double() as gateway:
        pass

    with pytest.raises(CannotConnect):
        async with client_of(gateway):
            pass


async def test_closing_the_client_ends_the_wait_for_an_answer() -> None:
    async with gateway_double(measurement__session_status=silent) as gateway:
        async with client_of(gateway) as client:
            command = SessionStatusGet(session_id=SessionId("s1"))
            waiting = asyncio.create_task(client.send(command))
            await gateway.questions.get()
        with pytest.raises(ConnectionLost):
            await waiting


async def test_a_reader_that_stopped_reading_is_told_what_it_missed() -> None:
    subscription = Subscription(most_waiting=1)
    subscription.put(RawPush("one", None))
    subscription.put(RawPush("two", None))

    assert await anext(subscription) == RawPush("one", None)
    with pytest.raises(PushesMissed):
        await anext(subscription)


async def test_binary_and_foreign_messages_are_ignored() -> None:
    async def strange(_: GatewayDouble, socket: ServerConnection, message: dict[str, Any]) -> None:
        await socket.send(b"\x00")
        await socket.send("not json")
        await socket.send(envelope("response", "lobby.get", request_id="nobody", data={}))
        await answering(LOBBY)(_, socket, message)

    async with gateway_double(lobby__get=strange) as gateway, client_of(gateway) as client:
        assert (await client.send(LobbyGet(lobby_id=LobbyId("l1")))).lobby_id == "l1"
