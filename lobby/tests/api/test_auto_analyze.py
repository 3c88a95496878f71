"""``auto_analyze``: the lobby has every pair analysed and tells what was found."""

import pytest
from lobby_harness import SIGNAL_HASH, Gateway, Json, Lobby, Measurement, planned, running

from sonalyze_lobby.settings import Settings


async def test_every_pair_is_analysed_after_the_last_upload(
    lobby: Lobby, gateway: Gateway, measurement: Measurement
) -> None:
    session = await planned(lobby, "s1", "s2", auto_advance=True, auto_analyze=True)
    await session.start()
    await session.play_turn()
    session.turn += 1

    asked_before_the_end = list(measurement.asked)
    await session.play_turn()

    told = await gateway.heard("analysis_results")
    assert asked_before_the_end == []
    assert sorted(measurement.asked, key=lambda one: str(one["recording_upload"])) == [
        {
            "job_id": "job 1",
            "source": "sweep_deconvolution_generated",
            "recording_upload": f"{speaker}-{microphone}.wav",
            "audio_hash": SIGNAL_HASH,
        }
        for speaker in ("s1", "s2")
        for microphone in ("m1", "m2")
    ]
    assert told.data["job_id"] == "job 1"
    assert told.data["results"] == [
        {
            "speaker_slot_id": f"slot {speaker}",
            "microphone_slot_id": f"slot {microphone}",
            "upload_name": f"{speaker}-{microphone}.wav",
            "results": {"of": f"{speaker}-{microphone}.wav"},
        }
        for speaker in ("s1", "s2")
        for microphone in ("m1", "m2")
    ]
    assert sorted(told.device_ids) == ["admin", "m1", "m2", "s1", "s2"]
    progress = [one.data for one in gateway.told if one.name == "analysis_progress"]
    assert [(one["analyzed_pairs"], one["total_pairs"]) for one in progress] == [
        (1, 4),
        (2, 4),
        (3, 4),
        (4, 4),
    ]
    names = gateway.names()
    assert names.index("session_complete") < names.index("analysis_progress")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            (422, {"detail": "No chirp", "code": "alignment_failed", "details": {"peak": 3}}),
            {"code": "alignment_failed", "message": "No chirp", "details": {"peak": 3}},
        ),
        (
            (422, {"detail": [{"loc": ["audio_hash"]}], "code": "bad_request"}),
            {
                "code": "bad_request",
                "message": "The analysis request was not accepted",
                "details": None,
            },
        ),
        (
            (500, "nothing that we know"),
            {
                "code": "upstream_error",
                "message": "The analysis failed with status 500",
                "details": None,
            },
        ),
    ],
)
async def test_a_pair_that_fails_says_why_and_the_others_have_results(
    lobby: Lobby, gateway: Gateway, measurement: Measurement, answer: Json, error: Json
) -> None:
    measurement.answers["s1-m1.wav"] = answer
    session = await planned(lobby, auto_analyze=True)
    await session.start()

    await session.play_turn()

    told = await gateway.heard("analysis_results")
    failed, analysed = told.data["results"]
    assert failed["error"] == error
    assert "results" not in failed
    assert analysed["results"] == {"of": "s1-m2.wav"}


async def test_without_auto_analyze_nothing_is_analysed(
    lobby: Lobby, gateway: Gateway, measurement: Measurement
) -> None:
    session = await planned(lobby)
    await session.start()

    await session.play_turn()

    await gateway.heard("session_complete")
    assert measurement.asked == []


async def test_stopping_does_not_wait_for_analyses(
    settings: Settings, gateway: Gateway, measurement: Measurement
) -> None:
    measurement.held_back = {"s1-m1.wav", "s1-m2.wav"}

    async with running(settings) as lobby:
        session = await planned(lobby, auto_analyze=True)
        await session.start()
        await session.play_turn()
        await gateway.heard("session_complete")

    assert "analysis_results" not in gateway.names()
