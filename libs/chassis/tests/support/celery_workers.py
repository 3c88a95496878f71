"""What ``celery -A celery_workers worker`` runs in the tests, and how they start it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from sonalyze_chassis.celery_worker import worker_app

BROKER = "CONTRACT_BROKER_URL"
QUEUE = "CONTRACT_QUEUE"
PULSE_S = 0.2
MEMORY_LIMIT_MIB = 512

if BROKER in os.environ:
    app = worker_app(
        os.environ[BROKER],
        ("contract_work",),
        queue=os.environ[QUEUE],
        memory_limit_mib=MEMORY_LIMIT_MIB,
        pulse_s=PULSE_S,
    )


@contextmanager
def running_worker(broker_url: str, queue: str, log: Path, *, processes: int) -> Iterator[int]:
    """Start a worker, give its pid, and end it with all its children."""
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603  a program of ours
            [sys.executable, "-m", "celery", "-A", "celery_workers", "worker", "--pool=prefork",
             f"--concurrency={processes}", "--loglevel=INFO", "--hostname", f"{log.stem}@%h",
             "--without-gossip", "--without-mingle", "--without-heartbeat"],
            cwd=Path(__file__).parent,
            env={**os.environ, BROKER: broker_url, QUEUE: queue},
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as worker,
    ):  # fmt: skip
        try:
            yield worker.pid
        finally:
            kill_family(worker.pid)


def kill_family(pid: int) -> None:
    """Kill a process and its children at once, as a machine that fails would."""
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
