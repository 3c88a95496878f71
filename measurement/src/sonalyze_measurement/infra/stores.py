"""Where the files are: in the data folder, or where ``MEASUREMENT_STORE_URL`` says."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obstore.store import S3Store

from sonalyze_measurement.infra.folder import FolderFiles
from sonalyze_measurement.infra.objects import ObjectFiles
from sonalyze_measurement.infra.staging import Staging

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

RETRIES: "Final[RetryConfig]" = {"max_retries": 3, "retry_timeout": timedelta(seconds=5)}
"""obstore's own three minutes are longer than anybody waits for an answer."""


def open_files(
    store_url: str, data_dir: Path, staging: Staging, *, allow_http: bool = False
) -> ObjectFiles:
    """Open the store; credentials, region and endpoint of a bucket are in ``AWS_*`` variables."""
    if not store_url:
        return FolderFiles(data_dir, staging)
    _forget_empty_variables()
    store = S3Store.from_url(
        store_url, client_options=_client(allow_http=allow_http), retry_config=RETRIES
    )
    return ObjectFiles(store, staging, f"{store_url.rstrip('/')}/")


def _forget_empty_variables() -> None:
    """Take ``AWS_…=`` for not given, as other clients do: obstore would sign with it, or panic."""
    for name, value in dict(os.environ).items():
        if name.startswith("AWS_") and not value:
            del os.environ[name]


def _client(*, allow_http: bool) -> "ClientConfig":
    """Give up a silent bucket before clients give up; a slow one may take its time.

    Where options are given, obstore takes none from the environment.
    """
    return {
        "allow_http": allow_http,
        "connect_timeout": timedelta(seconds=5),
        "read_timeout": timedelta(seconds=30),
        "timeout": timedelta(minutes=5),
    }
