"""The storage service as a child process on a database of the test's."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson

PATIENCE_S = 60.0


class StorageProcess:
    """A running service and everything that it has logged so far."""

    def __init__(self, database_url: str, folder: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own service
            [
                *(sys.executable, "-m", "sonalyze_chassis.serve"),
                *("sonalyze_storage.main:app", "--port", "0"),
            ],
            cwd=folder,
            env={**os.environ, "DATABASE_URL": database_url, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.lines: list[bytes] = []
        self._port = 0
        self._listens_or_ended = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def url(self) -> str:
        """Wait until the service listens, and say where."""
        assert self._listens_or_ended.wait(PATIENCE_S), self.lines
        assert self._port, b"".join(self.lines).decode(errors="replace")
        return f"http://127.0.0.1:{self._port}"

    @property
    def events(self) -> list[dict[str, Any]]:
        """Everything that it has logged so far."""
        return [orjson.loads(line) for line in self.lines]

    def stop(self) -> int:
        """Ask it to stop, read its log to the end, and give its exit code."""
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
            self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self.lines.append(line)
                if b'"server.listening"' in line:
                    self._port = orjson.loads(line)["port"]
                    self._listens_or_ended.set()
        self._listens_or_ended.set()


@contextmanager
def serving_storage(database_url: str, **environment: str) -> Iterator[StorageProcess]:
    """Run the service for the time of the block; it brings its database up to date first."""
    with tempfile.TemporaryDirectory(prefix="sonalyze-storage-") as folder:
        process = StorageProcess(database_url, folder, {"RUN_MIGRATIONS": "true", **environment})
        try:
            yield process
        finally:
            process.stop()
