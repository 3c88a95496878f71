"""``kill -9`` on the lobby in any stage of a turn: the session finishes all the same."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from live_backend import LiveBackend
from party import SIGNAL_HASH, Party, party_at, upload_name_of
from quick_phones import crew_at
from wire import Device, Json

from sonalyze_contracts.command import Service
from sonalyze_contracts.sessions import Phase


@dataclass(frozen=True)
class Stage:
    """What devices are told, what they answer, and who."""

    order: str
    confirmation: str
    asked: Callable[[Party], list[Device]]
    data: Callable[[Device], Json] = lambda _: {}


def speaker_of(party: Party) -> list[Device]:
    return [party.speaker]


def microphones_of(party: Party) -> list[Device]:
    return party.microphones


STAGES = (
    Stage("start_measurement", "ready", lambda party: party.members),
    Stage(
        "request_audio",
        "speaker_audio_ready",
        speaker_of,
        lambda _: {"audio_hash": SIGNAL_HASH},
    ),
    Stage("start_recording", "recording_started", microphones_of),
    Stage("start_playback", "playback_complete", speaker_of),
    Stage(
        "stop_recording",
        "recording_uploaded",
        microphones_of,
        lambda one: {"upload_name": upload_name_of(one)},
    ),
)


async def confirm(party: Party, stage: Stage, devices: list[Device]) -> None:
    """Let devices answer as soon as they are told."""
    for one in devices:
        await one.push_of(f"measurement.{stage.order}", session_id=party.session_id)
        await party.tell(one, stage.confirmation, **stage.data(one))


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.confirmation)
async def test_the_session_finishes_after_a_kill_in_any_stage(
    fragile_backend: LiveBackend, stage: Stage
) -> None:
    await survive(fragile_backend, stage)


@pytest.mark.parametrize("stage", STAGES[2:3], ids=lambda stage: stage.confirmation)
async def test_the_session_finishes_on_postgresql_as_well(
    backend_on_postgres: LiveBackend, stage: Stage
) -> None:
    await survive(backend_on_postgres, stage)


async def survive(backend: LiveBackend, stage: Stage) -> None:
    """Measure with a kill in the middle of a stage: half of those asked have answered."""
    async with party_at(backend.url) as party:
        await party.plan()
        await party.start()
        at = STAGES.index(stage)
        for earlier in STAGES[:at]:
            await confirm(party, earlier, earlier.asked(party))
        *early, late = stage.asked(party)
        await confirm(party, stage, early)
        await late.push_of(f"measurement.{stage.order}")

        await backend.kill(Service.LOBBY)
        session = {"session_id": party.session_id}
        refused = await late.refusal(
            f"measurement.{stage.confirmation}", **session, **stage.data(late)
        )
        await backend.start(Service.LOBBY)

        assert refused["code"] == "upstream_error"
        await confirm(party, stage, [late])
        for later in STAGES[at + 1 :]:
            await confirm(party, later, later.asked(party))
        for one in party.everybody:
            await one.push_of("measurement.session_complete", **session)
        status = await party.tell(party.admin, "session_status")
        assert status["status"] == "completed"


async def test_phones_that_run_by_themselves_finish_whatever_the_lobby_does(
    fragile_backend: LiveBackend,
) -> None:
    async with crew_at(fragile_backend.url, speakers=2, microphones=1) as crew:
        crew.air.carries_sound.clear()
        measuring = asyncio.create_task(crew.measure())
        for phase in (Phase.SPEAKER_DOWNLOADING, Phase.PLAYING):
            await crew.phases.entered(phase)
            await fragile_backend.restart(Service.LOBBY)
        crew.air.carries_sound.set()

        measured = await asyncio.wait_for(measuring, 60)
        pairs = await crew.analyze(measured)

    assert len(pairs) == 2
    assert all(pair.results.quality.grade for pair in pairs)
