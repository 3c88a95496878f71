"""Two exponentials and noise of greatest likelihood, for decays that one does not explain.

Coupled rooms and rooms with uneven absorption decay fast at first and slowly later. Two slopes say
how a decay goes on where Akaike's criterion prefers them to one. They are named only where that of
Schwarz does, too (Ann. Stat. 6, 461, 1978; Xiang and Goggans, JASA 110, 1415, 2001, ask the same of
Bayes), and where each stands out of the other, and the second out of the noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.double_scoring import NEGLIGIBLE, Fit, Start, exponentials, scored
from sonalyze_acoustics.likelihood import LEAST
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.slopes import SIXTY_DB, SLOWER, SUSPICIOUS, OneSlope, fitted_shape
from sonalyze_acoustics.steps import Steps

AKAIKE: Final = 4.0
"""What two more numbers must gain, in twice the logarithm of the likelihood, to be believed: too
much trust in them makes a curve less certain, too little makes it wrong."""

LEAST_RATIO: Final = 1.3
"""Of the two times; below, two slopes describe one that is uneven."""

SLOWEST_DB: Final = 10.0
"""By which the slower must fall while it is heard: less is noise that is not steady."""

SEEN_DB: Final = 6.0
"""Range in which each slope must be the stronger, within what is fitted and above the noise."""


@dataclass(frozen=True, slots=True)
class TwoSlopes:
    """Two exponentials and noise; numbers are the logarithms of level and rate of each, in turn.

    Levels are those at the onset; `covariance`, shape (5, 5), is that of the four numbers and of
    the noise's logarithm. They are named only where `is_seen`.
    """

    logarithms: Samples
    covariance: Samples
    noise: float
    is_seen: bool

    @property
    def time_s(self) -> tuple[float, float]:
        """Return both reverberation times, the early slope's first."""
        early, late = (SIXTY_DB * np.exp(-self.logarithms[1::2])).tolist()
        return early, late

    @property
    def energy(self) -> tuple[float, float]:
        """Return both energies, from the onset to infinity."""
        early, late = np.exp(self.logarithms[::2] - self.logarithms[1::2]).tolist()
        return early, late


def double_slopes(
    steps: Steps, from_s: Samples, singles: tuple[OneSlope | None, ...]
) -> tuple[TwoSlopes | None, ...]:
    """Look for a second slope where a single one leaves something slower.

    Parameters
    ----------
    steps : Steps
        What was measured.
    from_s : ndarray, shape (bands,)
        Where the fits begin.
    singles : tuple of OneSlope
        What fits best as long as there is one slope.

    Returns
    -------
    tuple of TwoSlopes
        None where one slope will do, or two cannot be told apart.
    """
    shape = fitted_shape(steps, from_s)
    suspects = {
        row: _suspect(steps, row, shape[row], single)
        for row, single in enumerate(singles)
        if single is not None and single.bend >= SUSPICIOUS and steps.noise[row] > 0
    }
    begun = [(row, start) for row, suspect in suspects.items() for start in suspect.starts]
    fits: dict[int, list[Fit]] = {row: [] for row in suspects}
    for (row, _), fit in zip(begun, scored([start for _, start in begun]), strict=True):
        fits[row].append(fit)
    return tuple(
        _beyond_doubt(suspects[row], fits[row]) if row in suspects else None
        for row in range(len(singles))
    )


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A decay that may be bent, in shares of its largest density, and where fits of it begin."""

    scale: float
    one: Samples
    starts: tuple[Start, ...]


def _suspect(steps: Steps, row: int, shape: Samples, single: OneSlope) -> _Suspect:
    """Return what one band's fits begin with."""
    inside = shape > 0
    weight, time_s = shape[inside], steps.middle_s[row, inside]
    density, late = steps.density[row, inside], steps.late[row, inside]
    scale = float(density.max())
    density, noise = density / scale, float(steps.noise[row]) / scale
    rate = SIXTY_DB / single.time_s
    one = single.energy * rate / scale * np.exp(-rate * time_s) + noise
    numbers = [
        np.append(start, np.log(noise))
        for start in _starts(late / scale, density - noise, time_s, weight)
    ]
    numbers.append(_hidden(single, scale, noise))
    starts = tuple(Start(start, density, time_s, weight) for start in numbers)
    return _Suspect(scale, np.asarray(one), starts)


