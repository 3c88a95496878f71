"""What receivers got of rays, in no more memory than a response needs.

A sphere is crossed as often as there are rays and reflections, which has no end in bare rooms and
with a million rays; a decay has one. What is more than that is added up where it came nearly at
the same time.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.samples import Samples

MOST_HELD: Final = 1_000_000
"""Arrivals that are kept one by one: 0.1 GB. Usual rooms have fewer than half of that."""

CELL_M: Final = 0.1
"""Ways within which arrivals are added up then: 0.3 ms, a slot of energy over time has 0.5 ms."""


class Arrivals(NamedTuple):
    """What receivers got: way from the source, receiver, batch, and energy in octaves, (bands, n).

    The direct sound of the source would have the energy 1 / r^2.
    """

    way_m: Samples
    receiver: NDArray[np.intp]
    batch: NDArray[np.intp]
    energy: Samples


def of_receiver(arrivals: Arrivals, number: int) -> Arrivals:
    """Pick what one receiver got."""
    ours = arrivals.receiver == number
    return Arrivals(
        arrivals.way_m[ours],
        arrivals.receiver[ours],
        arrivals.batch[ours],
        arrivals.energy[:, ours],
    )


def joined(found: list[Arrivals]) -> Arrivals:
    """Put arrivals behind each other."""
    return Arrivals(
        np.concatenate([part.way_m for part in found]),
        np.concatenate([part.receiver for part in found]),
        np.concatenate([part.batch for part in found]),
        np.hstack([part.energy for part in found]),
    )


class Gathering:
    """Arrivals as they are found."""

    def __init__(self, most_held: int = MOST_HELD) -> None:
        self._found: list[Arrivals] = []
        self._held = 0
        self._most_held = most_held

    def add(self, arrivals: Arrivals) -> None:
        """Keep arrivals, and add up those that came together once there are too many."""
        self._found.append(arrivals)
        self._held += arrivals.way_m.size
        if self._held > self._most_held:
            self._found = [added_up(joined(self._found))]
            self._held = self._found[0].way_m.size
            self._most_held = max(self._most_held, 2 * self._held)

    def all(self) -> Arrivals:
        """Give what was kept."""
        return joined(self._found)


def added_up(arrivals: Arrivals) -> Arrivals:
    """Add up what a receiver got of a batch within a cell, at the mean of the ways."""
    place = np.stack((arrivals.receiver, arrivals.batch, (arrivals.way_m / CELL_M).astype(np.intp)))
    spans = place.max(axis=1) + 1
    keys, cell = np.unique(np.ravel_multi_index(tuple(place), tuple(spans)), return_inverse=True)
    receiver, batch, _ = np.unravel_index(keys, tuple(spans))
    energy = np.array([np.bincount(cell, row, keys.size) for row in arrivals.energy])
    way_m = np.bincount(cell, arrivals.way_m, keys.size) / np.bincount(cell, minlength=keys.size)
    return Arrivals(way_m, receiver, batch, energy)
