"""What a finished simulation sounds like, in files that other programs read."""

from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import numpy as np
import pytest
import pytest_asyncio
import sofar
import soundfile
from simulated_rooms import request, source
from simulation_process import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

RATE_HZ = 16_000
STRANGE = "../a b/ü%2f.wav"
SPEED_M_S = 343.2


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def job(running: Running) -> tuple[str, dict[str, Any]]:
    """Simulate a room once for all tests, and give its job and answer."""
    answer = await running.service.client.post(
        "/simulate",
        json=request(
            rays=300,
            include_rir=True,
            rir_duration_s=0.5,
            sources=source(1, 1, name="s1") + source(1, 2, name=STRANGE),
            microphones=source(3, 1, name="m1") + source(3, 2, name=STRANGE),
        ),
    )
    assert answer.status_code == 200, answer.text
    return answer.headers["X-Job-ID"], answer.json()


Job = tuple[str, dict[str, Any]]


def wav_of(samples: Any, rate_hz: int = RATE_HZ, **how: str) -> bytes:  # noqa: ANN401  an array
    buffer = BytesIO()
    soundfile.write(buffer, samples, rate_hz, **({"format": "WAV", "subtype": "FLOAT"} | how))
    return buffer.getvalue()


async def auralised(running: Running, job: Job, sound: bytes) -> httpx2.Response:
    return await running.service.client.post(f"/jobs/{job[0]}/auralise/s1/m1", content=sound)


@pytest.mark.parametrize(("source_id", "microphone_id"), [("s1", "m1"), (STRANGE, STRANGE)])
async def test_a_response_is_a_wav_file_of_the_same_samples(
    running: Running, job: Job, source_id: str, microphone_id: str
) -> None:
    names = f"{quote(source_id, safe='')}/{quote(microphone_id, safe='')}"

    answer = await running.service.client.get(f"/jobs/{job[0]}/rir/{names}.wav")

    (rir,) = (
        pair["rir"]
        for pair in job[1]["pairs"]
        if (pair["source_id"], pair["microphone_id"]) == (source_id, microphone_id)
    )
    file = soundfile.SoundFile(BytesIO(answer.content))
    assert answer.headers["Content-Type"] == "audio/wav"
    assert (file.samplerate, file.channels, file.subtype) == (RATE_HZ, 1, "FLOAT")
    np.testing.assert_array_equal(file.read(dtype="float32"), np.float32(rir))


async def test_names_that_a_path_cannot_carry_go_into_the_query(running: Running, job: Job) -> None:
    client, names = running.service.client, {"source": STRANGE, "microphone": STRANGE}
    path = f"{quote(STRANGE, safe='')}/{quote(STRANGE, safe='')}"

    by_path = await client.get(f"/jobs/{job[0]}/rir/{path}.wav")
    by_query = await client.get(f"/jobs/{job[0]}/rir.wav", params=names)
    heard = await client.post(f"/jobs/{job[0]}/auralise", params=names, content=by_query.content)
    heard_by_path = await client.post(f"/jobs/{job[0]}/auralise/{path}", content=by_query.content)

    assert by_query.content == by_path.content
    assert heard.status_code == 200
    assert heard_by_path.content == heard.content


@pytest.mark.parametrize("names", ["s1/unknown.wav", "unknown/m1.wav", "s1", "a/b/c.wav"])
async def test_an_unknown_pair_is_404(running: Running, job: Job, names: str) -> None:
    answer = await running.service.client.get(f"/jobs/{job[0]}/rir/{names}")

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["rir/s1/m1.wav", "sofa"])
async def test_an_unknown_job_sounds_like_nothing(running: Running, path: str) -> None:
    answer = await running.service.client.get(f"/jobs/unknown/{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_all_responses_are_one_sofa_file(running: Running, job: Job, tmp_path: Path) -> None:
    answer = await running.service.client.get(f"/jobs/{job[0]}/sofa")

    file = tmp_path / "responses.sofa"
    file.write_bytes(answer.content)
    sofa = sofar.read_sofa(file, verbose=False)
    last = next(
        pair["rir"]
        for pair in job[1]["pairs"]
        if (pair["source_id"], pair["microphone_id"]) == (STRANGE, "m1")
    )
    assert answer.status_code == 200, answer.text
    assert sofa.GLOBAL_SOFAConventions == "SingleRoomMIMOSRIR"
    assert sofa.Data_IR.shape == (1, 2, RATE_HZ // 2, 2)
    np.testing.assert_allclose(sofa.Data_IR[0, 0, :, 1], last, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(np.squeeze(sofa.ReceiverPosition), [[3, 1, 1.2], [3, 2, 1.2]])
    np.testing.assert_array_equal(np.squeeze(sofa.EmitterPosition), [[1, 1, 1.2], [1, 2, 1.2]])


async def test_a_click_is_heard_after_the_time_that_sound_takes(running: Running, job: Job) -> None:
    rate_hz = 48_000
    click = np.zeros(rate_hz // 10)
    click[0] = 0.5

    answer = await auralised(running, job, wav_of(click, rate_hz))

    heard, heard_hz = soundfile.read(BytesIO(answer.content))
    arrival = int(np.flatnonzero(np.abs(heard) > 0.5 * np.abs(heard).max())[0])
    assert heard_hz == rate_hz
    assert heard.size == click.size + rate_hz // 2 - 1
    assert np.abs(heard).max() == pytest.approx(0.5)
    assert arrival == pytest.approx(2 / SPEED_M_S * rate_hz, abs=3)


async def test_all_channels_of_a_sound_are_mixed(running: Running, job: Job) -> None:
    rng = np.random.default_rng(3)
    stereo = rng.uniform(-0.5, 0.5, (1_000, 2))

    both = await auralised(running, job, wav_of(stereo))
    mixed = await auralised(running, job, wav_of(stereo.mean(axis=1)))

    np.testing.assert_allclose(
        soundfile.read(BytesIO(both.content))[0],
        soundfile.read(BytesIO(mixed.content))[0],
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("sound", "status", "condition"),
    [
        (b"", 400, "no_sound"),
        (b"no sound at all", 415, "sound_unreadable"),
        (wav_of(np.zeros(0)), 422, "sound_unusable"),
        (wav_of(np.zeros(100), 4_000), 422, "sound_unusable"),
        (wav_of(np.zeros((10, 9))), 422, "sound_unusable"),
        (wav_of(np.zeros(8_000 * 31), 8_000, subtype="PCM_U8"), 413, "sound_too_long"),
    ],
)
async def test_what_cannot_be_played_is_told(
    running: Running, job: Job, sound: bytes, status: int, condition: str
) -> None:
    answer = await auralised(running, job, sound)

    assert answer.status_code == status
    assert answer.json()["details"]["condition"] == condition


async def test_a_sound_of_too_many_bytes_is_refused_while_it_arrives(
    running: Running, job: Job
) -> None:
    answer = await auralised(running, job, bytes(13 << 20))

    assert answer.status_code == 413


async def test_silence_stays_silent(running: Running, job: Job) -> None:
    answer = await auralised(running, job, wav_of(np.zeros(100)))

    assert not np.any(soundfile.read(BytesIO(answer.content))[0])
