import asyncio
import hashlib
import json
import shutil
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import soundfile
from laboratory import MakeSettings, Threads, client_of

AUDIO = "/v1/measurement/audio"
SYNTHESIS = "sonalyze_measurement.infra.evaluate:synthesise"
RATES = (8_000, 16_000, 44_100, 48_000, 96_000)
Samples = np.ndarray[Any, Any]


async def downloaded(
    client: httpx2.AsyncClient, **asked: object
) -> tuple[Samples, httpx2.Response]:
    answer = await client.get(AUDIO, params=asked)
    assert answer.status_code == 200, answer.text
    samples, rate_hz = soundfile.read(BytesIO(answer.content))
    assert rate_hz == asked.get("sample_rate", 48_000)
    return samples, answer


def between(samples: Samples, rate_hz: int, start_s: float, end_s: float) -> Samples:
    return samples[round(start_s * rate_hz) : round(end_s * rate_hz)]


async def test_the_answer_has_the_documented_headers(client: httpx2.AsyncClient) -> None:
    answer = await client.get(AUDIO)

    assert answer.headers["Content-Type"] == "audio/wav"
    assert answer.headers["X-Duration-Seconds"] == "15.0"
    assert answer.headers["X-Sample-Rate"] == "48000"
    assert answer.headers["X-Audio-Hash"] == hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="measurement_signal.wav"'


async def test_flac_holds_the_same_16_bit_samples_as_wav(client: httpx2.AsyncClient) -> None:
    wav, _ = await downloaded(client, sample_rate=16_000)
    flac, answer = await downloaded(client, sample_rate=16_000, format="flac")

    assert answer.headers["Content-Type"] == "audio/flac"
    assert answer.headers["Content-Disposition"].endswith('measurement_signal.flac"')
    assert answer.headers["X-Audio-Hash"] == hashlib.sha256(answer.content).hexdigest()
    assert soundfile.info(BytesIO(answer.content)).subtype == "PCM_16"
    assert np.array_equal(wav, flac)


@pytest.mark.parametrize(
    ("session_id", "stem"),
    [
        ("abc-1_2", "measurement_abc-1_2"),
        ('a"b; filename="c', "measurement_a_b__filename__c"),
        ("../../etc", "measurement_______etc"),
        ("ä\r\nX: y", "measurement____X__y"),
        ("", "measurement_signal"),
    ],
)
async def test_the_session_names_the_file_and_nothing_else(
    client: httpx2.AsyncClient, session_id: str, stem: str
) -> None:
    _, plain = await downloaded(client, sample_rate=8_000)
    _, named = await downloaded(client, sample_rate=8_000, session_id=session_id)

    assert named.headers["Content-Disposition"] == f'attachment; filename="{stem}.wav"'
    assert named.content == plain.content


@pytest.mark.parametrize("rate_hz", RATES)
async def test_the_signal_lies_where_the_timeline_says(
    client: httpx2.AsyncClient, rate_hz: int
) -> None:
    samples, _ = await downloaded(client, sample_rate=rate_hz)
    info = (await client.get(f"{AUDIO}/info", params={"sample_rate": rate_hz})).json()

    assert samples.shape == (15 * rate_hz,)
    for segment in info["segments"]:
        part = between(samples, rate_hz, segment["start"], segment["end"])
        if segment["type"] == "silence":
            assert not part.any()
        else:
            assert np.abs(part).max() == pytest.approx(0.9, abs=0.01)
            assert np.abs(part[[0, -1]]).max() < 0.01


async def test_both_chirps_are_the_same(client: httpx2.AsyncClient) -> None:
    samples, _ = await downloaded(client)

    first = between(samples, 48_000, 0, 0.5)
    last = between(samples, 48_000, 14.5, 15)

    assert np.array_equal(first, last)


