"""The three kinds of store."""

from pathlib import Path

import pytest
from bucket import Bucket
from obstore.store import MemoryStore

from sonalyze_measurement.infra.objects import ObjectFiles
from sonalyze_measurement.infra.staging import Staging
from sonalyze_measurement.infra.stores import open_files


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    staging = Staging(tmp_path)
    staging.open()
    return staging


@pytest.fixture(params=["folder", "memory", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path, staging: Staging) -> ObjectFiles:
    """Open each of them, empty."""
    match request.param:
        case "memory":
            return ObjectFiles(MemoryStore(), staging, "memory:")
        case "bucket":
            bucket: Bucket = request.getfixturevalue("bucket")
            return open_files(bucket.url, tmp_path, staging, allow_http=True)
        case _:
            return open_files("", tmp_path, staging)
