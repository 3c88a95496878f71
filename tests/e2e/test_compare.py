"""A room measured and simulated, through every service: both say the same of it."""

import subprocess
import sys
from pathlib import Path

import pytest

LIMIT_S = 120
COMMAND = [str(Path(sys.executable).parent / "sonalyze"), "compare"]


@pytest.mark.parametrize("room", ["living", "classroom"])
def test_what_is_simulated_is_near_what_is_measured(room: str) -> None:
    finished = subprocess.run(  # noqa: S603  our own command
        [*COMMAND, "--room", room, "--seed", "3"],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "Speaker 1 → Microphone 2" in finished.stdout
    assert "✓ Reverberation time: " in finished.stdout
    assert "✓ Clarity C50: " in finished.stdout
    assert "✓ Speech transmission index: " in finished.stdout
