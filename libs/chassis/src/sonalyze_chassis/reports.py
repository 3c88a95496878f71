"""Progress of this machine's child processes, as datagrams to a socket of the parent's.

Reports may be lost, never waited for: a child whose parent does not read goes on computing.
"""

import asyncio
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from sonalyze_chassis.progress import Listener, Progress, heard_by
from sonalyze_chassis.work import Outcome, perform

LARGEST_BYTES = 4096
"""A datagram: two words and a number."""


class Address(NamedTuple):
    """Where a child reports to, and of what."""

    socket_path: str
    subject: str


class Mailbox:
    """The parent's end; made and read in its event loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, Listener] = {}
        self._folder = tempfile.TemporaryDirectory(prefix="sonalyze-reports-")
        self._path = str(Path(self._folder.name) / "socket")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0)
        self._socket.bind(self._path)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self.read)

    @contextmanager
    def address_of(self, listener: Listener) -> Iterator[Address]:
        """Give an address at which the listener is reached for the time of the block."""
        address = Address(self._path, secrets.token_hex(8))
        self._listeners[address.subject] = listener
        try:
            yield address
        finally:
            del self._listeners[address.subject]

    def read(self) -> None:
        """Pass on everything that has arrived."""
        with suppress(BlockingIOError):
            while True:
                subject, fraction, stage = orjson.loads(self._socket.recv(LARGEST_BYTES))
                listener = self._listeners.get(subject)
                if listener is not None:
                    listener(Progress(fraction, stage))

    def close(self) -> None:
        """Take the socket away."""
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._folder.cleanup()


def perform_reporting(
    work: str,
    arguments: tuple[Any, ...],
    memory_limit_mib: int | None,
    address: Address | None,
) -> Outcome:
    """Do named work and send what it reports to the parent; the child's end."""
    if address is None:
        return perform(work, arguments, memory_limit_mib)
    with reporting_to(address):
        return perform(work, arguments, memory_limit_mib)


@contextmanager
def reporting_to(address: Address) -> Iterator[None]:
    """Send to a parent what work reports in the block."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(0)

        def send(progress: Progress) -> None:
            with suppress(OSError):
                datagram = orjson.dumps((address.subject, progress.fraction, progress.stage))
                sender.sendto(datagram, address.socket_path)

        with heard_by(send):
            yield
