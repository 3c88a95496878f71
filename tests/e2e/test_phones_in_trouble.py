"""Phones that vanish, never answer, or break off an upload."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from live_backend import LiveBackend
from party import SIGNAL_HASH, party_at
from wire import device


async def test_a_phone_that_comes_back_on_another_socket_learns_what_it_owes(
    backend: LiveBackend,
) -> None:
    async with party_at(backend.url, microphones=1) as party:
        speaker, (microphone,) = party.speaker, party.microphones
        await party.plan()
        await party.start()
        await party.all_tell([speaker, microphone], "ready")
        await microphone.leave()
        await party.tell(speaker, "speaker_audio_ready", audio_hash=SIGNAL_HASH)

        async with device(backend.url, microphone.device_id) as returned:
            lobby = await returned.answer("lobby.get", code=party.code)
            status = await returned.answer(
                "measurement.session_status", session_id=lobby["active_session_id"]
            )
            answer = await party.tell(returned, "recording_started")

        assert lobby["active_session_id"] == party.session_id
        assert status["pending_order"]["event"] == "measurement.start_recording"
        assert answer["status"] == "all_recording"


async def test_a_phone_that_never_answers_fails_the_turn_and_is_named(
    hurried_backend: LiveBackend,
) -> None:
    async with party_at(hurried_backend.url) as party:
        (first, silent) = party.microphones
        await party.plan()
        await party.start()
        await party.all_tell([party.speaker, first], "ready")

        for one in party.everybody:
            phase = await one.push_of("measurement.phase_update", phase="failed")
            error = await one.push_of("measurement.error")

            assert phase["phase_description"] == "Measurement failed"
            assert error == {
                "session_id": party.session_id,
                "error_device_id": None,
                "error_message": f"No 'ready' in time from: {silent.device_id}",
                "error_code": "timeout",
                "phase": "waiting_ready",
                "stage": "ready",
                "missing_device_ids": [silent.device_id],
                "retryable": True,
            }
        again = await party.start()
        assert again["current_speaker"]["device_id"] == party.speaker.device_id


async def test_a_late_answer_after_the_failure_is_a_conflict(
    hurried_backend: LiveBackend,
) -> None:
    async with party_at(hurried_backend.url, microphones=1) as party:
        await party.plan()
        await party.start()
        await party.speaker.push_of("measurement.error")

        late = await party.speaker.refusal("measurement.ready", session_id=party.session_id)

        assert late["code"] == "conflict"


async def test_an_upload_cut_in_the_middle_leaves_nothing(
    backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    job_id = (await http.post(f"{backend.url}/v1/jobs", json={"map": {}})).json()["job_id"]
    url = f"{backend.url}/v1/jobs/{job_id}"
    await http.post(f"{url}/uploads/kept.wav", files={"file": b"whole"})
    folder = Path(backend.environment["MEASUREMENT_DATA_DIR"])
    files = everything_in(folder / job_id)

    for name in ("cut.wav", "kept.wav"):
        upload = await half_an_upload(backend.url, f"/v1/jobs/{job_id}/uploads/{name}")
        await until(lambda: arriving_in(folder))
        upload.transport.abort()
        await until(lambda: not arriving_in(folder))

    assert everything_in(folder / job_id) == files
    job = (await http.get(url)).json()
    assert job["uploads"] == ["kept.wav"]
    assert (folder / job_id / "uploads" / "kept.wav").read_bytes() == b"whole"


def everything_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def arriving_in(folder: Path) -> bool:
    """Say whether an upload is on its way; a file that is lent to be looked at has its content."""
    sizes = []
    for path in (folder / ".incoming").iterdir():
        with suppress(FileNotFoundError):
            sizes.append(path.stat().st_size)
    return any(size != len(b"whole") for size in sizes)


async def half_an_upload(url: str, path: str) -> asyncio.StreamWriter:
    """Send a megabyte of an upload of two."""
    parts = urlsplit(url)
    _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {2 << 20}\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    writer.write(head.encode() + form + bytes(1 << 20))
    await writer.drain()
    return writer


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that nobody announces, like a file."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  a folder has no event to wait for
            await asyncio.sleep(0.01)


async def test_nothing_internal_is_in_any_error(
    fragile_backend: LiveBackend, http: httpx2.AsyncClient
) -> None:
    backend = fragile_backend
    async with device(backend.url) as one:
        errors = [
            await one.refusal("lobby.get"),
            await one.refusal("measurement.create_session", job_id="x"),
            await one.refusal("analysis.run", job_id="../..", source="impulse_response"),
        ]
    answers = [
        await http.get(f"{backend.url}/v1/jobs/{'x' * 300}"),
        await http.post(f"{backend.url}/v1/jobs", content=b"{"),
        await http.get(f"{backend.url}/v1/nothing"),
    ]

    for text in [*map(json.dumps, errors), *(answer.text for answer in answers)]:
        for secret in ("Traceback", 'File "', "127.0.0.1", "/tmp", "sqlalchemy", backend.token):  # noqa: S108  what must not be there
            assert secret not in text
