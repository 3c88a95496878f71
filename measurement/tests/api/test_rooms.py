"""All recordings of a job, analysed together."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from statistics import fmean
from typing import Any

import httpx2
import numpy as np
import pytest
import soxr
from broadcasts import Broadcasts, broadcasts_taken
from fastapi import FastAPI
from laboratory import (
    GENERATED,
    RATE_HZ,
    RT_S,
    Laboratory,
    MakeSettings,
    Threads,
    audio_file,
    room_recording,
)

from sonalyze_chassis.compute import DeadlinePassed, QueueFull, WorkerDied
from sonalyze_measurement.app import create_app

SILENCE = audio_file(np.zeros(17 * RATE_HZ))
MAP = {
    "sources": [{"id": "stage", "position": [1, 1, 1]}, {"id": "desk", "position": [2, 1, 1]}],
    "receivers": [{"id": "left", "position": [3, 1, 1]}, {"id": "right", "position": [3, 3, 1]}],
}


class Obstructed(Threads):
    """An engine that some work meets an obstacle in."""

    def __init__(self) -> None:
        super().__init__()
        self.obstacle: Exception | None = None
        self.spared = 0
        self.meeting: asyncio.Barrier | None = None
        self.running = self.most_running = 0
        self.afterwards: Callable[[], Awaitable[None]] | None = None

    async def run(
        self,
        work: str,
        *arguments: object,
        deadline_s: float,
        started: Callable[[], None] | None = None,
    ) -> object:
        """Do the work unless it is an evaluation beyond those that are spared."""
        if work.endswith(":evaluate") and self.obstacle is not None:
            if not self.spared:
                raise self.obstacle
            self.spared -= 1
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if self.meeting is not None and work.endswith(":evaluate"):
                await self.meeting.wait()
            done = await super().run(work, *arguments, deadline_s=deadline_s, started=started)
            if self.afterwards is not None and work.endswith(":evaluate"):
                await self.afterwards()
            return done
        finally:
            self.running -= 1


@pytest.fixture
def engine() -> Obstructed:
    return Obstructed()


@pytest.fixture
async def gateway() -> AsyncIterator[Broadcasts]:
    async with broadcasts_taken() as broadcasts:
        yield broadcasts


@pytest.fixture
async def app(
    make_settings: MakeSettings, engine: Obstructed, gateway: Broadcasts
) -> AsyncIterator[FastAPI]:
    settings = make_settings(gateway_url=gateway.url, analysis_workers=2)
    app = create_app(settings, lambda _: engine)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def job_id(client: httpx2.AsyncClient) -> str:
    """A job whose map has two places for speakers and two for microphones."""
    answer = await client.post("/v1/jobs", json={"map": MAP})
    return str(answer.json()["job_id"])


async def uploaded(laboratory: Laboratory, *names: str, factor: float = 1.0) -> None:
    for name in names:
        await laboratory.upload(name, audio_file(room_recording() * factor))


async def analysed(laboratory: Laboratory, **request: object) -> httpx2.Response:
    return await laboratory.analyse("all", **{"audio_hash": laboratory.signal_hash} | request)


async def results_of_all(laboratory: Laboratory, **request: object) -> dict[str, Any]:
    answer = await analysed(laboratory, **request)
    assert answer.status_code == 200, answer.text
    results: dict[str, Any] = answer.json()["results"]
    return results


def problem_in(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_the_mean_stands_where_an_app_looks_for_one_recording(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "stage.left", "stage.right")

    results = await results_of_all(laboratory)

    assert results["rt"]["rt60_s"] == pytest.approx(RT_S, rel=0.03)
    assert results["alignment"] is None
    assert results["display_metrics"][0]["key"] == "rt60"
    assert [each["uploads"] for each in results["positions"]] == [["stage.left"], ["stage.right"]]


async def test_every_figure_is_the_mean_of_the_positions_with_its_spread(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "one")
    await uploaded(laboratory, "two", factor=0.01)

    results = await results_of_all(laboratory)

    of_each = [each["results"] for each in results["positions"]]
    for band, over in zip(results["bands"], results["spatial"]["bands"], strict=True):
        assert band["center_hz"] == over["center_hz"]
        for name, mean in over["metrics"].items():
            assert band[name] == mean["mean"]
            assert {"mean", "spread", "positions", "uncertainty"} == set(mean)
    mid = results["spatial"]["mid"]["t20_s"]
    assert mid["mean"] == results["rt"]["t20_s"]
    assert mid["mean"] == pytest.approx(fmean(each["rt"]["t20_s"] for each in of_each))
    sti = results["spatial"]["sti"]["sti"]
    assert sti["min"] == min(each["sti"]["sti"] for each in of_each)


async def test_a_recording_of_which_nothing_can_be_said_takes_nothing_from_the_others(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "stage.left")
    await laboratory.upload("stage.right", SILENCE)
    await laboratory.upload("notes", b"a diary")

    results = await results_of_all(laboratory)

    notes, left, right = results["positions"]
    assert notes["refusal"]["code"] == "unsupported_media"
    assert right["refusal"]["code"] == "not_a_measurement"
    assert "microphone" in right["refusal"]["detail"]
    assert "refusal" not in left
    assert results["spatial"]["mid"]["t20_s"]["positions"] == 1
    assert results["rt"]["t20_s"] == left["results"]["rt"]["t20_s"]


async def test_where_nothing_can_be_said_of_any_recording_each_says_why(
    laboratory: Laboratory,
) -> None:
    await laboratory.upload("stage.left", SILENCE)
    await laboratory.upload("notes", b"a diary")

    answer = await analysed(laboratory)

    assert problem_in(answer) == (422, "no_position_evaluable")
    told = answer.json()["details"]["positions"]
    assert [each["refusal"]["code"] for each in told] == ["unsupported_media", "not_a_measurement"]
    assert "results" not in await laboratory.job()


async def test_every_recording_keeps_the_results_that_it_would_have_alone(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "stage.left", "stage.right")

    results = await results_of_all(laboratory)
    path = f"/v1/jobs/{laboratory.job_id}/results"
    of_left = (await laboratory.client.get(f"{path}/stage.left")).json()["results"]
    alone = (await laboratory.analyse(recording_upload="stage.left")).json()["results"]

    assert of_left == alone == results["positions"][0]["results"]
    assert (await laboratory.job())["analysed"] == ["stage.left", "stage.right"]


async def test_results_of_all_are_the_jobs_and_stay_when_another_analysis_is_newer(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "stage.left")

    results = await results_of_all(laboratory)
    newest = (await laboratory.job())["results"]
    await laboratory.analyse(recording_upload="stage.left")
    kept = await laboratory.client.get(f"/v1/jobs/{laboratory.job_id}/results")

    assert newest == results
    assert kept.json() == {"job_id": laboratory.job_id, "results": results}
    assert "spatial" not in (await laboratory.job())["results"]


async def test_a_job_that_was_not_analysed_as_a_whole_has_no_results_of_all(
    laboratory: Laboratory,
) -> None:
    answer = await laboratory.client.get(f"/v1/jobs/{laboratory.job_id}/results")

    assert problem_in(answer) == (404, "not_found")


async def test_what_the_mean_came_from_is_kept_beside_it(laboratory: Laboratory) -> None:
    await uploaded(laboratory, "stage.left")
    await laboratory.upload("silence", SILENCE)

    results = await results_of_all(laboratory)

    kept = json.loads((laboratory.folder / "results/all.json").read_bytes())
    record = kept.pop("provenance")
    assert kept == results
    assert set(record["inputs"]) == {"stage.left"}
    assert [each["uploads"] for each in record["positions"]] == [["silence"], ["stage.left"]]
    left = record["positions"][1]
    assert (left["source_id"], left["receiver_id"]) == ("stage", "left")
    assert left["signal"]["sample_rate_hz"] == RATE_HZ
    assert record["versions"]["analysis"] == results["version"]


async def test_names_that_are_ids_of_the_map_tell_the_positions_for_the_grade(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "desk.left.wav", "stage.left", "stage.right.flac")

    spatial = (await results_of_all(laboratory))["spatial"]

    assert (spatial["source_positions"], spatial["receiver_positions"]) == (2, 2)
    assert (spatial["combinations"], spatial["grade"]) == (3, "survey")
    assert spatial["missing"] == [
        "The engineering grade of ISO 3382-2 needs 6 source-microphone combinations; there are 3."
    ]


async def test_where_nobody_says_who_stood_where_there_is_no_grade_and_it_is_said(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "one.wav", "two.wav")

    results = await results_of_all(laboratory)

    assert results["positions"][0]["source_id"] is None
    assert results["spatial"]["grade"] is None
    assert "it is not known where" in results["spatial"]["missing"][-1]


async def test_a_request_may_say_which_recording_is_of_which_pair(laboratory: Laboratory) -> None:
    await uploaded(laboratory, "one.wav", "two.wav")

    results = await results_of_all(
        laboratory,
        pairs=[
            {"source_id": "sofa", "receiver_id": "door", "uploads": ["one.wav"]},
            {"source_id": "sofa", "receiver_id": "window", "uploads": ["two.wav"]},
        ],
    )

    assert [each["receiver_id"] for each in results["positions"]] == ["door", "window"]
    assert results["spatial"]["grade"] == "survey"


async def test_repeats_of_one_pair_are_averaged_and_keep_their_own_results(
    laboratory: Laboratory,
) -> None:
    for name, seed in (("one", 1), ("two", 2), ("three", 3)):
        noise = np.random.default_rng(seed).standard_normal(room_recording().size) * 3e-4
        await laboratory.upload(name, audio_file(room_recording() + noise))

    results = await results_of_all(laboratory, repeats=[["one", "two", "three"]])

    (position,) = results["positions"]
    assert position["uploads"] == ["one", "two", "three"]
    assert (await laboratory.job())["analysed"] == ["one", "three", "two"]
    path = f"/v1/jobs/{laboratory.job_id}/results/one"
    alone = (await laboratory.client.get(path)).json()["results"]
    # Three equal recordings have 10 lg 3 = 4.8 dB less noise; the peak is no estimate, but close.
    gained_db = position["results"]["bands"][4]["inr_db"] - alone["bands"][4]["inr_db"]
    assert gained_db == pytest.approx(4.8, abs=1.0)
    assert results["rt"]["t20_s"] == position["results"]["rt"]["t20_s"]


async def test_repeats_of_other_rates_are_brought_to_the_first(laboratory: Laboratory) -> None:
    await uploaded(laboratory, "one")
    slower = soxr.resample(room_recording(), RATE_HZ, 12_000)
    await laboratory.upload("two", audio_file(slower, 12_000))

    results = await results_of_all(laboratory, repeats=[["one", "two"]])

    assert results["samplerate_hz"] == RATE_HZ
    assert results["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)


async def test_a_repeat_of_which_nothing_can_be_said_is_left_out_and_named(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "stage.left.1.flac")
    await laboratory.upload("stage.left.2.flac", SILENCE)

    results = await results_of_all(laboratory)

    (position,) = results["positions"]
    assert position["uploads"] == ["stage.left.1.flac", "stage.left.2.flac"]
    (left_out,) = position["left_out"]
    assert (left_out["upload"], left_out["code"]) == ("stage.left.2.flac", "not_a_measurement")
    assert position["results"]["rt"]["t20_s"] == results["rt"]["t20_s"]


async def test_repeats_of_which_one_is_replaced_meanwhile_have_no_mean(
    laboratory: Laboratory, engine: Obstructed
) -> None:
    await uploaded(laboratory, "one", "two", "three")

    async def replaced() -> None:
        await uploaded(laboratory, "one", factor=0.5)

    engine.afterwards = replaced
    results = await results_of_all(laboratory, repeats=[["one", "two"]])

    together, three = results["positions"]
    assert together["refusal"]["code"] == "conflict"
    assert results["rt"] == three["results"]["rt"]


async def test_a_repeat_is_no_position_of_its_own(laboratory: Laboratory) -> None:
    await uploaded(laboratory, "stage.left.1.flac", "stage.left.2.flac")

    spatial = (await results_of_all(laboratory))["spatial"]

    assert (spatial["combinations"], spatial["mid"]["t20_s"]["positions"]) == (1, 1)
    assert spatial["mid"]["t20_s"]["spread"] is None


async def test_speakers_may_have_played_different_signals(laboratory: Laboratory) -> None:
    await uploaded(laboratory, "one.wav")
    other = await laboratory.client.get(
        "/v1/measurement/audio", params={"sample_rate": RATE_HZ, "format": "flac"}
    )
    pair = {"source_id": "s", "receiver_id": "r", "uploads": ["one.wav"]}

    results = await results_of_all(
        laboratory, pairs=[pair | {"audio_hash": other.headers["X-Audio-Hash"]}]
    )

    alignment = results["positions"][0]["results"]["alignment"]
    assert alignment["audio_hash"] == other.headers["X-Audio-Hash"] != laboratory.signal_hash


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"audio_hash": None}, (422, "bad_request")),
        ({"audio_hash": "0" * 64}, (400, "bad_request")),
        ({"repeats": [["one", "three"]]}, (400, "bad_request")),
        ({"repeats": [["one"], ["one"]]}, (422, "bad_request")),
        (
            {
                "repeats": [["one"]],
                "pairs": [{"source_id": "s", "receiver_id": "r", "uploads": ["one"]}],
            },
            (422, "bad_request"),
        ),
        ({"background": {"snr_db": [10.0] * 6}}, (422, "bad_request")),
        ({"background": {"speech_db": [60.0] * 7}}, (422, "bad_request")),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(
    laboratory: Laboratory, request_: dict[str, Any], problem: tuple[int, str]
) -> None:
    await laboratory.upload("one", b"x")

    assert problem_in(await analysed(laboratory, **request_)) == problem


async def test_a_job_without_recordings_is_refused(laboratory: Laboratory) -> None:
    answer = await analysed(laboratory)

    assert problem_in(answer) == (400, "bad_request")
    assert answer.json()["detail"] == "The job has no uploads"


async def test_more_positions_than_are_analysed_together_are_too_many(
    laboratory: Laboratory,
) -> None:
    for number in range(65):
        await laboratory.upload(f"r{number}", b"x")

    answer = await analysed(laboratory)

    assert problem_in(answer) == (413, "too_large")
    assert answer.json()["details"]["positions"] == 65


@pytest.mark.parametrize(
    "obstacle", [DeadlinePassed("Took longer than 60 s"), WorkerDied("It was killed")]
)
async def test_a_recording_that_costs_its_worker_takes_nothing_from_the_others(
    laboratory: Laboratory, engine: Obstructed, obstacle: Exception
) -> None:
    await uploaded(laboratory, "one", "two")
    engine.obstacle, engine.spared = obstacle, 1

    results = await results_of_all(laboratory)

    refused = [each["refusal"]["code"] for each in results["positions"] if "refusal" in each]
    assert refused == ["unavailable"]


async def test_a_service_without_room_says_so_and_half_an_answer_is_none(
    laboratory: Laboratory, engine: Obstructed
) -> None:
    await uploaded(laboratory, "one", "two")
    engine.obstacle, engine.spared = QueueFull("Busy", retry_after_s=5), 1

    answer = await analysed(laboratory)

    assert problem_in(answer) == (503, "unavailable")
    assert not (laboratory.folder / "results/all.json").exists()


async def test_as_many_recordings_are_analysed_at_once_as_there_are_workers(
    laboratory: Laboratory, engine: Obstructed
) -> None:
    await uploaded(laboratory, "one", "two", "three", "four")
    # Nobody gets past the barrier alone.
    engine.meeting = asyncio.Barrier(2)

    await results_of_all(laboratory)

    assert engine.most_running == 2


async def test_background_noise_lowers_the_speech_transmission_index(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "one")

    silent = await results_of_all(laboratory)
    noisy = await results_of_all(
        laboratory, background={"speech_db": [60.0] * 7, "noise_db": [60.0] * 7}
    )

    assert silent["sti"]["is_level_independent"]
    assert not noisy["sti"]["is_level_independent"]
    assert noisy["sti"]["sti"] < 0.6 < silent["sti"]["sti"]


async def test_thirds_of_octaves_are_averaged_where_they_are_asked_for(
    laboratory: Laboratory,
) -> None:
    await uploaded(laboratory, "one", "two")

    plain = await results_of_all(laboratory)
    fine = await results_of_all(laboratory, third_octaves=True)

    centres_hz = [band["center_hz"] for band in fine["third_octaves"]]
    assert (len(centres_hz), centres_hz[0], centres_hz[-1]) == (24, 50, 10_000)
    assert fine["third_octaves"][10]["t20_s"] == pytest.approx(RT_S, rel=0.03)
    assert [band["center_hz"] for band in fine["spatial"]["third_octaves"]] == centres_hz
    assert len(fine["positions"][0]["results"]["third_octaves"]) == 24
    assert "third_octaves" not in plain
    assert "third_octaves" not in plain["spatial"]


async def test_progress_moves_with_the_recordings(
    laboratory: Laboratory, gateway: Broadcasts
) -> None:
    await uploaded(laboratory, "one", "two", "three")

    answer = await requested(laboratory)
    pushes = [await gateway.next()]
    while pushes[-1]["event"] == "analysis.progress":
        pushes.append(await gateway.next())

    fractions = [push["data"]["fraction"] for push in pushes[:-1]]
    assert answer.json()["status"] == "accepted"
    assert fractions == sorted(fractions)
    assert len({*fractions}) >= 5
    assert pushes[-1]["data"]["results"] == (await laboratory.job())["results"]


async def test_an_analysis_of_nothing_is_refused_at_once(laboratory: Laboratory) -> None:
    assert problem_in(await requested(laboratory)) == (400, "bad_request")


async def requested(laboratory: Laboratory) -> httpx2.Response:
    """Ask for an analysis of all without waiting for it."""
    data = {
        "job_id": laboratory.job_id,
        "source": "all",
        "audio_hash": laboratory.signal_hash,
    }
    return await laboratory.client.post(
        "/gateway/handle",
        json={
            "client": {"device_id": "phone", "connection_id": "c", "ip": "192.0.2.1"},
            "message": {"event": "analysis.request", "request_id": "1", "data": data},
        },
    )


async def test_one_recording_has_no_positions(laboratory: Laboratory) -> None:
    await uploaded(laboratory, "recording")

    results = (await laboratory.analyse(GENERATED)).json()["results"]

    assert {"positions", "spatial", "third_octaves"}.isdisjoint(results)
