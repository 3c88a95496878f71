"""Jobs, uploads, the signal and analyses over HTTP, through the gateway."""

import hashlib
import io
from pathlib import Path
from uuid import UUID, uuid4

import httpx2
import pytest
import soundfile
from laboratory import RATE_HZ, RT_S, audio_file, room_recording, room_response
from live_backend import LiveBackend

MAP = {
    "room": {"vertices": [[0, 0], [4, 0], [4, 3]], "height_m": 2.5},
    "furniture": [{"kind": "table"}],
    "sources": [{"id": "s", "position": [1, 1, 1]}],
    "receivers": [{"id": "m", "position": [2, 2, 1.2]}],
    "meta": {"name": "living"},
}
GENERATED = "sweep_deconvolution_generated"


async def created(http: httpx2.AsyncClient, backend: LiveBackend, **body: object) -> str:
    answer = await http.post(f"{backend.url}/v1/jobs", json={"map": {}, **body})
    assert answer.status_code == 200, answer.text
    job_id: str = answer.json()["job_id"]
    return job_id


async def uploaded(
    http: httpx2.AsyncClient, backend: LiveBackend, job_id: str, name: str, content: bytes
) -> httpx2.Response:
    return await http.post(
        f"{backend.url}/v1/jobs/{job_id}/uploads/{name}", files={"file": (name, content)}
    )


async def analyzed(
    http: httpx2.AsyncClient, backend: LiveBackend, job_id: str, **body: object
) -> httpx2.Response:
    return await http.post(f"{backend.url}/v1/jobs/{job_id}/analyze", json=body)


async def test_a_job_keeps_its_map_its_meta_and_its_uploads(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = await created(
        http, backend, map=MAP | {"unknown": 1}, meta={"app": "web", "deep": [1, None]}
    )
    first = await uploaded(http, backend, job_id, "b.wav", b"12345")
    await uploaded(http, backend, job_id, "a.wav", b"1")
    replaced = await uploaded(http, backend, job_id, "b.wav", b"123")

    job = (await http.get(f"{backend.url}/v1/jobs/{job_id}")).json()

    assert str(UUID(job_id)) == job_id
    assert job["job_id"] == job_id
    assert job["map"] == MAP
    assert job["meta"] == {"app": "web", "deep": [1, None]}
    assert job["uploads"] == ["a.wav", "b.wav"]
    assert "results" not in job
    assert first.json() == {
        "job_id": job_id,
        "upload": "b.wav",
        "bytes": 5,
        "sha256": hashlib.sha256(b"12345").hexdigest(),
    }
    assert replaced.json()["bytes"] == 3


async def test_an_empty_map_is_a_map(backend: LiveBackend, http: httpx2.AsyncClient) -> None:
    job_id = await created(http, backend)

    job = (await http.get(f"{backend.url}/v1/jobs/{job_id}")).json()

    assert job["map"] == {
        "room": None,
        "furniture": [],
        "sources": [],
        "receivers": [],
        "meta": {},
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"map": None},
        {"map": 7},
        {"map": {"room": {"height_m": 0}}},
        {"map": {"sources": [{"id": "s"}]}},
        {"map": {}, "meta": []},
    ],
)
async def test_a_job_without_a_proper_map_is_422(
    backend: LiveBackend, http: httpx2.AsyncClient, body: object
) -> None:
    answer = await http.post(f"{backend.url}/v1/jobs", json=body)

    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], list)


@pytest.mark.parametrize("job_id", [str(uuid4()), "none", "%2e%2e", "a%00b"])
async def test_nothing_is_created_by_reading_or_uploading(
    backend: LiveBackend, http: httpx2.AsyncClient, job_id: str
) -> None:
    read = await http.get(f"{backend.url}/v1/jobs/{job_id}")
    upload = await uploaded(http, backend, job_id, "a.wav", b"1")
    analysis = await analyzed(http, backend, job_id, source="impulse_response")
    again = await http.get(f"{backend.url}/v1/jobs/{job_id}")

    # An id that is no plain path segment does not get through the gateway at all.
    expected = {400} if "%" in job_id else {404}
    assert {one.status_code for one in (read, upload, analysis, again)} == expected


@pytest.mark.parametrize("name", [".hidden", "-a", "a b", "ä.wav", "x" * 129, "a$", "a*"])
async def test_an_upload_needs_a_harmless_name(
    backend: LiveBackend, http: httpx2.AsyncClient, name: str
) -> None:
    job_id = await created(http, backend)

    answer = await uploaded(http, backend, job_id, name, b"1")

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad_request"


