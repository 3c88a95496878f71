"""The admin's part, when its connection breaks at the worst moment."""

from typing import Any

import pytest
from sdk_doubles import GatewayDouble, answering, gateway_double
from websockets.asyncio.server import ServerConnection

from sonalyze.backoff import Backoff
from sonalyze.client import Client
from sonalyze.conductor import Conductor, MeasurementFailed, Pair
from sonalyze.connection import Patience
from sonalyze_contracts.identifiers import SessionId
from sonalyze_contracts.session_pushes import PhaseUpdate

SPEAKER = {"device_id": "s", "slot_id": "s", "slot_label": None}
STARTED = {
    "session_id": "s1",
    "status": "notifying_clients",
    "current_speaker": SPEAKER,
    "microphones": [{"device_id": "m", "slot_id": "m"}],
}
FAILED: dict[str, Any] = {
    "session_id": "s1",
    "job_id": "j1",
    "lobby_id": "l1",
    "status": "running",
    "total_speakers": 1,
    "completed_speakers": 0,
    "speakers": [{**SPEAKER, "completed": False}],
    "microphones": [{"device_id": "m", "slot_id": "m", "slot_label": None}],
    "current_measurement": {
        "speaker_slot_id": "s",
        "phase": "failed",
        "speaker_ready": True,
        "speaker_audio_received": False,
        "microphones_ready": 0,
        "recordings_started": 0,
        "recordings_uploaded": 0,
        "audio_hash": None,
    },
    "pending_order": None,
}


PLAYED = {**FAILED["current_measurement"], "phase": "idle", "audio_hash": "5" * 64}
COMPLETE = {"session_id": "s1", "remaining_speakers": 1}
PHASE = {
    "session_id": "s1",
    "job_id": "j1",
    "phase": "playing",
    "phase_description": "Playing measurement signal",
    "current_speaker_index": 1,
    "total_speakers": 2,
    "completed_speakers": 1,
}


class Witness:
    """Remembers the phases."""

    def __init__(self) -> None:
        self.phases: list[str] = []

    def phase_entered(self, update: PhaseUpdate) -> None:
        """See a phase."""
        self.phases.append(update.phase)

    def pair_analyzed(self, pair: Pair) -> None:
        """See a pair."""


async def starting_with_old_news(
    gateway: GatewayDouble, socket: ServerConnection, message: dict[str, Any]
) -> None:
    """Start the turn; the end of an earlier one is told once more before this one goes on."""
    await answering(STARTED)(gateway, socket, message)
    await gateway.push(
        "measurement.speaker_complete", COMPLETE | {"completed_speaker_slot_id": "r"}
    )
    await gateway.push("measurement.phase_update", PHASE)
    await gateway.push(
        "measurement.speaker_complete", COMPLETE | {"completed_speaker_slot_id": "s"}
    )


async def starting_and_breaking(
    _: GatewayDouble, socket: ServerConnection, message: dict[str, Any]
) -> None:
    """Start the turn, and break the connection before anything can be told of it."""
    await answering(STARTED)(_, socket, message)
    await socket.close(1012)


async def test_a_turn_that_failed_during_a_lost_connection_is_noticed() -> None:
    patience = Patience(backoff=Backoff(first_s=0.001, longest_s=0.01))
    async with (
        gateway_double(
            measurement__start_speaker=starting_and_breaking,
            measurement__session_status=answering(FAILED),
        ) as gateway,
        Client(gateway.url, device_id="admin", patience=patience) as client,
    ):
        conductor = Conductor(client, Witness())

        with pytest.raises(MeasurementFailed, match="connection was lost"):
            await anext(conductor._turns(SessionId("s1")))


async def test_old_news_of_an_earlier_turn_do_not_end_this_one() -> None:
    async with (
        gateway_double(
            measurement__start_speaker=starting_with_old_news,
            measurement__session_status=answering(FAILED | {"current_measurement": PLAYED}),
        ) as gateway,
        Client(gateway.url, device_id="admin") as client,
    ):
        witness = Witness()

        audio_hash = await anext(Conductor(client, witness)._turns(SessionId("s1")))

    assert audio_hash == "5" * 64
    assert witness.phases == ["playing"]
