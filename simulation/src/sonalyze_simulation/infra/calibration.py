"""Measures the pace of this machine: ``python -m sonalyze_simulation.infra.calibration FILE``.

Some random rooms are timed and their pace is written down for ``SIMULATION_PACE``, if it estimates
other random rooms as well as estimates have to.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sonalyze_chassis.threads import compute_on_one_thread
from sonalyze_simulation.domain.cost import Pace
from sonalyze_simulation.infra.random_rooms import Body, random_rooms

if TYPE_CHECKING:
    from sonalyze_simulation.infra.stopwatch import Timed

ROOMS: Final = 30
"""That the pace is tried on; it is measured on twice as many others."""

NEAR: Final = 1.5
MOST_FAR_SHARE: Final = 0.15
FAR_TOO_LITTLE: Final = 0.5
"""Estimates are within this factor for all but this share of rooms, and never less than half."""

LOADED_LATER: Final = "sonalyze_simulation.infra.stopwatch"
"""Numerical libraries: they have to be told first to keep to one thread, as in a worker."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, try, tell, and write the pace down; 1 if it does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, help="what SIMULATION_PACE will name")
    parser.add_argument("--rooms", type=int, default=ROOMS, help="to try the pace on")
    parser.add_argument("--seed", type=int, default=1, help="decides which rooms")
    asked = parser.parse_args(arguments)
    compute_on_one_thread()
    stopwatch = importlib.import_module(LOADED_LATER)

    drawn = random_rooms(asked.seed)
    _tell(f"Computing {2 * asked.rooms} random rooms to find the pace of this machine")
    stopwatch.timed(next(drawn))
    pace: Pace = stopwatch.pace_of(
        [stopwatch.timed(body) for body in itertools.islice(drawn, 2 * asked.rooms)]
    )
    _tell(f"Estimates beside the time that {asked.rooms} other rooms take:")
    ratios = [
        _tried(number, body, stopwatch.timed(body), pace)
        for number, body in enumerate(itertools.islice(drawn, asked.rooms), 1)
    ]
    return _concluded(asked.file, pace, ratios)


def holds(ratios: Sequence[float]) -> bool:
    """Say whether estimates are near enough; each is given as a share of the true time."""
    far = [ratio for ratio in ratios if not 1 / NEAR <= ratio <= NEAR]
    return len(far) <= MOST_FAR_SHARE * len(ratios) and min(ratios) >= FAR_TOO_LITTLE


def _tried(number: int, body: Body, timed: Timed, pace: Pace) -> float:
    estimate_s = timed.estimate_s(pace)
    ratio = estimate_s / timed.took_s
    _tell(
        f"{number:>4}  {body['room']['type']:<8} {body['rays']:>6} rays"
        f" {len(body['microphones'])} microphones {len(body['furniture'])} pieces of furniture"
        f"  estimated {estimate_s:6.3f} s  took {timed.took_s:6.3f} s  x {ratio:.2f}"
    )
    return ratio


def _concluded(file: Path, pace: Pace, ratios: Sequence[float]) -> int:
    near = sum(1 / NEAR <= ratio <= NEAR for ratio in ratios)
    _tell(
        f"{near} of {len(ratios)} estimates are within a factor of {NEAR:g}; "
        f"the least is {min(ratios):.2f} of the time, the most {max(ratios):.2f}"
    )
    if not holds(ratios):
        _tell("That is not good enough: was this machine busy? Nothing was written.")
        return 1
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(pace), indent=2) + "\n", encoding="utf-8")
    _tell(f"Written to {file}")
    return 0


def _tell(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
