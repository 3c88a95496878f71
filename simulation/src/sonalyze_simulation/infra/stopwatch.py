"""Finds out how long this machine takes for each unit of work.

What a room is expected to take is linear in the pace. So asking for its estimate with one unit at
a time counts the units, and the pace is what explains the times of many rooms best.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import numpy as np

from sonalyze_acoustics.samples import Samples
from sonalyze_simulation.domain.cost import Pace
from sonalyze_simulation.infra import children, work

UNITS: Final = tuple(field.name for field in fields(Pace))

IDLE: Final = dict.fromkeys(UNITS, 0.0)

LEAST_S: Final = 1e-12
"""A unit that could not be told from nothing; a pace has to be positive."""

UNLIMITED_S: Final = math.inf


@dataclass(frozen=True, slots=True)
class Timed:
    """A room, the units of its work, and the processor time that it took."""

    units: tuple[float, ...]
    took_s: float

    def estimate_s(self, pace: Pace) -> float:
        """Say what was to be expected."""
        seconds: dict[str, float] = asdict(pace)
        return sum(count * seconds[name] for count, name in zip(self.units, UNITS, strict=True))


def timed(body: dict[str, Any]) -> Timed:
    """Compute a room and take the time.

    It is the time of the processor, not of the clock: whatever else runs here is not counted.
    """
    units = tuple(_expected_s(body, IDLE | {name: 1.0}) for name in UNITS)
    prepared = work.prepare(body, asdict(Pace()), 1, UNLIMITED_S)
    began_s = time.process_time()
    children.pairs(prepared, 0)
    return Timed(units, time.process_time() - began_s)


def pace_of(rooms: Sequence[Timed]) -> Pace:
    """Find the pace whose estimates are nearest to the times, relative to each.

    No unit takes less than nothing: among all subsets of the units whose least-squares solution
    has no negative part, the best one is taken.
    """
    took_s = np.array([room.took_s for room in rooms])
    shares = np.array([room.units for room in rooms]) / took_s[:, np.newaxis]
    found = min(_solutions(shares), key=lambda seconds: _misfit(shares, seconds))
    return Pace(**dict(zip(UNITS, np.maximum(found, LEAST_S).tolist(), strict=True)))


def _expected_s(body: dict[str, Any], pace: dict[str, float]) -> float:
    seconds: float = work.prepare(body, pace, 1, UNLIMITED_S)["seconds"]
    return seconds


def _solutions(shares: Samples) -> Iterable[Samples]:
    """Give the non-negative solutions of all subsets; columns are scaled, they differ by 1e9."""
    scale = np.maximum(np.linalg.norm(shares, axis=0), LEAST_S)
    ones = np.ones(len(shares))
    for chosen in itertools.product((False, True), repeat=len(UNITS)):
        which = np.array(chosen)
        seconds = np.zeros(len(UNITS))
        seconds[which] = np.linalg.lstsq((shares / scale)[:, which], ones)[0]
        if (seconds >= 0).all():
            yield seconds / scale


def _misfit(shares: Samples, seconds: Samples) -> float:
    return float(np.sum((shares @ seconds - 1) ** 2))
