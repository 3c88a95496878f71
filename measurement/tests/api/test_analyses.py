import json
from hashlib import sha256
from typing import Any

import httpx2
import numpy as np
import pytest
import soundfile
import soxr
from laboratory import (
    LATENCY_S,
    RATE_HZ,
    RT_S,
    Laboratory,
    audio_file,
    convolved,
    room_recording,
    room_response,
)

from sonalyze_acoustics import SignalSpec, sweep

DISPLAYED = ("rt60", "edt", "sti", "c50", "c80", "d50", "drr", "snr")
RESPONSE = "impulse_response"


def refusal_in(answer: httpx2.Response, status: int, code: str) -> str:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    return str(body["detail"])


@pytest.fixture
async def results(laboratory: Laboratory, recording_file: bytes) -> dict[str, Any]:
    """The results of a recording of the generated signal."""
    await laboratory.upload("recording", recording_file)
    answer = await laboratory.analyse()
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["results"]
    return found


async def test_a_recording_of_the_signal_gives_the_rooms_reverberation(
    results: dict[str, Any],
) -> None:
    assert results["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)
    assert results["rt"]["t30_s"] == pytest.approx(RT_S, rel=0.03)
    assert results["rt"]["rt60_s"] == results["rt"]["t30_s"]
    assert results["samplerate_hz"] == RATE_HZ


async def test_results_have_every_documented_group_and_both_spellings(
    results: dict[str, Any],
) -> None:
    documented = {
        "rt": {"rt60_s", "edt_s", "t20_s", "t30_s", "t20_rt60_s", "t30_rt60_s", "edc_db"},
        "clarity": {"c50_db", "c80_db", "d50", "d80"},
        "drr": {"drr_db", "direct_to_late_db", "direct_index"},
        "quality": {"snr_db", "peak_db", "noise_floor_db", "grade", "findings"},
        "frequency_response": {"bands_hz", "magnitude_db"},
        "sti": {"sti", "sti_male", "sti_female", "bands_hz", "band_ti", "mod_freqs_hz", "note"},
    }

    for group, names in documented.items():
        assert names <= set(results[group])
    assert set(results["rt"]["edc_db"]) == {"n", "min_db", "max_db"}
    assert results["rt"]["t20_rt60_s"] == results["rt"]["t20_s"]
    assert results["rt"]["t30_rt60_s"] == results["rt"]["t30_s"]
    assert len(results["frequency_response"]["bands_hz"]) == 64
    assert len(results["frequency_response"]["magnitude_db"]) == 64
    assert len(results["sti"]["bands_hz"]) == len(results["sti"]["band_ti"]) == 7
    assert len(results["sti"]["mod_freqs_hz"]) == 14


async def test_displayed_metrics_are_complete_and_in_order(results: dict[str, Any]) -> None:
    metrics = results["display_metrics"]

    keys = {"key", "label", "value", "formatted_value", "unit", "description", "icon", "category"}
    assert all(keys <= set(metric) for metric in metrics)
    assert [metric["sort_order"] for metric in metrics] == list(range(len(metrics)))
    shown = [metric["key"] for metric in metrics]
    assert shown == [key for key in DISPLAYED if key in shown]


async def test_there_is_a_band_for_every_octave_and_a_reason_for_every_gap(
    results: dict[str, Any],
) -> None:
    bands = results["bands"]

    assert [band["center_hz"] for band in bands] == [63, 125, 250, 500, 1000, 2000, 4000, 8000]
    for band in bands:
        gaps = {name for name, value in band.items() if value is None}
        assert gaps <= set(band["reasons"])
        assert all(band["reasons"].values())


async def test_results_and_alignment_are_kept_in_the_job(
    laboratory: Laboratory, results: dict[str, Any]
) -> None:
    job = await laboratory.job()
    of_upload = await laboratory.client.get(f"/v1/jobs/{laboratory.job_id}/results/recording")
    analysis = json.loads((laboratory.folder / "results/analysis.json").read_bytes())
    alignment = json.loads((laboratory.folder / "results/alignment.json").read_bytes())

    assert job["results"] == results
    assert of_upload.json() == {"job_id": laboratory.job_id, "results": results}
    assert analysis == results
    assert alignment == results["alignment"]
    assert alignment["success"] is True
    assert alignment["audio_hash"] == laboratory.signal_hash
    assert alignment["latency_s"] == pytest.approx(LATENCY_S, abs=0.001)
    assert alignment["start_chirp"]["detected"] is True
    assert alignment["end_chirp"]["detected"] is True


async def test_what_results_came_from_is_kept_beside_them(
    laboratory: Laboratory, results: dict[str, Any], recording_file: bytes
) -> None:
    kept = json.loads((laboratory.folder / "results/by_upload/recording.json").read_bytes())
    response = (laboratory.folder / "responses/recording.wav").read_bytes()

    record = kept.pop("provenance")
    assert kept == results
    assert record["request"]["audio_hash"] == laboratory.signal_hash
    assert record["inputs"] == {"recording": sha256(recording_file).hexdigest()}
    assert record["signal"]["sample_rate_hz"] == RATE_HZ
    assert record["response_sha256"] == sha256(response).hexdigest()
    assert record["versions"]["numpy"] == np.__version__
    assert record["versions"]["analysis"] == results["version"]
    assert all(record["versions"].values())


async def test_the_response_is_kept_in_32_bit_with_the_direct_sound_where_it_is_said(
    laboratory: Laboratory, results: dict[str, Any]
) -> None:
    response, rate_hz = soundfile.read(laboratory.folder / "responses/recording.wav")
    info = soundfile.info(laboratory.folder / "responses/recording.wav")

    direct = results["drr"]["direct_index"]
    assert (info.subtype, rate_hz) == ("FLOAT", results["samplerate_hz"])
    assert abs(np.abs(response).argmax() - direct) <= 2
    assert results["rt"]["edc_db"]["n"] <= response.size


async def test_the_same_analysis_keeps_the_same_bytes(
    laboratory: Laboratory, results: dict[str, Any]
) -> None:
    response = (laboratory.folder / "responses/recording.wav").read_bytes()

    again = (await laboratory.analyse()).json()["results"]

    assert again == results
    assert (laboratory.folder / "responses/recording.wav").read_bytes() == response


async def test_each_recording_of_a_job_keeps_its_own_results(laboratory: Laboratory) -> None:
    for name, factor in (("near", 1.0), ("far", 0.1)):
        await laboratory.upload(name, audio_file(room_recording() * factor))
        await laboratory.analyse(recording_upload=name)

    job = await laboratory.job()
    near = await laboratory.client.get(f"/v1/jobs/{laboratory.job_id}/results/near")

    near_db = near.json()["results"]["quality"]["peak_db"]
    assert job["analysed"] == ["far", "near"]
    assert job["results"]["quality"]["peak_db"] == pytest.approx(near_db - 20, abs=0.1)


async def test_an_impulse_response_is_evaluated_as_it_is(laboratory: Laboratory) -> None:
    await laboratory.upload(RESPONSE, audio_file(room_response() * 0.9))

    answer = await laboratory.analyse(RESPONSE)

    assert answer.json()["results"]["rt"]["t30_s"] == pytest.approx(RT_S, rel=0.03)
    assert answer.json()["results"]["alignment"] is None


@pytest.mark.parametrize("played_rate_hz", [RATE_HZ, 48_000])
async def test_an_uploaded_reference_may_have_another_rate(
    laboratory: Laboratory, played_rate_hz: int
) -> None:
    heard = convolved(sweep(SignalSpec(RATE_HZ, 100, 6_500)), room_response())
    played = sweep(SignalSpec(played_rate_hz, 100, 6_500))
    await laboratory.upload("recording", audio_file(heard / np.abs(heard).max() * 0.8))
    await laboratory.upload("sweep_reference", audio_file(played, played_rate_hz))

    answer = await laboratory.analyse("sweep_deconvolution")

    assert answer.status_code == 200, answer.text
    assert answer.json()["results"]["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)


async def test_free_references_are_compared_at_48_khz_at_most(laboratory: Laboratory) -> None:
    played = sweep(SignalSpec(RATE_HZ, 100, 6_500))
    heard = convolved(played, room_response())
    fast = soxr.resample(heard / np.abs(heard).max() * 0.8, RATE_HZ, 192_000)
    await laboratory.upload("recording", audio_file(fast, 192_000))
    await laboratory.upload("sweep_reference", audio_file(played))

    results = (await laboratory.analyse("sweep_deconvolution")).json()["results"]

    assert results["samplerate_hz"] == 48_000
    assert results["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 96_000])
async def test_a_recording_may_have_any_rate(laboratory: Laboratory, rate_hz: int) -> None:
    recording = soxr.resample(room_recording(), RATE_HZ, rate_hz)
    await laboratory.upload("recording", audio_file(recording, rate_hz))

    answer = await laboratory.analyse()

    assert answer.status_code == 200, answer.text
    assert answer.json()["results"]["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)


@pytest.mark.parametrize(
    ("container", "subtype"),
    [
        ("FLAC", "PCM_24"),
        ("WAV", "FLOAT"),
        ("AIFF", "PCM_16"),
        ("CAF", "ALAC_24"),
        ("W64", "PCM_32"),
    ],
)
async def test_lossless_files_are_read_whatever_they_are_called(
    laboratory: Laboratory, container: str, subtype: str
) -> None:
    content = audio_file(room_response() * 0.9, format=container, subtype=subtype)
    await laboratory.upload("response.raw", content)

    answer = await laboratory.analyse(RESPONSE, impulse_response_upload="response.raw")

    assert answer.json()["results"]["rt"]["t20_s"] == pytest.approx(RT_S, rel=0.03)


async def test_channels_are_mixed_or_chosen(laboratory: Laboratory) -> None:
    response = room_response() * 0.9
    stereo = np.stack([np.zeros_like(response), response], axis=1)
    await laboratory.upload(RESPONSE, audio_file(stereo))

    mixed = await laboratory.analyse(RESPONSE)
    first = await laboratory.analyse(RESPONSE, channel=0)
    second = await laboratory.analyse(RESPONSE, channel=1)
    third = await laboratory.analyse(RESPONSE, channel=2)

    level_db = second.json()["results"]["quality"]["peak_db"]
    assert mixed.json()["results"]["quality"]["peak_db"] == pytest.approx(level_db - 6.02, abs=0.01)
    refusal_in(first, 422, "not_a_measurement")
    assert "Channel 2" in refusal_in(third, 422, "unprocessable")


async def test_channels_of_opposite_polarity_do_not_cancel(laboratory: Laboratory) -> None:
    response = room_response() * 0.9
    await laboratory.upload(RESPONSE, audio_file(np.stack([response, -response], axis=1)))

    answer = await laboratory.analyse(RESPONSE)

    assert answer.json()["results"]["rt"]["t30_s"] == pytest.approx(RT_S, rel=0.03)


async def test_flac_that_does_not_say_its_length_is_told_apart_from_a_long_one(
    laboratory: Laboratory,
) -> None:
    content = bytearray(audio_file(room_response() * 0.9))
    content[21] &= 0xF0  # the 36 bits of STREAMINFO that count the samples
    content[22:26] = bytes(4)
    await laboratory.upload(RESPONSE, bytes(content))

    answer = await laboratory.analyse(RESPONSE)

    assert "does not say how long it is" in refusal_in(answer, 422, "unprocessable")


async def test_flac_that_was_cut_off_is_told_so(laboratory: Laboratory) -> None:
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, 80_000)
    content = audio_file(noise)
    await laboratory.upload(RESPONSE, content[: len(content) // 2])

    answer = await laboratory.analyse(RESPONSE)

    assert "damaged or was cut off" in refusal_in(answer, 415, "unsupported_media")


async def test_noise_without_the_signal_fails_to_align_with_a_sentence(
    laboratory: Laboratory,
) -> None:
    noise = np.random.default_rng(3).standard_normal(17 * RATE_HZ) * 0.05
    await laboratory.upload("recording", audio_file(noise))

    answer = await laboratory.analyse()

    assert "record again" in refusal_in(answer, 422, "alignment_failed")
    assert "chirp_ratio" in answer.json()["details"]
    assert "results" not in await laboratory.job()


async def test_a_failed_analysis_keeps_earlier_results(
    laboratory: Laboratory, results: dict[str, Any]
) -> None:
    await laboratory.upload("silence", audio_file(np.zeros(17 * RATE_HZ)))

    answer = await laboratory.analyse(recording_upload="silence")

    refusal_in(answer, 422, "not_a_measurement")
    assert answer.json()["details"]["condition"] == "silent_recording"
    assert (await laboratory.job())["results"] == results


async def test_a_recording_that_ends_early_is_told_so(laboratory: Laboratory) -> None:
    await laboratory.upload("recording", audio_file(room_recording()[: 9 * RATE_HZ]))

    answer = await laboratory.analyse()

    refusal_in(answer, 422, "alignment_failed")
    assert answer.json()["details"]["condition"] == "recording_too_short"


@pytest.mark.parametrize(
    "source", ["impulse_response", "sweep_deconvolution", "sweep_deconvolution_generated"]
)
async def test_a_missing_upload_is_a_bad_request(laboratory: Laboratory, source: str) -> None:
    refusal_in(await laboratory.analyse(source), 400, "bad_request")


async def test_an_unknown_signal_is_a_bad_request(
    laboratory: Laboratory, recording_file: bytes
) -> None:
    await laboratory.upload("recording", recording_file)

    answer = await laboratory.analyse(audio_hash="0" * 64)

    assert "audio_hash" in refusal_in(answer, 400, "bad_request")


@pytest.mark.parametrize(
    "request_",
    [
        {"source": "telepathy"},
        {"audio_hash": None},
        {"audio_hash": "../../etc"},
        {"source": RESPONSE, "impulse_response_upload": "../map.json"},
        {"source": RESPONSE, "channel": 8},
        {"source": RESPONSE, "channel": -1},
    ],
)
async def test_a_request_of_another_shape_is_unprocessable(
    laboratory: Laboratory, request_: dict[str, Any]
) -> None:
    assert (await laboratory.analyse(**request_)).status_code == 422


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"this is no audio", 415),
        (bytes(5_000), 415),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", 415),
        (audio_file(np.zeros(100), format="WAV", subtype="IMA_ADPCM"), 415),
        (audio_file(np.zeros(100), format="AU", subtype="PCM_16"), 415),
        (audio_file(np.zeros(0), format="WAV"), 422),
        (audio_file(np.zeros((10, 9)), format="WAV"), 422),
        (audio_file(np.zeros(10), 7_999), 422),
        (audio_file(np.zeros(10), 192_001, format="WAV"), 422),
        (audio_file(np.zeros(181 * 8_000), 8_000), 422),
        (audio_file(np.array([0.5, np.nan]), format="WAV", subtype="FLOAT"), 422),
        (audio_file(np.array([0.5, 1e30]), format="WAV", subtype="DOUBLE"), 422),
    ],
)
async def test_what_is_no_usable_audio_is_refused_with_a_sentence(
    laboratory: Laboratory, content: bytes, status: int
) -> None:
    await laboratory.upload(RESPONSE, content)

    answer = await laboratory.analyse(RESPONSE)

    assert answer.status_code == status, answer.text
    assert answer.json()["detail"].endswith(".")
    assert not answer.json()["retryable"]
