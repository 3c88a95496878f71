"""Two exponentials of greatest likelihood, for decays that are bent beyond doubt.

Coupled rooms and rooms with uneven absorption decay fast at first and slowly later. Two slopes are
named only where Schwarz's criterion prefers them to one (Xiang and Goggans, JASA 110, 1415, 2001,
ask the same of Bayes), where they differ, and where each stands out of the other for some decibels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.likelihood import LARGEST_EXPONENT, LEAST
from sonalyze_acoustics.restoration import Restored
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.slopes import BENT, SIXTY_DB, OneSlope, fitted_shape

STEPS: Final = 20
LARGEST_STEP: Final = 0.5
DAMPING: Final = 0.01
"""Of scoring, in logarithms: two exponentials of about one slope have a flat likelihood."""

NEGLIGIBLE: Final = 1e-9
"""Share of the largest information below which a number is held where it is."""

SETTLED: Final = 1e-4

LEAST_RATIO: Final = 1.3
"""Of the two times; below, two slopes describe one that is uneven."""

SEEN_DB: Final = 6.0
"""Range in which each slope must be the stronger, within what is fitted and above the noise."""


@dataclass(frozen=True, slots=True)
class TwoSlopes:
    """Times and energies, from the onset to infinity, of the early and the late exponential."""

    time_s: tuple[float, float]
    energy: tuple[float, float]


def double_slopes(
    decays: Restored, from_s: Samples, singles: tuple[OneSlope | None, ...]
) -> tuple[TwoSlopes | None, ...]:
    """Look for a second slope where a single one leaves the residuals bent upwards.

    Parameters
    ----------
    decays : Restored
        The decays.
    from_s : ndarray, shape (bands,)
        Where their fits begin.
    singles : tuple of OneSlope
        What fits best as long as there is one slope.

    Returns
    -------
    tuple of TwoSlopes
        None where one slope will do, or two cannot be told apart.
    """
    shape = fitted_shape(decays, from_s)
    return tuple(
        None if single is None or single.bend < BENT else _two(decays, row, shape[row], single)
        for row, single in enumerate(singles)
    )


def _two(decays: Restored, row: int, shape: Samples, single: OneSlope) -> TwoSlopes | None:
    """Fit one band's two slopes and ask whether they are beyond doubt."""
    inside = shape > 0
    weight, noise = shape[inside], max(float(decays.noise[row]), LEAST)
    density = decays.noisy[row, inside] / decays.step_s[row, inside]
    begin_s = float(decays.middle_s[row, inside][0])
    since_s = decays.middle_s[row, inside] - begin_s
    start = _start(density - noise, decays.decay[row, inside], since_s, weight)
    if start is None:
        return None
    logs = _scored(start, density - noise, since_s, weight, noise)
    rate = SIXTY_DB / single.time_s
    one = single.energy * rate * np.exp(-rate * (since_s + begin_s))
    two = _parts(logs, since_s)
    gain = _misfit(density, one + noise, weight) - _misfit(density, two.sum(axis=0) + noise, weight)
    # Two more numbers must pay for themselves (Schwarz, Ann. Stat. 6, 461, 1978).
    if not gain > 2 * np.log(max(float(weight.sum()), 2.0)) or not _stand_out(two, noise):
        return None
    return _named(logs, begin_s)


def _named(logs: Samples, begin_s: float) -> TwoSlopes | None:
    """Return times and energies where the times differ, the early slope first."""
    rates = np.exp(logs[1::2])
    energies = np.exp(logs[::2] + rates * begin_s) / rates
    if rates[0] < LEAST_RATIO * rates[1] or not np.isfinite(energies).all():
        return None
    early_s, late_s = (SIXTY_DB / rates).tolist()
    early, late = energies.tolist()
    return TwoSlopes((early_s, late_s), (early, late))


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


def _start(net: Samples, late: Samples, since_s: Samples, weight: Samples) -> Samples | None:
    """Return where scoring begins: the late decay, and what is above it.

    An exponential's mean time is its time constant.
    """
    above = np.maximum(net - late, 0.0) * weight
    if not above.any() or late[0] <= 0 or late[-1] >= late[0]:
        return None
    early_rate = float(above.sum() / max(float(above @ since_s), LEAST))
    late_rate = float(np.log(late[0] / late[-1]) / since_s[-1])
    width = weight.sum() / since_s[-1]
    early = above.sum() / width * early_rate
    early_rate = max(early_rate, LEAST_RATIO * late_rate)
    return np.asarray(np.log(np.array([early, early_rate, late[0], late_rate])))


def _parts(logs: Samples, since_s: Samples) -> Samples:
    """Return the two exponentials, shape (2, steps)."""
    exponent = logs[::2, np.newaxis] - np.exp(logs[1::2, np.newaxis]) * since_s
    return np.asarray(np.exp(np.clip(exponent, -LARGEST_EXPONENT, LARGEST_EXPONENT)))


def _scored(
    logs: Samples, net: Samples, since_s: Samples, weight: Samples, noise: float
) -> Samples:
    """Improve the logarithms of level and rate of both exponentials by Fisher scoring."""
    for _ in range(STEPS):
        parts = _parts(logs, since_s)
        expected = parts.sum(axis=0) + noise
        by_rate = -np.exp(logs[1::2, np.newaxis]) * since_s * parts
        slopes = np.stack((parts[0], by_rate[0], parts[1], by_rate[1])) / expected
        information = (slopes * weight) @ slopes.T
        score = slopes @ (weight * ((net + noise) / expected - 1.0))
        own = np.diag(information)
        information += np.diag(DAMPING * np.maximum(own, NEGLIGIBLE * own.max()))
        step = np.clip(np.linalg.solve(information, score), -LARGEST_STEP, LARGEST_STEP)
        logs = logs + step
        if float(np.abs(step).max()) < SETTLED:
            break
    return logs


def _misfit(density: Samples, expected: Samples, weight: Samples) -> float:
    """Return minus twice the logarithm of the likelihood, up to a constant."""
    expected = np.maximum(expected, LEAST)
    return 2 * float(weight @ (np.log(expected) + density / expected))
