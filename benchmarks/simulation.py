"""Simulated rooms beside pyroomacoustics: ``uv run python benchmarks/simulation.py``.

Ours is a whole answer over HTTP: every figure of every octave for every pair, with its spread.
The peer is a script that computes the responses of the same rooms with the same number of rays and
the same order of images, and evaluates nothing. Rounds are interleaved; each of ours has another
seed, so that no answer comes from the cache. Both have all cores. Afterwards the pace of this
machine is measured, and thirty random rooms are estimated with it beside the time they take.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
from comparison import HEADER, Comparison, Target
from processes import serving

Body = dict[str, Any]

ONE_PAIR, EIGHT_PAIRS = Target("<=", 0.9), Target("<=", 0.45)
ORDER, RAYS = 3, 10_000
L_SHAPE = [[0, 0], [6, 0], [6, 3], [3, 3], [3, 6], [0, 6]]
SURFACE = {"absorption": 0.2, "scattering": 0.1}
LIVE = {"absorption": 0.1, "scattering": 0.1}


def body_of(
    room: Body, sources: Sequence[Sequence[float]], microphones: Sequence[Sequence[float]]
) -> Body:
    """Ask for a room with the peer's order and rays."""
    return {
        "room": room,
        "sources": [{"id": f"s{n}", "position_m": list(at)} for n, at in enumerate(sources)],
        "microphones": [
            {"id": f"m{n}", "position_m": list(at)} for n, at in enumerate(microphones)
        ],
        "max_order": ORDER,
        "rays": RAYS,
    }


def shoebox(x: float, y: float, z: float, surface: Body) -> Body:
    """Describe a rectangular room."""
    return {"type": "shoebox", "dimensions_m": [x, y, z], "default_material": surface}


def l_shape(surface: Body) -> Body:
    """Describe a room round a corner."""
    parts = {f"{part}_material": surface for part in ("wall", "floor", "ceiling")}
    return {"type": "polygon", "corners_m": L_SHAPE, "height_m": 2.5, **parts}


SMALL, CLASSROOM, LIVING_ROOM = (
    shoebox(5, 4, 2.5, SURFACE),
    shoebox(9, 7, 3, LIVE),
    l_shape(SURFACE),
)
TWO = ([1, 1, 1.2], [4.4, 1.3, 1.4])
FOUR = ([3.1, 2.7, 1.5], [2.2, 2.6, 1.2], [4.1, 2.8, 1.0], [1.2, 2.9, 1.4])

ROOMS = (
    ("small room, 1 pair", body_of(SMALL, TWO[:1], FOUR[:1]), ONE_PAIR),
    ("classroom, 1 pair", body_of(CLASSROOM, TWO[:1], FOUR[:1]), ONE_PAIR),
    ("L-shaped room, 1 pair", body_of(LIVING_ROOM, TWO[:1], FOUR[1:2]), ONE_PAIR),
    ("small room, 2 x 4", body_of(SMALL, TWO, FOUR), EIGHT_PAIRS),
    ("classroom, 2 x 4", body_of(CLASSROOM, TWO, FOUR), EIGHT_PAIRS),
    ("L-shaped room, 2 x 4", body_of(LIVING_ROOM, TWO, FOUR), EIGHT_PAIRS),
)


class Peer:
    """The script, waiting for rooms."""

    def __init__(self) -> None:
        self._script = subprocess.Popen(  # noqa: S603  our own script
            [sys.executable, str(Path(__file__).with_name("bare_rooms.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds_for(self, body: Body) -> float:
        """Let it compute one room."""
        assert self._script.stdin is not None
        assert self._script.stdout is not None
        self._script.stdin.write(json.dumps(body) + "\n")
        self._script.stdin.flush()
        return float(self._script.stdout.readline())

    def end(self) -> None:
        """Let it go."""
        self._script.communicate()


def seconds_of_ours(http: httpx2.Client, body: Body, seed: int) -> float:
    """Let the service answer."""
    started_s = time.perf_counter()
    answer = http.post("/simulate", json={**body, "seed": seed})
    duration_s = time.perf_counter() - started_s
    assert answer.status_code == httpx2.codes.OK, answer.text
    pairs = answer.json()["pairs"]
    assert len(pairs) == len(body["sources"]) * len(body["microphones"])
    for pair in pairs:
        assert pair["metrics"]["rt60_s"], pair["reasons"]
        assert pair["metrics"]["sti"], pair["reasons"]
    return duration_s


def main() -> None:
    """Print a line for each room, and fail if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    rows = [Comparison(name, "ms", target) for name, _, target in ROOMS]
    seeds = itertools.count(1)
    with tempfile.TemporaryDirectory() as folder:
        environment = {"SIMULATION_DATA_DIR": folder, "SIMULATION_ANSWER_SECONDS": "60"}
        with (
            serving("sonalyze_simulation.main:app", None, **environment) as server,
            httpx2.Client(base_url=server.url, timeout=120.0) as http,
        ):
            peer = Peer()
            for counts, (row, (_, body, _)) in itertools.product(
                [False] + [True] * rounds, zip(rows, ROOMS, strict=True)
            ):
                ours_s = seconds_of_ours(http, body, next(seeds))
                bare_s = peer.seconds_for(body)
                if counts:
                    row.add(1000 * ours_s, 1000 * bare_s)
            peer.end()
    print(HEADER)
    for row in rows:
        print(row.line())
    print()
    sys.exit(0 if estimates_hold() and all(row.is_met for row in rows) else 1)


def estimates_hold() -> bool:
    """Print estimates beside true times, and say whether they are near enough."""
    with tempfile.TemporaryDirectory() as folder:
        pace = Path(folder) / "pace.json"
        command = [sys.executable, "-m", "sonalyze_simulation.infra.calibration", str(pace)]
        return subprocess.run(command, check=False).returncode == 0  # noqa: S603  our own module


if __name__ == "__main__":
    main()
