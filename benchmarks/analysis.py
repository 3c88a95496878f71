"""The analysis beside the least it could cost: ``uv run python benchmarks/analysis.py``.

One recording of 16 s at 48 kHz, as a phone makes it, on one thread: ours over the bare Fourier
transforms of its deconvolution and over pyfar with pyrato, which compute the same figures
(``bare_analysis.py``); one of 180 s over it; the memory of a process that evaluates it; two
processes over one; and the measurement service over HTTP. Everything runs in children
(``analysing.py``), rounds are interleaved, so that whatever else the machine does hits all alike.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from analysing import RATE_HZ, SPEC
from analysis_service import as_file, over_http
from comparison import HEADER, Comparison, Target
from numpy.typing import NDArray
from processes import HERE, forget_peak, resident_bytes

from sonalyze.virtual.channel import what_the_microphone_records
from sonalyze.virtual.profile import PhoneProfile
from sonalyze_acoustics import measurement_signal
from sonalyze_chassis.threads import compute_on_one_thread

Samples = NDArray[np.float64]

CORE: Final = 0
SIGNAL_S: Final = 15.0
SHORT_S, LONG_S = 16.0, 180.0
SKEW_PPM: Final = 41.0
REVERBERATION_S: Final = 0.6
REPEATS: Final = 3
"""Per round; the median counts."""

AT_ONCE: Final = 8
MEBIBYTE: Final = 1 << 20
MOST_ADDED_MIB: Final = 60


def recording(duration_s: float, seed: int) -> Samples:
    """Record the signal with a phone: skew, small loudspeaker, noise, 16 bits."""
    random = np.random.default_rng(seed)
    count = round(1.5 * REVERBERATION_S * RATE_HZ)
    decay = np.exp(-6.9 / REVERBERATION_S * np.arange(count) / RATE_HZ)
    response = 0.02 * random.standard_normal(count) * decay
    response[0] = 0.2
    before_s = 0.5 * (duration_s - SIGNAL_S)
    phone = PhoneProfile(
        latency_s=before_s,
        clock_skew_ppm=SKEW_PPM,
        trailing_margin_s=before_s,
        loudspeaker_high_pass_hz=250.0,
        loudspeaker_drive=0.3,
        signal_to_noise_db=50.0,
    )
    heard = what_the_microphone_records(measurement_signal(SPEC), response, phone, seed)
    return np.asarray(heard.samples[0, : round(duration_s * RATE_HZ)] / 32_768.0)


class Child:
    """A process that does one task again and again."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.pid = process.pid
        self._process, self._told, self._heard = process, process.stdin, process.stdout
        assert self._heard.readline() == "ready\n", "the child did not come up"

    def tell(self, names: Sequence[str]) -> None:
        """Ask for some files, one after the other."""
        self._told.write("".join(f"{name}\n" for name in names))
        self._told.flush()

    def seconds(self) -> float:
        """Wait for the next answer."""
        return float(self._heard.readline())

    def median_s(self, name: str) -> float:
        """Do a task some times."""
        self.tell([name] * REPEATS)
        return statistics.median([self.seconds() for _ in range(REPEATS)])


@contextmanager
def child(task: str, names: Sequence[str], core: int | None = CORE) -> Iterator[Child]:
    """Start a child that holds some files, on one core unless it is None."""
    process = subprocess.Popen(  # noqa: S603  our own script
        [sys.executable, str(HERE / "analysing.py"), task, *names],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})
    with process:
        yield Child(process)


def one_recording(rounds: int, short: str, long: str) -> list[Comparison]:
    """Compare times of one evaluation, all on one core."""
    octaves = Comparison("octaves / bare transforms", "ms", Target("<=", 1.8))
    everything = Comparison("everything / bare transforms", "ms", Target("<=", 2.5))
    peer = Comparison("octaves / pyfar and pyrato", "ms", Target("<=", 0.05))
    lasting = Comparison("180 s / 16 s, octaves", "ms", Target("<=", 5))
    all_lasting = Comparison("180 s / 16 s, everything", "ms", Target("<=", 5))
    with ExitStack() as children:
        ours, whole, bare, peers = (
            children.enter_context(child(task, [short, long]))
            for task in ("octaves", "everything", "transforms", "peers")
        )
        for counts in [False] + [True] * rounds:
            bare_ms, ours_ms, whole_ms = (1e3 * it.median_s(short) for it in (bare, ours, whole))
            peers.tell([short])
            peers_ms = 1e3 * peers.seconds()
            long_ms, whole_long_ms = (1e3 * it.median_s(long) for it in (ours, whole))
            if counts:
                octaves.add(ours_ms, bare_ms)
                everything.add(whole_ms, bare_ms)
                peer.add(ours_ms, peers_ms)
                lasting.add(long_ms, ours_ms)
                all_lasting.add(whole_long_ms, whole_ms)
    return [octaves, everything, peer, lasting, all_lasting]


def memory(rounds: int, short: str) -> list[Comparison]:
    """Measure what the first evaluation adds to a process at its peak, caches included."""
    rows = []
    for task in ("octaves", "everything"):
        row = Comparison(f"added memory, {task} / limit", "MiB", Target("<=", 1))
        for _ in range(rounds):
            with child(task, [short]) as fresh:
                idle = resident_bytes(fresh.pid)
                forget_peak(fresh.pid)
                fresh.tell([short])
                fresh.seconds()
                peak = resident_bytes(fresh.pid, "VmHWM")
            row.add((peak - idle) / MEBIBYTE, MOST_ADDED_MIB)
        rows.append(row)
    return rows


def two_processes(rounds: int, names: Sequence[str]) -> list[Comparison]:
    """Let one process evaluate eight recordings, then two of them four each."""
    row = Comparison("recordings/s of two processes / of one", "1/s", Target(">=", 1.8))
    with child("everything", names, None) as first, child("everything", names, None) as second:
        for counts in [False] + [True] * rounds:
            alone_s = _seconds_for([(first, names)])
            half = len(names) // 2
            together_s = _seconds_for([(first, names[:half]), (second, names[half:])])
            if counts:
                row.add(len(names) / together_s, len(names) / alone_s)
    return [row]


def _seconds_for(shares: Sequence[tuple[Child, Sequence[str]]]) -> float:
    started_s = time.perf_counter()
    for worker, names in shares:
        worker.tell(names)
    for worker, names in shares:
        for _ in names:
            worker.seconds()
    return time.perf_counter() - started_s


def main() -> int:
    """Print the table; fail when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    compute_on_one_thread()
    recordings = [recording(SHORT_S, seed) for seed in range(AT_ONCE)]
    with tempfile.TemporaryDirectory() as folder:
        names = [str(Path(folder) / f"{number}.npy") for number in range(AT_ONCE + 1)]
        for name, samples in zip(names, [*recordings, recording(LONG_S, AT_ONCE)], strict=True):
            np.save(name, samples)
        rows = [
            *one_recording(rounds, names[0], names[-1]),
            *memory(rounds, names[0]),
            *two_processes(rounds, names[:-1]),
        ]
    rows += asyncio.run(over_http(rounds, [as_file(samples) for samples in recordings]))
    print(HEADER)
    for row in rows:
        print(row.line())
    return 0 if all(row.is_met for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
