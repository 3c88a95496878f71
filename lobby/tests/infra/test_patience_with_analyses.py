"""What happens while the measurement service is away, with a clock that a test turns."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from announcements import Announcements
from lobby_harness import Json, serving
from protocol_harness import place, planned
from turned_clock import TurnedClock

from sonalyze_chassis.upstream import open_http
from sonalyze_contracts.identifiers import JobId, UploadName
from sonalyze_contracts.session_pushes import SessionResults
from sonalyze_contracts.sessions import SessionStatus
from sonalyze_lobby.analyses import PAUSES_S, Analyses
from sonalyze_lobby.domain.analysis import Outcome
from sonalyze_lobby.domain.conditions import AnalysisUnavailable
from sonalyze_lobby.domain.session import Recording, Session
from sonalyze_lobby.infra.measurement import MeasurementService

At = Callable[[str], MeasurementService]


def recording() -> Recording:
    speaker, microphone = place("s1"), place("m1")
    return Recording(
        speaker.slot_id, microphone.slot_id, microphone.device_id, UploadName("one.wav"), "ab" * 32
    )


def complete() -> Session:
    return replace(
        planned("s1"),
        status=SessionStatus.COMPLETED,
        auto_analyze=True,
        completed_count=1,
        recordings=(recording(),),
    )


class Outcomes:
    """Keeps outcomes in memory."""

    def __init__(self) -> None:
        self.kept: list[Outcome] = []

    async def of(self, _: str) -> Sequence[Outcome]:
        return tuple(self.kept)

    async def add(self, _: str, outcome: Outcome) -> None:
        self.kept.append(outcome)


class Busy:
    """Has no room for a number of times."""

    def __init__(self, times: int) -> None:
        self.times = times

    async def analyze(self, _: str, recording: Recording) -> dict[str, Any]:
        self.times -= 1
        if self.times >= 0:
            raise AnalysisUnavailable("no room")
        return {"of": recording.upload_name}


async def results_of(measurement: Busy, pauses: int) -> Json:
    clock, announcements = TurnedClock(), Announcements()
    analyses = Analyses(measurement, Outcomes(), announcements, clock)
    running = asyncio.create_task(analyses.run(complete()))
    for pause_s in PAUSES_S[:pauses]:
        pause = timedelta(seconds=pause_s)
        await clock.somebody_sleeps_until(clock.time + pause)
        await clock.turn(pause)
    await running
    return (await announcements.heard(SessionResults)).results


async def test_a_service_without_room_is_asked_again_after_a_pause() -> None:
    (entry,) = await results_of(Busy(times=2), pauses=2)

    assert entry["results"] == {"of": "one.wav"}


async def test_a_service_that_stays_away_is_given_up_and_the_pair_says_so() -> None:
    (entry,) = await results_of(Busy(times=100), pauses=len(PAUSES_S))

    assert entry["error"] == {"code": "unavailable", "message": "no room", "details": None}


@pytest.fixture
async def measurement_at() -> AsyncIterator[At]:
    async with open_http(5) as http:
        yield lambda url: MeasurementService(http, url, timeout_s=0.2)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_statuses_that_pass_mean_trying_again(measurement_at: At, status: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving({"/v1/jobs/{job_id}/analyze": answer}) as url:
        with pytest.raises(AnalysisUnavailable):
            await measurement_at(url).analyze(JobId("job"), recording())


async def test_a_service_that_cannot_be_reached_means_trying_again(measurement_at: At) -> None:
    with pytest.raises(AnalysisUnavailable):
        await measurement_at("http://127.0.0.1:1").analyze(JobId("job"), recording())


async def test_a_service_that_says_nothing_means_trying_again(measurement_at: At) -> None:
    async def answer(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async with serving({"/v1/jobs/{job_id}/analyze": answer}) as url:
        with pytest.raises(AnalysisUnavailable):
            await measurement_at(url).analyze(JobId("job"), recording())


async def test_a_job_id_never_leaves_its_place_in_the_path(measurement_at: At) -> None:
    paths = []

    async def answer(request: web.Request) -> web.Response:
        paths.append(request.rel_url.raw_path)
        return web.json_response({"results": {}})

    async with serving({"/v1/jobs/{job_id}/analyze": answer}) as url:
        await measurement_at(url).analyze(JobId("../../x?y"), recording())

    assert paths == ["/v1/jobs/..%2F..%2Fx%3Fy/analyze"]
