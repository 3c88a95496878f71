"""``kill -9`` on the measurement service: uploads stay, and what was asked can be asked again."""

import asyncio

import httpx2
import psutil
from laboratory import RATE_HZ, audio_file, room_recording
from live_backend import LiveBackend
from party import party_at, upload_name_of

from sonalyze_contracts.command import Service

WORKERS_LIMIT_S = 10.0


async def signal_hash(http: httpx2.AsyncClient, backend: LiveBackend) -> str:
    answer = await http.get(f"{backend.url}/v1/measurement/audio?sample_rate={RATE_HZ}")
    audio_hash: str = answer.headers["x-audio-hash"]
    return audio_hash


async def test_an_upload_is_analysed_by_the_next_process(
    fragile_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    backend = fragile_backend
    audio_hash = await signal_hash(http, backend)
    job_id = (await http.post(f"{backend.url}/v1/jobs", json={"map": {}})).json()["job_id"]
    job = f"{backend.url}/v1/jobs/{job_id}"
    await http.post(f"{job}/uploads/recording", files={"file": audio_file(room_recording())})
    analysis = {"source": "sweep_deconvolution_generated", "audio_hash": audio_hash}
    workers = psutil.Process(backend.pid(Service.MEASUREMENT)).children(recursive=True)

    await backend.kill(Service.MEASUREMENT)
    meanwhile = await http.post(f"{job}/analyze", json=analysis)
    await backend.start(Service.MEASUREMENT)
    before = (await http.get(job)).json()
    answer = await http.post(f"{job}/analyze", json=analysis)

    assert meanwhile.status_code == 502
    assert meanwhile.json()["retryable"] is True
    assert before["uploads"] == ["recording"]
    assert "results" not in before
    assert answer.status_code == 200
    assert workers
    _, alive = await asyncio.to_thread(psutil.wait_procs, workers, WORKERS_LIMIT_S)
    assert alive == []


async def test_a_session_is_analysed_although_the_service_was_killed_before(
    fragile_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    backend = fragile_backend
    audio_hash = await signal_hash(http, backend)
    job_id = (await http.post(f"{backend.url}/v1/jobs", json={"map": {}})).json()["job_id"]
    async with party_at(backend.url, microphones=1, job_id=job_id) as party:
        speaker, (microphone,) = party.speaker, party.microphones
        await party.plan(auto_analyze=True)
        await party.start()
        await party.all_tell(party.members, "ready")
        await party.tell(speaker, "speaker_audio_ready", audio_hash=audio_hash)
        await party.tell(microphone, "recording_started")
        await party.tell(speaker, "playback_complete")
        order = await microphone.push_of("measurement.stop_recording")
        name = upload_name_of(microphone)
        await http.post(
            f"{backend.url}{order['upload_endpoint']}{name}",
            files={"file": audio_file(room_recording())},
        )

        await backend.kill(Service.MEASUREMENT)
        await party.tell(microphone, "recording_uploaded", upload_name=name)
        await backend.start(Service.MEASUREMENT)

        progress = await party.admin.push_of("measurement.analysis_progress")
        told = await party.admin.push_of("measurement.analysis_results")
        assert (progress["analyzed_pairs"], progress["total_pairs"]) == (1, 1)
        (entry,) = told["results"]
        assert entry["upload_name"] == name
        assert entry["results"]["rt"]["rt60_s"] > 0


async def test_an_analysis_that_dies_with_the_service_is_a_retryable_error(
    fragile_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    backend = fragile_backend
    audio_hash = await signal_hash(http, backend)
    job_id = (await http.post(f"{backend.url}/v1/jobs", json={"map": {}})).json()["job_id"]
    job = f"{backend.url}/v1/jobs/{job_id}"
    await http.post(f"{job}/uploads/recording", files={"file": audio_file(room_recording())})
    analysis = {"source": "sweep_deconvolution_generated", "audio_hash": audio_hash}

    many = [asyncio.create_task(http.post(f"{job}/analyze", json=analysis)) for _ in range(6)]
    await asyncio.wait(many, return_when=asyncio.FIRST_COMPLETED)
    await backend.kill(Service.MEASUREMENT)
    answers = await asyncio.gather(*many)
    await backend.start(Service.MEASUREMENT)
    again = await http.post(f"{job}/analyze", json=analysis)

    assert {answer.status_code for answer in answers} <= {200, 502}
    assert any(answer.status_code == 502 for answer in answers)
    assert again.status_code == 200
