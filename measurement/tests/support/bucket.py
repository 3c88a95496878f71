"""An S3 server on this machine, with one bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
import pytest
from moto.server import ThreadedMotoServer

NAME = "recordings"


@dataclass(frozen=True)
class Bucket:
    """Where it is, and what a service has to be told of it."""

    port: int

    @property
    def endpoint(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The ``MEASUREMENT_STORE_URL``, with a prefix as if others used the bucket too."""
        return f"s3://{NAME}/laboratory"

    def configure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Set the usual variables."""
        for name, value in {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }.items():
            monkeypatch.setenv(name, value)

    def empty(self) -> None:
        """Begin anew: forget all buckets, and make this one."""
        httpx2.post(f"{self.endpoint}/moto-api/reset").raise_for_status()
        httpx2.put(f"{self.endpoint}/{NAME}").raise_for_status()


@contextmanager
def bucket_served(port: int = 0) -> Iterator[Bucket]:
    """Serve a bucket on a free port."""
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    _, taken_port = server.get_host_and_port()
    try:
        yield Bucket(taken_port)
    finally:
        server.stop()
