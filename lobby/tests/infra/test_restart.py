"""``kill -9`` at any stage: the next process goes on where the last one was."""

from itertools import pairwise

import pytest
from lobby_harness import STAGES, Gateway, Measurement, Measuring, planned
from lobby_process import started

ORDERS = {
    "ready": "start_measurement",
    "speaker_audio_ready": "request_audio",
    "recording_started": "start_recording",
    "playback_complete": "start_playback",
    "recording_uploaded": "stop_recording",
}


@pytest.fixture
def environment(sqlite_url: str, gateway: Gateway, measurement: Measurement) -> dict[str, str]:
    return {
        "DATABASE_URL": sqlite_url,
        "GATEWAY_URL": gateway.url,
        "MEASUREMENT_URL": measurement.url,
        "LOG_LEVEL": "ERROR",
    }


async def begin(session: Measuring, gateway: Gateway, stage: str) -> tuple[str, ...]:
    """Wait until a stage was ordered, let the first of several confirm it; who is missing?"""
    await gateway.heard(ORDERS[stage])
    first, *others = session.asked(stage)
    if others:
        await session.confirm(first, stage)
    return tuple(others or [first])


async def test_one_session_survives_a_kill_in_the_middle_of_each_stage(
    environment: dict[str, str], gateway: Gateway
) -> None:
    async with started(environment) as process:
        session = await planned(process.lobby)
        await session.start()
        missing = await begin(session, gateway, "ready")
        await process.kill()

    for stage, following in pairwise([*STAGES, None]):
        gateway.told.clear()
        async with started(environment) as process:
            session.lobby = process.lobby
            order = await gateway.heard(ORDERS[stage])
            assert sorted(order.device_ids) == sorted([*missing, "admin"])
            for device_id in missing:
                await session.confirm(device_id, stage)
            if following:
                missing = await begin(session, gateway, following)
                await process.kill()
            else:
                await gateway.heard("session_complete")


async def test_an_end_that_nobody_heard_of_is_told_after_the_restart(
    environment: dict[str, str], gateway: Gateway
) -> None:
    async with started(environment) as first:
        session = await planned(first.lobby)
        await session.start()
        await session.pass_before("recording_uploaded")
        await gateway.heard("stop_recording")
        gateway.is_down = True
        *_, last = await session.pass_stage("recording_uploaded")
        await first.kill()
    gateway.is_down = False

    async with started(environment):
        await gateway.heard("session_complete")

    assert last["status"] == "session_complete"


async def test_an_analysis_goes_on_with_the_pairs_that_are_missing(
    environment: dict[str, str], gateway: Gateway, measurement: Measurement
) -> None:
    measurement.held_back = {"s1-m2.wav"}
    async with started(environment) as first:
        session = await planned(first.lobby, auto_analyze=True)
        await session.start()
        await session.play_turn()
        await gateway.heard("analysis_progress", analyzed_pairs=1)
        await first.kill()
    measurement.held_back.clear()

    async with started(environment):
        told = await gateway.heard("analysis_results")

    assert [entry["upload_name"] for entry in told.data["results"]] == ["s1-m1.wav", "s1-m2.wav"]
    asked = [one["recording_upload"] for one in measurement.asked]
    assert sorted(asked) == ["s1-m1.wav", "s1-m2.wav", "s1-m2.wav"]