async def test_an_upload_needs_the_field_file(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = await created(http, backend)
    url = f"{backend.url}/v1/jobs/{job_id}/uploads/a.wav"

    other_field = await http.post(url, files={"sound": ("a.wav", b"1")})
    no_form = await http.post(url, content=b"1")

    assert other_field.status_code == 422
    assert no_form.status_code == 422


async def test_an_upload_over_the_limit_is_413_and_leaves_nothing(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = await created(http, backend)
    limit_bytes = int(backend.environment["MEASUREMENT_MAX_UPLOAD_MB"]) << 20

    within = await uploaded(http, backend, job_id, "within", bytes(limit_bytes))
    beyond = await uploaded(http, backend, job_id, "beyond", bytes(limit_bytes + 1))

    assert within.status_code == 200
    assert beyond.status_code == 413
    assert beyond.json()["code"] == "too_large"
    job = (await http.get(f"{backend.url}/v1/jobs/{job_id}")).json()
    assert job["uploads"] == ["within"]


async def test_an_upload_in_pieces_goes_on_where_it_was_broken_off(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = await created(http, backend)
    url = f"{backend.url}/v1/jobs/{job_id}/uploads/pieces"

    first = await http.patch(url, content=b"one ", headers={"Upload-Offset": "0"})
    asked = await http.head(url)
    wrong = await http.patch(url, content=b"x", headers={"Upload-Offset": "1"})
    last = await http.patch(
        url,
        content=b"two",
        headers={"Upload-Offset": asked.headers["Upload-Offset"], "Upload-Complete": "?1"},
    )

    assert first.status_code == last.status_code == 204
    assert asked.headers["Upload-Offset"] == "4"
    assert asked.headers["Upload-Complete"] == "?0"
    assert wrong.status_code == 409
    assert last.headers["X-Upload-SHA256"] == hashlib.sha256(b"one two").hexdigest()
    job = (await http.get(f"{backend.url}/v1/jobs/{job_id}")).json()
    assert job["uploads"] == ["pieces"]


# --- the signal ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate_hz", "form", "media_type"),
    [(8000, "wav", "audio/wav"), (48000, "wav", "audio/wav"), (16000, "flac", "audio/flac")],
)
async def test_the_signal_has_its_documented_headers_length_and_format(
    backend: LiveBackend, http: httpx2.AsyncClient, rate_hz: int, form: str, media_type: str
) -> None:
    answer = await http.get(
        f"{backend.url}/v1/measurement/audio",
        params={"sample_rate": rate_hz, "format": form, "session_id": "s-1"},
    )

    assert answer.status_code == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["x-duration-seconds"] == "15.0"
    assert answer.headers["x-sample-rate"] == str(rate_hz)
    assert answer.headers["x-audio-hash"] == hashlib.sha256(answer.content).hexdigest()
    disposition = answer.headers["content-disposition"]
    assert disposition == f'attachment; filename="measurement_s-1.{form}"'
    audio = soundfile.info(io.BytesIO(answer.content))
    assert (audio.samplerate, audio.frames, audio.channels) == (rate_hz, 15 * rate_hz, 1)
    assert (audio.format, audio.subtype) == (form.upper(), "PCM_16")


async def test_the_same_signal_is_the_same_bytes_whoever_asks(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    url = f"{backend.url}/v1/measurement/audio"

    one = await http.get(url, params={"sample_rate": 8000})
    other = await http.get(url, params={"sample_rate": 8000, "session_id": "another"})
    narrower = await http.get(url, params={"sample_rate": 8000, "sweep_f_start": 200})

    assert one.content == other.content
    assert one.content != narrower.content
    assert one.headers["content-disposition"] == 'attachment; filename="measurement_signal.wav"'


WRONG_SIGNALS = [
    {"sample_rate": "7999"},
    {"sample_rate": "192001"},
    {"sample_rate": "fast"},
    {"format": "mp3"},
    {"sweep_f_start": "19"},
    {"sweep_f_end": "20001"},
    {"sweep_f_start": "nan"},
]


@pytest.mark.parametrize("query", WRONG_SIGNALS)
async def test_a_signal_that_cannot_be_is_422(
    backend: LiveBackend, http: httpx2.AsyncClient, query: dict[str, str]
) -> None:
    answer = await http.get(f"{backend.url}/v1/measurement/audio", params=query)

    assert answer.status_code == 422


async def test_the_timeline_is_as_documented(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    answer = await http.get(f"{backend.url}/v1/measurement/audio/info")

    info = answer.json()
    chirp = {"type": "chirp", "f_start": 2000.0, "f_end": 10000.0}
    assert info["segments"] == [
        chirp | {"name": "sync_chirp_start", "start": 0.0, "end": 0.5},
        {"name": "post_sync_silence", "type": "silence", "start": 0.5, "end": 2.5},
        {
            "name": "measurement_sweep",
            "type": "sweep",
            "start": 2.5,
            "end": 12.5,
            "f_start": 20.0,
            "f_end": 20000.0,
        },
        {"name": "reverb_tail", "type": "silence", "start": 12.5, "end": 14.5},
        chirp | {"name": "sync_chirp_end", "start": 14.5, "end": 15.0},
    ]
    del info["segments"]
    assert info["sample_rate"] == 48000
    assert info["total_duration"] == 15.0
    assert (info["sweep_start"], info["sweep_end"]) == (2.5, 12.5)
    assert set(info) == {
        "sample_rate",
        "total_duration",
        "sweep_start",
        "sweep_end",
        "recommended_recording_start",
        "recommended_recording_end",
    }


# --- analyses ------------------------------------------------------------------------------------

RESULT_KEYS = {
    "version": None,
    "samplerate_hz": None,
    "rt": {"rt60_s", "edt_s", "t20_s", "t30_s", "t20_rt60_s", "t30_rt60_s", "edc_db"},
    "clarity": {"c50_db", "c80_db", "d50", "d80"},
    "drr": {"drr_db", "direct_to_late_db", "direct_index"},
    "quality": {
        *("snr_db", "peak_db", "noise_floor_db", "clipped_samples"),
        *("grade", "findings", "summary"),
    },
    "frequency_response": {"bands_hz", "magnitude_db"},
    "sti": {
        *("sti", "sti_male", "sti_female", "bands_hz", "band_ti", "mod_freqs_hz", "note"),
        *("modulation", "is_level_independent", "uncertainty"),
    },
    "display_metrics": None,
    "bands": None,
    "distortion": None,
    "uncertainty": None,
    "alignment": None,
}
ICONS = {
    "rt60": ("RT60", "s", "timer", "reverberation"),
    "edt": ("EDT", "s", "speed", "reverberation"),
    "sti": ("STI", "", "record_voice_over", "intelligibility"),
    "c50": ("C50", "dB", "hearing", "clarity"),
    "c80": ("C80", "dB", "music_note", "clarity"),
    "d50": ("D50", "%", "graphic_eq", "clarity"),
    "drr": ("DRR", "dB", "surround_sound", "spatial"),
    "snr": ("SNR", "dB", "signal_cellular_alt", "quality"),
}


async def test_all_three_sources_give_the_documented_results_and_agree(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    signal = await http.get(f"{backend.url}/v1/measurement/audio", params={"sample_rate": RATE_HZ})
    audio_hash = signal.headers["x-audio-hash"]
    job_id = await created(http, backend)
    await uploaded(http, backend, job_id, "recording", audio_file(room_recording()))
    await uploaded(http, backend, job_id, "sweep_reference", signal.content)
    await uploaded(http, backend, job_id, "impulse_response", audio_file(room_response()))

    answers = [
        await analyzed(http, backend, job_id, source="impulse_response"),
        await analyzed(http, backend, job_id, source="sweep_deconvolution"),
        await analyzed(http, backend, job_id, source=GENERATED, audio_hash=audio_hash),
    ]

    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == {"job_id", "results"}
        results = answer.json()["results"]
        assert_documented(results)
        assert results["rt"]["rt60_s"] == pytest.approx(RT_S, rel=0.05)
    job = (await http.get(f"{backend.url}/v1/jobs/{job_id}")).json()
    assert job["results"] == answers[-1].json()["results"]
    folder = Path(backend.environment["MEASUREMENT_DATA_DIR"])
    kept = {path.name for path in (folder / job_id).rglob("*") if path.is_file()}
    assert {"map.json", "job_meta.json", "analysis.json", "alignment.json"} <= kept
    reference = folder / "references" / audio_hash[:8] / audio_hash
    assert {"metadata.json", "chirp.wav", "sweep.wav", "full_signal.wav"} <= {
        path.name for path in reference.iterdir()
    }


async def test_all_recordings_give_the_documented_results_and_the_mean_of_their_positions(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    signal = await http.get(f"{backend.url}/v1/measurement/audio", params={"sample_rate": RATE_HZ})
    job_id = await created(http, backend)
    for name, factor in (("near", 1.0), ("far", 0.01), ("silent", 0.0)):
        await uploaded(http, backend, job_id, name, audio_file(room_recording() * factor))

    answer = await analyzed(
        http, backend, job_id, source="all", audio_hash=signal.headers["x-audio-hash"]
    )

    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    positions, spatial = results.pop("positions"), results.pop("spatial")
    assert_documented(results)
    assert [each["uploads"] for each in positions] == [["far"], ["near"], ["silent"]]
    assert positions[2]["refusal"]["code"] == "not_a_measurement"
    for position in positions[:2]:
        assert_documented(position["results"])
    assert spatial["mid"]["t20_s"]["positions"] == 2
    assert results["rt"]["t20_s"] == spatial["mid"]["t20_s"]["mean"]


def assert_documented(results: dict[str, object]) -> None:
    """Fail unless results have every documented group, name and order."""
    assert set(results) == set(RESULT_KEYS)
    for group, names in RESULT_KEYS.items():
        if names is not None:
            assert set(results[group]) == names, group  # type: ignore[call-overload]
    response = results["frequency_response"]
    assert isinstance(response, dict)
    assert len(response["bands_hz"]) == len(response["magnitude_db"]) == 64
    bands = results["bands"]
    assert isinstance(bands, list)
    assert [band["center_hz"] for band in bands] == [63, 125, 250, 500, 1000, 2000, 4000, 8000]
    for band in bands:
        for name, value in band.items():
            assert value is not None or name in band["reasons"], (band["center_hz"], name)
    shown = results["display_metrics"]
    assert isinstance(shown, list)
    assert [one["sort_order"] for one in shown] == list(range(len(shown)))
    assert [one["key"] for one in shown] == [
        key for key in ICONS if key in {one["key"] for one in shown}
    ]
    for one in shown:
        assert (one["label"], one["unit"], one["icon"], one["category"]) == ICONS[one["key"]]
        factor = 100 if one["unit"] == "%" else 1
        assert float(one["formatted_value"]) == pytest.approx(one["value"] * factor, abs=0.51)


REFUSED = [
    ({}, 422),
    ({"source": "tea_leaves"}, 422),
    ({"source": GENERATED}, 422),
    ({"source": GENERATED, "audio_hash": "short"}, 422),
    ({"source": GENERATED, "audio_hash": "0" * 64}, 400),
    ({"source": "impulse_response"}, 400),
    ({"source": "sweep_deconvolution"}, 400),
    ({"source": "impulse_response", "impulse_response_upload": "../map.json"}, 422),
    ({"source": "impulse_response", "impulse_response_upload": "noise"}, 415),
    ({"source": "impulse_response", "impulse_response_upload": "silence"}, 422),
]


@pytest.fixture(scope="module")
def silence() -> bytes:
    """Give two seconds of nothing."""
    return audio_file(0 * room_recording()[: 2 * RATE_HZ])


@pytest.mark.parametrize(("body", "status"), REFUSED)
async def test_what_cannot_be_analysed_is_refused_with_a_sentence(
    backend: LiveBackend,
    http: httpx2.AsyncClient,
    silence: bytes,
    body: dict[str, object],
    status: int,
) -> None:
    job_id = await created(http, backend)
    await uploaded(http, backend, job_id, "noise", b"this is no audio at all")
    await uploaded(http, backend, job_id, "silence", silence)

    answer = await analyzed(http, backend, job_id, **body)

    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    assert answer.json()["code"] != "internal"


async def test_a_recording_without_the_signal_is_alignment_failed(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    signal = await http.get(f"{backend.url}/v1/measurement/audio?sample_rate={RATE_HZ}")
    job_id = await created(http, backend)
    response = room_recording()[-4 * RATE_HZ : -2 * RATE_HZ]
    await uploaded(http, backend, job_id, "recording", audio_file(response))

    answer = await analyzed(
        http, backend, job_id, source=GENERATED, audio_hash=signal.headers["x-audio-hash"]
    )

    assert answer.status_code == 422
    assert answer.json()["code"] in {"alignment_failed", "not_a_measurement"}
    job = (await http.get(f"{backend.url}/v1/jobs/{job_id}")).json()
    assert "results" not in job
