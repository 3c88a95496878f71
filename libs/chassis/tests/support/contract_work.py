"""Work that the tests of the engines have done; each function is one way in which work can go."""

import os
import signal
import time
from pathlib import Path

from sonalyze_chassis.progress import report
from sonalyze_contracts.errors import Conflict

FOR_EVER_S = 600
FAR_TOO_MUCH_BYTES = 8 << 30


class RoomTooOdd(Conflict):
    """A condition of the service whose work this is."""


def add(one: int, other: int) -> int:
    """Give a result."""
    return one + other


def pid() -> int:
    """Tell who does the work."""
    return os.getpid()


def in_three_stages() -> list[str]:
    """Say how far it is, three times."""
    stages = ["tracing", "summing", "evaluating"]
    for number, stage in enumerate(stages):
        report(number / len(stages), stage)
    return stages


def in_a_hurry(steps: int) -> None:
    """Say how far it is much more often than anybody wants to know."""
    for step in range(steps):
        report(step / steps, "tracing")


def hold() -> None:
    """Tell who does the work, and never end."""
    report(0.0, str(os.getpid()))
    time.sleep(FOR_EVER_S)


def hold_deafly() -> None:
    """Never end, and do not listen to whoever asks politely: as deep in C."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hold()


def hold_once(marker: str) -> str:
    """Never end the first time; the second time do."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return "done the second time"
    hold()
    return "never"


def leave(marker: str) -> None:
    """Leave a trace of each run."""
    with Path(marker).open("a", encoding="ascii") as traces:
        traces.write("ran\n")


def take_too_much() -> int:
    """Ask for more memory than any limit of a test."""
    return len(bytearray(FAR_TOO_MUCH_BYTES))


def refuse() -> None:
    """Raise a condition of ours."""
    raise RoomTooOdd("This room has too many corners", corners=17, most=16)


def fail() -> float:
    """Raise what nobody foresaw."""
    return 1 / (pid() - pid())
