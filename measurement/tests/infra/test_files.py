import asyncio
import os
from pathlib import Path

import pytest
from bucket import Bucket

from sonalyze_measurement.domain.conditions import NotStored
from sonalyze_measurement.domain.files import StoredFile
from sonalyze_measurement.infra.objects import ObjectFiles
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.stores import open_files

MIB = 1 << 20
KEY = "6f1b6c6e-8f7c-4c59-9d53-5d0f3f9a1a11/uploads/recording.wav"


async def content_of(files: ObjectFiles, key: str = KEY) -> bytes:
    return b"".join([piece async for piece in files.stream(key)])


async def keys_in(files: ObjectFiles, prefix: str = "") -> list[str]:
    return sorted([file.key async for file in files.under(prefix)])


async def stored(files: ObjectFiles, key: str = KEY) -> StoredFile:
    file = await files.head(key)
    assert file is not None
    return file


def scratch_file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / ".incoming" / "staged"
    path.write_bytes(content)
    return path


async def test_what_was_put_is_read_again(files: ObjectFiles) -> None:
    await files.put(KEY, b"first")
    await files.put(KEY, b"second")

    assert await files.read(KEY) == b"second"
    assert await content_of(files) == b"second"
    assert (await stored(files)).size_bytes == 6


async def test_a_large_file_comes_back_under_the_version_that_was_told(
    files: ObjectFiles, tmp_path: Path
) -> None:
    content = os.urandom(11 * MIB + 7)

    version = await files.publish(scratch_file(tmp_path, content), KEY)

    assert await content_of(files) == content
    assert version == (await stored(files)).version


@pytest.mark.parametrize("files", ["folder", "bucket"], indirect=True)
async def test_no_piece_of_a_large_file_is_large(files: ObjectFiles, tmp_path: Path) -> None:
    await files.publish(scratch_file(tmp_path, bytes(11 * MIB)), KEY)

    pieces = [len(piece) async for piece in files.stream(KEY)]

    assert max(pieces) < 2 * MIB


async def test_another_content_has_another_version(files: ObjectFiles, tmp_path: Path) -> None:
    first = await files.publish(scratch_file(tmp_path, b"first"), KEY)
    second = await files.publish(scratch_file(tmp_path, b"other"), KEY)

    assert first != second


async def test_what_is_not_there_is_not_stored(files: ObjectFiles) -> None:
    assert await files.head(KEY) is None
    with pytest.raises(NotStored):
        await files.read(KEY)
    with pytest.raises(NotStored):
        await content_of(files)
    with pytest.raises(NotStored):
        async with files.lend(KEY):
            pass


async def test_only_what_lies_below_a_whole_part_of_the_path_is_found(files: ObjectFiles) -> None:
    for key in ("a/b/1", "a/b/c/2", "a/bc/3", "d/4"):
        await files.put(key, b"x")

    assert await keys_in(files, "a/b") == ["a/b/1", "a/b/c/2"]
    assert await keys_in(files, "nowhere") == []
    assert await keys_in(files) == ["a/b/1", "a/b/c/2", "a/bc/3", "d/4"]


async def test_deleting_twice_is_deleting_once(files: ObjectFiles) -> None:
    await files.put(KEY, b"x")

    await files.delete(KEY)
    await files.delete(KEY)

    assert await keys_in(files) == []


async def test_a_version_is_replaced_only_while_it_is_there(files: ObjectFiles) -> None:
    await files.put(KEY, b"first")
    first = await stored(files)
    await files.put(KEY, b"second")
    second = await stored(files)

    assert not await files.replace(first, b"")
    assert await files.read(KEY) == b"second"
    assert await files.replace(second, b"")
    assert (await stored(files)).size_bytes == 0


async def test_what_is_gone_is_not_replaced(files: ObjectFiles) -> None:
    await files.put(KEY, b"first")
    first = await stored(files)
    await files.delete(KEY)

    assert not await files.replace(first, b"")
    assert await files.head(KEY) is None


async def test_a_lent_copy_stays_as_it_was_and_goes_in_the_end(
    files: ObjectFiles, tmp_path: Path
) -> None:
    await files.put(KEY, b"first")

    async with files.lend(KEY) as path:
        await files.put(KEY, b"second")
        lent = path.read_bytes()

    assert lent == b"first"
    assert path.as_posix().endswith(KEY)
    assert list((tmp_path / ".incoming").iterdir()) == []
    assert await files.read(KEY) == b"second"


async def test_readers_see_one_whole_content_or_the_other(files: ObjectFiles) -> None:
    contents = [bytes([number]) * 300_000 for number in range(6)]
    await files.put(KEY, contents[0])

    writing = [asyncio.create_task(files.put(KEY, content)) for content in contents]
    seen = []
    while not all(task.done() for task in writing):
        seen.append(await files.read(KEY))
    await asyncio.gather(*writing)

    assert seen
    assert all(content in contents for content in seen)


@pytest.mark.parametrize("rounds", [0, 1, 5])
async def test_a_cancelled_publication_leaves_all_or_nothing(
    files: ObjectFiles, tmp_path: Path, rounds: int
) -> None:
    content = os.urandom(11 * MIB)
    path = scratch_file(tmp_path, content)

    publication = asyncio.create_task(files.publish(path, KEY))
    for _ in range(rounds):
        await asyncio.to_thread(path.parent.exists)
    publication.cancel()
    await asyncio.gather(publication, return_exceptions=True)

    file = await files.head(KEY)
    assert file is None or await content_of(files) == content


async def test_a_probe_tells_that_files_can_be_kept(files: ObjectFiles) -> None:
    await files.probe()


@pytest.mark.parametrize(
    ("files", "reference"),
    [("folder", f"file:{KEY}"), ("bucket", f"s3://recordings/laboratory/{KEY}")],
    indirect=["files"],
)
async def test_a_reference_says_where_a_file_is(files: ObjectFiles, reference: str) -> None:
    assert files.reference_to(KEY) == reference


async def test_an_empty_variable_of_the_bucket_is_as_good_as_none(
    bucket: Bucket, tmp_path: Path, staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.setenv(name, "")
    files = open_files(bucket.url, tmp_path, staging, allow_http=True)

    await files.put(KEY, b"content")

    assert await files.read(KEY) == b"content"