def _beyond_doubt(suspect: _Suspect, fits: Sequence[Fit]) -> TwoSlopes | None:
    """Take the better one of a band's fits, and ask whether one slope would do."""
    density, time_s, weight = (
        suspect.starts[0].density, suspect.starts[0].time_s, suspect.starts[0].weight,
    )  # fmt: skip
    misfits = [_misfit(density, _heard(numbers, time_s), weight) for numbers, _ in fits]
    best = int(np.argmin(misfits))
    numbers, covariance = _in_order(*fits[best])
    gain = _misfit(density, suspect.one, weight) - misfits[best]
    is_known = bool(np.isfinite(numbers).all() and np.isfinite(covariance).all())
    if not is_known or not gain > AKAIKE or not _differ(numbers, time_s):
        return None
    is_preferred = gain > 2 * np.log(max(float(weight.sum()), 2.0))
    parts = exponentials(numbers, time_s)
    is_seen = is_preferred and _stand_out(parts, float(np.exp(numbers[4])))
    numbers = numbers + np.log(suspect.scale) * np.array([1, 0, 1, 0, 1])
    return TwoSlopes(numbers[:4], covariance, float(np.exp(numbers[4])), is_seen)


def _hidden(single: OneSlope, scale: float, noise: float) -> Samples:
    """Return where scoring begins for a slope that hides in the noise: what the score asks for."""
    rate = SIXTY_DB / single.time_s
    added = max(single.added, NEGLIGIBLE * single.energy * rate)
    logs = np.log([single.energy * rate / scale, rate, added / scale, rate / SLOWER, noise])
    return np.asarray(logs)


def _starts(late: Samples, net: Samples, time_s: Samples, weight: Samples) -> list[Samples]:
    """Return where scoring begins for slopes in sight: the late decay, and what is above it.

    An exponential's mean time is its time constant.
    """
    above = np.maximum(net - late, 0.0) * weight
    since_s = time_s - time_s[0]
    if since_s.size < 2 or not above.any() or not 0 < late[-1] < late[0]:  # noqa: PLR2004 - a slope
        return []
    late_rate = float((np.log(late[0]) - np.log(late[-1])) / since_s[-1])
    constant_s = max(float(above @ since_s / above.sum()), float(since_s[1]))
    early_rate = max(1 / constant_s, LEAST_RATIO * late_rate)
    early = above.sum() * since_s[-1] / weight.sum() * early_rate
    log_levels = np.log((early, late[0])) + np.array((early_rate, late_rate)) * time_s[0]
    return [np.array([log_levels[0], np.log(early_rate), log_levels[1], np.log(late_rate)])]


def _heard(numbers: Samples, time_s: Samples) -> Samples:
    return np.asarray(exponentials(numbers, time_s).sum(axis=0) + np.exp(numbers[4]))


def _in_order(numbers: Samples, covariance: Samples) -> tuple[Samples, Samples]:
    """Return the faster slope first."""
    if numbers[1] >= numbers[3]:
        return numbers, covariance
    order = np.array([2, 3, 0, 1, 4])
    return numbers[order], covariance[np.ix_(order, order)]


def _differ(numbers: Samples, time_s: Samples) -> bool:
    """Say whether the times differ, and the slower one falls."""
    early, late = np.exp(numbers[1:4:2])
    falls = late * (time_s[-1] - time_s[0]) > 0.1 * np.log(10.0) * SLOWEST_DB
    return bool(early > LEAST_RATIO * late and falls)


def _stand_out(parts: Samples, noise: float) -> bool:
    """Say whether each slope is the stronger for some decibels, and the late one above the noise.

    Where both are equal is the turning point.
    """
    turn = int(np.argmax(parts[1] >= parts[0]))
    if not turn:
        return False
    needed = 10 ** (SEEN_DB / 10)
    level = parts.sum(axis=0)
    return bool(level[0] > needed * level[turn] and parts[1, turn] > needed * noise)


def _misfit(density: Samples, expected: Samples, weight: Samples) -> float:
    """Return minus twice the logarithm of the likelihood, up to a constant."""
    expected = np.maximum(expected, LEAST)
    return 2 * float(weight @ (np.log(expected) + density / expected))