async def test_fades_rise_as_half_a_cosine_within_10_ms(client: httpx2.AsyncClient) -> None:
    samples, _ = await downloaded(client, sample_rate=192_000)

    for start_s in (0.0, 14.5):
        chirp = between(samples, 192_000, start_s, start_s + 0.012)
        time_s = np.arange(chirp.size) / 192_000
        envelope = 0.9 * np.sin(0.5 * np.pi * np.clip(time_s / 0.010, 0, 1)) ** 2
        assert (np.abs(chirp) <= envelope + 1 / 32_767).all()
        assert np.abs(chirp[time_s > 0.010]).max() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050])
async def test_nothing_is_folded_back_at_low_rates(
    client: httpx2.AsyncClient, rate_hz: int
) -> None:
    samples, _ = await downloaded(client, sample_rate=rate_hz)

    power = np.abs(np.fft.rfft(between(samples, rate_hz, 0, 0.5) * np.hanning(rate_hz // 2))) ** 2
    frequency_hz = np.fft.rfftfreq(rate_hz // 2, 1 / rate_hz)

    assert power[frequency_hz < 1_800].sum() < 1e-6 * power.sum()
    assert power[frequency_hz > 0.48 * rate_hz].sum() < 1e-4 * power.sum()


async def test_the_sweep_runs_from_start_to_end_logarithmically(
    client: httpx2.AsyncClient,
) -> None:
    samples, _ = await downloaded(client, sweep_f_start=200, sweep_f_end=12_000)

    for share in (0.1, 0.3, 0.5, 0.7, 0.9):
        middle_s = 2.5 + 10 * share
        part = between(samples, 48_000, middle_s - 0.05, middle_s + 0.05)
        crossings = np.count_nonzero(np.diff(np.signbit(part)))
        expected_hz = 200 * (12_000 / 200) ** share
        assert crossings / 2 / 0.1 == pytest.approx(expected_hz, rel=0.05)


async def test_the_same_parameters_give_the_same_bytes_for_ever(
    make_settings: MakeSettings, engine: Threads, data_dir: Path
) -> None:
    asked = {"sample_rate": 8_000, "sweep_f_start": 100.5, "sweep_f_end": 3_000}
    async with client_of(make_settings(), engine) as client:
        first = await client.get(AUDIO, params=asked)
    shutil.rmtree(data_dir / "references")

    async with client_of(make_settings(), engine) as client:
        again = await client.get(AUDIO, params=asked)

    assert again.content == first.content
    assert engine.works == [SYNTHESIS, SYNTHESIS]


async def test_a_signal_that_was_generated_before_is_not_generated_again(
    make_settings: MakeSettings, engine: Threads
) -> None:
    async with client_of(make_settings(), engine) as client:
        first = await client.get(AUDIO, params={"sample_rate": 8_000})

    async with client_of(make_settings(), engine) as client:
        again = await client.get(AUDIO, params={"sample_rate": 8_000})

    assert again.content == first.content
    assert engine.works == [SYNTHESIS]


async def test_the_reference_is_kept_under_its_hash(
    client: httpx2.AsyncClient, data_dir: Path
) -> None:
    answer = await client.get(AUDIO, params={"sample_rate": 8_000})
    audio_hash = answer.headers["X-Audio-Hash"]

    folder = data_dir / "references" / audio_hash[:8] / audio_hash
    names = {path.name for path in folder.iterdir()}
    metadata = json.loads((folder / "metadata.json").read_bytes())
    assert names == {"metadata.json", "chirp.wav", "sweep.wav", "full_signal.wav"}
    assert metadata["audio_hash"] == audio_hash
    assert metadata["file"]["parameters"]["sample_rate_hz"] == 8_000
    assert (folder / "full_signal.wav").read_bytes() == answer.content


async def test_many_who_ask_at_once_get_one_generation(
    client: httpx2.AsyncClient, engine: Threads
) -> None:
    answers = await asyncio.gather(
        *(client.get(AUDIO, params={"sample_rate": 8_000}) for _ in range(10))
    )

    assert len({answer.content for answer in answers}) == 1
    assert engine.works == [SYNTHESIS]


async def test_whoever_has_the_signal_already_gets_no_body(client: httpx2.AsyncClient) -> None:
    first = await client.get(AUDIO, params={"sample_rate": 8_000})

    again = await client.get(
        AUDIO, params={"sample_rate": 8_000}, headers={"If-None-Match": first.headers["ETag"]}
    )

    assert again.status_code == 304
    assert again.content == b""
    assert again.headers["X-Audio-Hash"] == first.headers["X-Audio-Hash"]


async def test_a_broken_download_can_be_continued(client: httpx2.AsyncClient) -> None:
    whole = await client.get(AUDIO, params={"sample_rate": 8_000})

    rest = await client.get(AUDIO, params={"sample_rate": 8_000}, headers={"Range": "bytes=1000-"})

    assert rest.status_code == 206
    assert rest.content == whole.content[1000:]


async def test_head_tells_the_headers_alone(client: httpx2.AsyncClient) -> None:
    answer = await client.head(AUDIO, params={"sample_rate": 8_000})

    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["X-Duration-Seconds"] == "15.0"


@pytest.mark.parametrize(
    "asked",
    [
        {"sample_rate": 7_999},
        {"sample_rate": 192_001},
        {"sample_rate": "fast"},
        {"format": "mp3"},
        {"sweep_f_start": 19.9},
        {"sweep_f_end": 20_001},
        {"sweep_f_start": "nan"},
        {"sweep_f_start": 1_000, "sweep_f_end": 1_000},
        {"sweep_f_start": 2_000, "sweep_f_end": 1_000},
        {"sample_rate": 8_000, "sweep_f_start": 5_000},
    ],
)
async def test_impossible_signals_are_refused_with_a_sentence(
    client: httpx2.AsyncClient, asked: dict[str, object]
) -> None:
    answer = await client.get(AUDIO, params=asked)

    assert answer.status_code == 422
    assert answer.json()["detail"]


async def test_the_timeline_is_the_documented_one(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{AUDIO}/info")

    assert answer.json() == {
        "sample_rate": 48_000,
        "total_duration": 15.0,
        "segments": [
            {
                "name": "sync_chirp_start",
                "type": "chirp",
                "start": 0.0,
                "end": 0.5,
                "f_start": 2_000.0,
                "f_end": 10_000.0,
            },
            {"name": "post_sync_silence", "type": "silence", "start": 0.5, "end": 2.5},
            {
                "name": "measurement_sweep",
                "type": "sweep",
                "start": 2.5,
                "end": 12.5,
                "f_start": 20.0,
                "f_end": 20_000.0,
            },
            {"name": "reverb_tail", "type": "silence", "start": 12.5, "end": 14.5},
            {
                "name": "sync_chirp_end",
                "type": "chirp",
                "start": 14.5,
                "end": 15.0,
                "f_start": 2_000.0,
                "f_end": 10_000.0,
            },
        ],
        "sweep_start": 2.5,
        "sweep_end": 12.5,
        "recommended_recording_start": 0.0,
        "recommended_recording_end": 15.0,
    }


async def test_old_signals_give_way_but_stay_analysable(
    make_settings: MakeSettings, engine: Threads, files_in_data: Callable[[], list[str]]
) -> None:
    async with client_of(make_settings(measurement_max_references=2), engine) as client:
        first = await client.get(AUDIO, params={"sample_rate": 8_000})
        for rate_hz in (8_001, 8_002):
            await client.get(AUDIO, params={"sample_rate": rate_hz})

        kept = [name for name in files_in_data() if first.headers["X-Audio-Hash"] in name]
        again = await client.get(AUDIO, params={"sample_rate": 8_000})

    assert [Path(name).name for name in kept if name.endswith(("wav", "json"))] == ["metadata.json"]
    assert again.content == first.content


async def test_signals_of_the_same_bytes_do_not_take_each_other_away(
    make_settings: MakeSettings, engine: Threads
) -> None:
    asked = [{"sample_rate": 8_000, "sweep_f_end": end_hz} for end_hz in (19_000, 20_000)]

    async with client_of(make_settings(measurement_max_references=1), engine) as client:
        answers = [await client.get(AUDIO, params=asked[at]) for at in (0, 1, 1, 0, 0, 1)]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["X-Audio-Hash"] for answer in answers}) == 1
    assert len({answer.content for answer in answers}) == 1
