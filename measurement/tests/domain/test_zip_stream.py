"""A ZIP as a stream, read by others' readers."""

import hashlib
import io
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_measurement.domain.zip_stream import ZipStream

MOMENT = datetime(2026, 5, 4, 3, 2, 0, tzinfo=UTC)


def packed(files: dict[str, list[bytes]], moment: datetime = MOMENT) -> bytes:
    stream, content = ZipStream(), b""
    for path, pieces in files.items():
        with stream.file(path, sum(map(len, pieces)), moment) as file:
            content += b"".join([file.write(piece) for piece in pieces])
    return content + stream.end()


@given(st.dictionaries(st.text("abc/.", min_size=1), st.lists(st.binary(max_size=99)), max_size=5))
def test_what_was_packed_is_read_back(files: dict[str, list[bytes]]) -> None:
    with zipfile.ZipFile(io.BytesIO(packed(files))) as whole:
        assert whole.testzip() is None
        assert {name: whole.read(name) for name in whole.namelist()} == {
            path: b"".join(pieces) for path, pieces in files.items()
        }


def test_each_piece_comes_out_when_it_went_in() -> None:
    stream, piece = ZipStream(), bytes(1 << 16)

    with stream.file("a", 3 * len(piece), MOMENT) as file:
        sizes = [len(file.write(piece)) for _ in range(3)]

    assert sizes[1:] == [len(piece)] * 2


def test_a_file_is_counted_and_hashed_on_its_way() -> None:
    with ZipStream().file("a", 4, MOMENT) as file:
        file.write(b"so")
        file.write(b"na")

    found = file.packed()
    assert (found.path, found.size_bytes) == ("a", 4)
    assert found.sha256 == hashlib.sha256(b"sona").hexdigest()


def test_without_its_end_it_is_no_zip() -> None:
    whole = packed({"a": [b"content"], "b": [b"more"]})

    for length in range(len(whole)):
        assert not zipfile.is_zipfile(io.BytesIO(whole[:length]))


def test_a_file_above_4_gib_is_announced_as_such() -> None:
    stream = ZipStream()
    with stream.file("large", 5 << 30, MOMENT) as file:
        content = file.write(b"not really")
    content += stream.end()

    with zipfile.ZipFile(io.BytesIO(content)) as whole:
        assert content[4] == zipfile.ZIP64_VERSION
        assert whole.read("large") == b"not really"


@pytest.mark.parametrize(("year", "written"), [(1970, 1980), (2026, 2026), (2200, 2107)])
def test_a_date_that_no_zip_can_hold_is_the_nearest_that_it_can(year: int, written: int) -> None:
    with zipfile.ZipFile(io.BytesIO(packed({"a": [b""]}, MOMENT.replace(year=year)))) as whole:
        assert whole.getinfo("a").date_time == (written, 5, 4, 3, 2, 0)
