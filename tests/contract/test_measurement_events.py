"""Jobs, the signal's timeline and analyses as commands on a socket."""

import httpx2
import pytest
from laboratory import RATE_HZ, audio_file, room_response
from live_backend import LiveBackend
from wire import Json, device

IMPULSE_RESPONSE = {"source": "impulse_response"}


async def job_with_a_response(
    http: httpx2.AsyncClient, backend: LiveBackend, content: bytes | None = None
) -> str:
    """Create a job that has an impulse response to analyse."""
    answer = await http.post(f"{backend.url}/v1/jobs", json={"map": {}})
    job_id: str = answer.json()["job_id"]
    await http.post(
        f"{backend.url}/v1/jobs/{job_id}/uploads/impulse_response",
        files={"file": content or audio_file(room_response())},
    )
    return job_id


async def test_a_job_created_by_a_command_remembers_who_did_it(backend: LiveBackend) -> None:
    async with device(backend.url) as one:
        created = await one.answer(
            "measurement.create_job", map={"meta": {"a": 1}}, meta={"app": "x", "device_id": "liar"}
        )
        job = await one.answer("measurement.get_job", job_id=created["job_id"])

        assert set(created) == {"job_id"}
        assert job["meta"] == {"app": "x", "device_id": one.device_id}
        assert job["map"]["meta"] == {"a": 1}
        assert job["uploads"] == []
        assert "results" not in job


async def test_the_timeline_by_command_is_the_one_over_http(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    async with device(backend.url) as one:
        by_default = await one.answer("measurement.get_audio_info")
        at_8_khz = await one.answer("measurement.get_audio_info", sample_rate=8000)

    url = f"{backend.url}/v1/measurement/audio/info"
    assert by_default == (await http.get(url)).json()
    assert at_8_khz == (await http.get(url, params={"sample_rate": 8000})).json()


async def test_an_analysis_by_command_answers_with_the_results(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = await job_with_a_response(http, backend)
    async with device(backend.url) as one:
        answer = await one.answer("analysis.run", job_id=job_id, **IMPULSE_RESPONSE)
        job = await one.answer("measurement.get_job", job_id=job_id)

        assert set(answer) == {"job_id", "results"}
        assert answer["results"]["samplerate_hz"] == RATE_HZ
        assert job["results"] == answer["results"]
        assert job["analysed"] == ["impulse_response"]


async def test_a_requested_analysis_is_accepted_at_once_and_its_results_are_pushed(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = await job_with_a_response(http, backend)
    async with device(backend.url) as one:
        accepted = await one.answer("analysis.request", job_id=job_id, **IMPULSE_RESPONSE)
        stages: list[Json] = []
        while (push := await one.push())["event"] == "analysis.progress":
            stages.append(push["data"])

        this = {"job_id": job_id, "analysis_id": accepted["analysis_id"]}
        assert accepted == this | {"status": "accepted"}
        assert push["event"] == "analysis.result"
        assert push["data"]["results"]["samplerate_hz"] == RATE_HZ
        assert push["data"] == this | {"results": push["data"]["results"], "error": None}
        assert all(this.items() <= stage.items() for stage in stages)
        fractions = [stage["fraction"] for stage in stages]
        assert fractions == sorted(fractions)
        assert stages


async def test_a_requested_analysis_that_fails_says_why(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = await job_with_a_response(http, backend, b"no audio")
    async with device(backend.url) as one:
        await one.answer("analysis.request", job_id=job_id, **IMPULSE_RESPONSE)

        result = await one.push_of("analysis.result")

        assert result["results"] is None
        assert result["error"]["code"] == "unsupported_media"
        assert result["error"]["message"]


REFUSED = [
    ("measurement.create_job", {}, "bad_request"),
    ("measurement.create_job", {"map": 7}, "bad_request"),
    ("measurement.get_job", {}, "bad_request"),
    ("measurement.get_job", {"job_id": "../../etc"}, "not_found"),
    ("measurement.get_audio_info", {"sample_rate": 7999}, "bad_request"),
    ("analysis.run", {}, "bad_request"),
    ("analysis.run", {"job_id": "none", "source": "impulse_response"}, "not_found"),
    ("analysis.run", {"job_id": "none", "source": "x"}, "bad_request"),
    ("analysis.request", {"job_id": "none", "source": "impulse_response"}, "not_found"),
    ("analysis.request", {"source": "impulse_response"}, "bad_request"),
]


@pytest.mark.parametrize(("event", "data", "code"), REFUSED)
async def test_what_is_wrong_with_a_command_is_told(
    backend: LiveBackend, event: str, data: Json, code: str
) -> None:
    async with device(backend.url) as one:
        error = await one.refusal(event, **data)

        assert error["code"] == code
        if code == "bad_request":
            assert error["details"]["condition"] == "invalid_payload"


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ("measurement.create_job", "map"),
        ("measurement.get_job", "job_id"),
        ("analysis.run", "source"),
    ],
)
async def test_a_missing_field_is_named(backend: LiveBackend, event: str, field: str) -> None:
    async with device(backend.url) as one:
        error = await one.refusal(event)

        assert f"Missing '{field}' in data" in error["message"]
