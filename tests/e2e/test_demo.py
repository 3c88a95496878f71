"""The demo, through every service and real sockets: what is measured is what the room has."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LIMIT_S = 120
SONALYZE = str(Path(sys.executable).parent / "sonalyze")
COMMAND = [SONALYZE, "demo"]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  our own command
        command, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def test_the_demo_measures_what_the_room_has_and_its_bundle_says_the_same_again(
    tmp_path: Path,
) -> None:
    bundle = str(tmp_path / "bundle.zip")
    phones = ("--speakers", "2", "--microphones", "1", "--room", "office", "--seed", "5")
    finished = run(*COMMAND, *phones, "--bundle", bundle)
    analysed = run(SONALYZE, "analyze", bundle)

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "[2/2] Measurement complete" in finished.stdout
    assert "T20 and T30 within 1 JND, C50 within 1 dB of the room" in finished.stdout
    assert analysed.returncode == 0, analysed.stdout + analysed.stderr
    assert "2 of 2 analyses came out the same" in analysed.stdout


def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(  # noqa: S603  our own command
        COMMAND, stdout=subprocess.PIPE, text=True, env=environment
    ) as demo:
        assert demo.stdout
        for line in demo.stdout:
            if "Measure" in line:
                break
        demo.send_signal(signal.SIGTERM)
        started_s = time.monotonic()
        code = demo.wait(LIMIT_S)

    assert code == 128 + signal.SIGTERM
    assert time.monotonic() - started_s < 15
    assert not list(tmp_path.glob("sonalyze-demo-*"))
