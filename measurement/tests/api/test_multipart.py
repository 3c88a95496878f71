from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_measurement.api.multipart import file_chunks
from sonalyze_measurement.domain.conditions import FileFieldMissing, MalformedUpload

TYPE = "multipart/form-data; boundary=frontier"


def form(content: bytes, field: str = "file") -> bytes:
    return (
        b'--frontier\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b"--frontier\r\nContent-Disposition: form-data; "
        + f'name="{field}"; filename="a.wav"\r\n'.encode()
        + b"Content-Type: audio/wav\r\n\r\n"
        + content
        + b"\r\n--frontier--\r\n"
    )


async def pieces_of(body: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def read(body: bytes, size: int = 64, content_type: str = TYPE) -> bytes:
    return b"".join([chunk async for chunk in file_chunks(content_type, pieces_of(body, size))])


@given(
    content=st.binary(max_size=300)
    | st.lists(st.sampled_from([b"\r\n", b"--", b"frontier", b"\r\n--frontie", b"x"])).map(
        b"".join
    ),
    size=st.integers(1, 200),
)
async def test_the_file_arrives_unchanged_however_the_body_is_cut(
    content: bytes, size: int
) -> None:
    if b"\r\n--frontier" in b"\r\n" + content:
        return

    assert await read(form(content), size) == content


@given(st.binary(max_size=400), st.integers(1, 100))
async def test_any_other_body_is_refused_with_a_sentence(body: bytes, size: int) -> None:
    with pytest.raises((MalformedUpload, FileFieldMissing)):
        await read(body, size)


@given(st.integers(1, len(form(b"content")) - 3))
async def test_a_form_that_ends_early_is_refused(length: int) -> None:
    with pytest.raises(MalformedUpload):
        await read(form(b"content")[:length])


async def test_a_form_without_the_field_is_told_which_one() -> None:
    with pytest.raises(FileFieldMissing, match="'file'"):
        await read(form(b"content", field="data"))


async def test_two_files_are_one_too_many() -> None:
    part = b'--frontier\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n'

    with pytest.raises(MalformedUpload, match="more than one"):
        await read(part + part + b"--frontier--\r\n")


@pytest.mark.parametrize("content_type", ["", "audio/wav", "application/json", "\x00"])
async def test_what_is_no_form_has_no_file(content_type: str) -> None:
    with pytest.raises(FileFieldMissing):
        await read(b"RIFF", content_type=content_type)


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 300}"]
)
async def test_a_form_needs_a_boundary(content_type: str) -> None:
    with pytest.raises(MalformedUpload):
        await read(form(b"content"), content_type=content_type)
