import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

MIB = 1 << 20
LIMIT = 2 * MIB


def upload_path(job_id: str, name: str = "recording.wav") -> str:
    return f"/v1/jobs/{job_id}/uploads/{name}"


def form_of(content: bytes, *, is_complete: bool = True) -> bytes:
    head = b'--frontier\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    return head + content + (b"\r\n--frontier--\r\n" if is_complete else b"")


FORM = {"Content-Type": "multipart/form-data; boundary=frontier"}


async def test_an_upload_is_answered_with_its_size_and_hash(
    client: httpx2.AsyncClient, job_id: str, data_dir: Path
) -> None:
    content = bytes(range(256)) * 40

    answer = await client.post(upload_path(job_id), files={"file": ("my take.wav", content)})

    assert answer.status_code == 200
    assert answer.json() == {
        "job_id": job_id,
        "upload": "recording.wav",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert (data_dir / job_id / "uploads/recording.wav").read_bytes() == content


async def test_a_job_lists_its_uploads_sorted(client: httpx2.AsyncClient, job_id: str) -> None:
    for name in ("b", "a.wav", "C"):
        await client.post(upload_path(job_id, name), files={"file": b"x"})

    job = await client.get(f"/v1/jobs/{job_id}")

    assert job.json()["uploads"] == ["C", "a.wav", "b"]


async def test_the_same_name_replaces(
    client: httpx2.AsyncClient, job_id: str, data_dir: Path
) -> None:
    await client.post(upload_path(job_id), files={"file": b"first"})

    answer = await client.post(upload_path(job_id), files={"file": b"second take"})

    assert answer.json()["bytes"] == 11
    assert (data_dir / job_id / "uploads/recording.wav").read_bytes() == b"second take"


async def test_concurrent_uploads_of_one_name_leave_one_of_them_whole(
    client: httpx2.AsyncClient, job_id: str, data_dir: Path
) -> None:
    contents = [bytes([number]) * 300_000 for number in range(8)]

    answers = await asyncio.gather(
        *(client.post(upload_path(job_id), files={"file": content}) for content in contents)
    )

    stored = (data_dir / job_id / "uploads/recording.wav").read_bytes()
    known = await client.head(upload_path(job_id))
    assert {answer.status_code for answer in answers} == {200}
    assert stored in contents
    assert known.headers["X-Upload-SHA256"] == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize(
    "name", [".hidden", "a%20b", "a%2fb", "..%2f..%2fmap.json", "%2e%2e", "-a", "a" * 129, "%00"]
)
async def test_a_bad_name_is_refused_and_nothing_is_written(
    client: httpx2.AsyncClient, job_id: str, files_in_data: Callable[[], list[str]], name: str
) -> None:
    before = files_in_data()

    answer = await client.post(upload_path(job_id, name), files={"file": b"x"})

    assert answer.status_code == 400
    assert files_in_data() == before


async def test_a_file_of_exactly_the_limit_is_taken(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    answer = await client.post(upload_path(job_id), files={"file": bytes(LIMIT)})

    assert answer.status_code == 200


async def test_a_file_above_the_limit_is_refused_and_leaves_nothing(
    client: httpx2.AsyncClient, job_id: str, files_in_data: Callable[[], list[str]]
) -> None:
    before = files_in_data()

    answer = await client.post(upload_path(job_id), files={"file": bytes(LIMIT + 1)})

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"
    assert files_in_data() == before


async def test_an_endless_file_is_refused_when_the_limit_is_reached(
    client: httpx2.AsyncClient, job_id: str, files_in_data: Callable[[], list[str]]
) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield form_of(b"", is_complete=False)
        while True:
            sent += 65_536
            yield bytes(65_536)

    before = files_in_data()
    answer = await client.post(upload_path(job_id), content=endless(), headers=FORM)

    assert answer.status_code == 413
    assert sent <= LIMIT + 2 * 65_536
    assert files_in_data() == before


async def test_an_endless_other_field_is_refused_too(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b'--frontier\r\nContent-Disposition: form-data; name="note"\r\n\r\n'
        while True:
            yield bytes(65_536)

    answer = await client.post(upload_path(job_id), content=endless(), headers=FORM)

    assert answer.status_code == 413


async def test_a_form_that_ends_early_leaves_nothing(
    client: httpx2.AsyncClient, job_id: str, files_in_data: Callable[[], list[str]]
) -> None:
    before = files_in_data()

    answer = await client.post(
        upload_path(job_id), content=form_of(b"half", is_complete=False), headers=FORM
    )

    assert answer.status_code == 400
    assert files_in_data() == before


async def test_a_failed_upload_leaves_the_earlier_one(
    client: httpx2.AsyncClient, job_id: str, data_dir: Path
) -> None:
    await client.post(upload_path(job_id), files={"file": b"first"})

    await client.post(upload_path(job_id), files={"file": bytes(LIMIT + 1)})

    assert (data_dir / job_id / "uploads/recording.wav").read_bytes() == b"first"


@pytest.mark.parametrize(
    "how",
    [
        {"files": {"data": b"x"}},
        {"json": {"file": "x"}},
        {"content": b"RIFF", "headers": {"Content-Type": "audio/wav"}},
        {"content": b""},
        {"files": {"file": b""}},
    ],
)
async def test_no_file_is_unprocessable(
    client: httpx2.AsyncClient, job_id: str, how: dict[str, object]
) -> None:
    answer = await client.post(upload_path(job_id), **how)  # type: ignore[arg-type]  # as written

    assert answer.status_code == 422
    assert "file" in answer.json()["detail"]


async def test_a_job_holds_so_many_uploads_and_no_more(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    for number in range(4):
        await client.post(upload_path(job_id, f"r{number}"), files={"file": b"x"})

    one_more = await client.post(upload_path(job_id, "r4"), files={"file": b"x"})
    replaced = await client.post(upload_path(job_id, "r3"), files={"file": b"y"})

    assert one_more.status_code == 413
    assert replaced.status_code == 200


async def test_an_upload_in_pieces_is_whole_with_the_last(
    client: httpx2.AsyncClient, job_id: str, data_dir: Path
) -> None:
    content = bytes(range(256)) * 100
    first, second = content[:10_000], content[10_000:]

    begun = await client.patch(upload_path(job_id), content=first, headers={"Upload-Offset": "0"})
    hidden = await client.get(f"/v1/jobs/{job_id}")
    asked = await client.head(upload_path(job_id))
    ended = await client.patch(
        upload_path(job_id),
        content=second,
        headers={"Upload-Offset": "10000", "Upload-Complete": "?1"},
    )

    assert begun.status_code == 204
    assert begun.headers["Upload-Complete"] == "?0"
    assert hidden.json()["uploads"] == []
    assert asked.headers["Upload-Offset"] == "10000"
    assert ended.headers["Upload-Complete"] == "?1"
    assert ended.headers["X-Upload-SHA256"] == hashlib.sha256(content).hexdigest()
    assert (data_dir / job_id / "uploads/recording.wav").read_bytes() == content


async def test_an_announced_length_completes_by_itself(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    headers = {"Upload-Offset": "0", "Upload-Length": "4"}

    answer = await client.patch(upload_path(job_id), content=b"RIFF", headers=headers)

    assert answer.headers["Upload-Complete"] == "?1"
    assert answer.headers["Upload-Length"] == "4"


async def test_a_piece_at_another_offset_is_told_where_to_go_on(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    await client.patch(upload_path(job_id), content=b"12345", headers={"Upload-Offset": "0"})

    answer = await client.patch(upload_path(job_id), content=b"x", headers={"Upload-Offset": "3"})

    assert answer.status_code == 409
    assert answer.json()["details"]["offset"] == 5


async def test_what_arrived_before_the_client_stalled_stays(
    client: httpx2.AsyncClient, app: FastAPI, job_id: str
) -> None:
    app.state.services.jobs._idle_s = 0.05

    async def stalling() -> AsyncIterator[bytes]:
        yield b"12345"
        await asyncio.Event().wait()

    refused = await client.patch(
        upload_path(job_id), content=stalling(), headers={"Upload-Offset": "0"}
    )
    asked = await client.head(upload_path(job_id))

    assert refused.status_code == 400
    assert asked.headers["Upload-Offset"] == "5"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"Upload-Offset": "-1"}, 422),
        ({"Upload-Offset": "0", "Upload-Complete": "yes"}, 422),
        ({"Upload-Offset": "0", "Upload-Length": str(LIMIT + 1)}, 413),
        ({"Upload-Offset": "0", "Upload-Length": "2"}, 400),
        ({"Upload-Offset": "0", "Upload-Length": "9", "Upload-Complete": "?1"}, 400),
    ],
)
async def test_contradictions_between_pieces_are_refused(
    client: httpx2.AsyncClient, job_id: str, headers: dict[str, str], status: int
) -> None:
    answer = await client.patch(upload_path(job_id), content=b"12345", headers=headers)

    assert answer.status_code == status


async def test_head_tells_of_a_whole_upload_after_a_restart_too(
    client: httpx2.AsyncClient, job_id: str, data_dir: Path
) -> None:
    await client.post(upload_path(job_id), files={"file": b"content"})
    (data_dir / job_id / "checksums/recording.wav.json").unlink()

    answer = await client.head(upload_path(job_id))

    assert answer.status_code == 204
    assert answer.headers["Upload-Offset"] == "7"
    assert answer.headers["X-Upload-SHA256"] == hashlib.sha256(b"content").hexdigest()


async def test_head_of_what_was_never_begun_is_not_found(
    client: httpx2.AsyncClient, job_id: str
) -> None:
    assert (await client.head(upload_path(job_id))).status_code == 404
