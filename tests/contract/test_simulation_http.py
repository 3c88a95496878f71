"""Simulations over HTTP, through the gateway, as the documents describe them."""

import io

import httpx2
import pytest
import soundfile
from live_backend import LiveBackend
from simulated import EXAMPLE, FEW_RAYS, LASTING, example, job_that_is, places

from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_contracts.simulation_jobs import SimulationAccepted, SimulationJob

METRICS = ["rt60_s", "edt_s", "d50", "c50_db", "c80_db", "drr_db", "sti", "sti_method"]
DOCUMENTED_MATERIALS = {
    "concrete": (0.02, 0.05),
    "brick": (0.03, 0.10),
    "plaster": (0.05, 0.05),
    "glass": (0.03, 0.02),
    "wood_panel": (0.10, 0.15),
    "carpet": (0.30, 0.20),
    "curtain_heavy": (0.50, 0.40),
    "acoustic_panel": (0.80, 0.10),
}
DOCUMENTED_PROFILES = {
    "iec_listening_room",
    "classroom_good",
    "classroom_typical",
    "lecture_hall",
    "concert_hall",
}


@pytest.fixture
def simulation(backend: LiveBackend) -> str:
    """Give the address of the simulations, as apps know it."""
    return f"{backend.url}/v1/simulation"


async def test_the_request_of_the_documents_is_answered_verbatim(
    simulation: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.post(
        f"{simulation}/simulate", content=EXAMPLE, headers={"Content-Type": "application/json"}
    )

    found = SimulationAnswer.model_validate_json(answer.content)
    (pair,) = answer.json()["pairs"]
    assert answer.status_code == 200
    assert answer.json()["sample_rate_hz"] == 16_000
    assert (pair["source_id"], pair["microphone_id"]) == ("s1", "m1")
    assert list(pair["metrics"]) == METRICS
    assert pair["metrics"]["sti_method"] == "mtf"
    assert isinstance(pair["metrics"]["sti"], float)
    assert pair["rir"] is None
    assert len(found.pairs[0].bands) == 8


async def test_the_service_says_through_the_gateway_that_it_is_well(
    simulation: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.get(f"{simulation}/health")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_every_documented_material_has_its_figures(
    simulation: str, http: httpx2.AsyncClient
) -> None:
    listed = (await http.get(f"{simulation}/materials")).json()["materials"]

    found = {each["id"]: (each["absorption"], each["scattering"]) for each in listed}
    assert {name: found.get(name) for name in DOCUMENTED_MATERIALS} == DOCUMENTED_MATERIALS
    assert all(each["display_name"] for each in listed)


async def test_every_documented_profile_is_listed(
    simulation: str, http: httpx2.AsyncClient
) -> None:
    listed = (await http.get(f"{simulation}/reference-profiles")).json()["profiles"]

    assert {each["id"] for each in listed} >= DOCUMENTED_PROFILES
    for each in listed:
        for metric in each["metrics"]:
            assert set(metric) >= {"key", "label", "unit", "value", "min_value", "max_value"}


async def test_a_simulation_that_lasts_is_a_job_that_can_be_stopped(
    simulation: str, backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    answer = await http.post(f"{simulation}/simulate", json=LASTING)
    accepted = SimulationAccepted.model_validate_json(answer.content)
    running = await job_that_is(http, backend.url, accepted.job_id, "running")

    stopped = await http.delete(f"{simulation}/jobs/{accepted.job_id}")

    assert answer.status_code == 202
    assert answer.headers["X-Job-ID"] == accepted.job_id
    assert accepted.estimated_seconds is not None
    assert SimulationJob.model_validate(running).result is None
    assert stopped.json()["status"] == "cancelled"


async def test_a_finished_job_gives_its_answer_again(
    simulation: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.post(f"{simulation}/simulate", json=example(seed=11))

    job = await http.get(f"{simulation}/jobs/{answer.headers['X-Job-ID']}")

    assert job.json()["status"] == "completed"
    assert job.json()["result"] == answer.json()


async def test_a_response_can_be_downloaded_and_is_the_one_of_the_answer(
    simulation: str, http: httpx2.AsyncClient
) -> None:
    asked = example(include_rir=True, rir_duration_s=0.5)
    answer = await http.post(f"{simulation}/simulate", json=asked)
    job_id = answer.headers["X-Job-ID"]

    file = await http.get(f"{simulation}/jobs/{job_id}/rir/s1/m1.wav")

    samples, rate_hz = soundfile.read(io.BytesIO(file.content), dtype="float32")
    assert file.headers["content-type"] == "audio/wav"
    assert rate_hz == 16_000
    assert samples.tolist() == pytest.approx(answer.json()["pairs"][0]["rir"])


@pytest.mark.parametrize(
    "path", ["jobs/none", "jobs/none/rir/s1/m1.wav", "jobs/none/sofa", "nothing"]
)
async def test_what_is_not_there_is_404(
    simulation: str, http: httpx2.AsyncClient, path: str
) -> None:
    answer = await http.get(f"{simulation}/{path}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


async def test_a_room_that_cannot_be_is_refused_with_a_sentence(
    simulation: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.post(
        f"{simulation}/simulate",
        json=example(microphones=[{"id": "m1", "position_m": [9, 9, 9]}]),
    )

    assert answer.status_code == 400
    assert "m1" in answer.json()["detail"]


async def test_an_answer_of_any_size_comes_through(
    simulation: str, http: httpx2.AsyncClient
) -> None:
    asked = example(
        sources=places("s", 4, 0.5),
        microphones=places("m", 8, 3.5),
        include_rir=True,
        rir_duration_s=1.0,
        rays=FEW_RAYS // 2,
    )

    answer = await http.post(f"{simulation}/simulate", json=asked)

    assert len(answer.json()["pairs"]) == 32
    assert all(len(pair["rir"]) == 16_000 for pair in answer.json()["pairs"])
    assert len(answer.content) > 1 << 20


async def test_scripts_on_other_pages_may_read_which_job_it_was(
    simulation: str, http: httpx2.AsyncClient
) -> None:
    answer = await http.post(
        f"{simulation}/simulate", json=example(), headers={"Origin": "https://app.example"}
    )

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-job-id" in answer.headers["access-control-expose-headers"].lower()
