"""Fisher scoring of two exponentials and noise, for the decays of many bands at once.

Five numbers describe a decay: the logarithms of level and rate of each exponential, in turn, and
that of the noise. Energy in a step is gamma distributed, as in `likelihood`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from sonalyze_acoustics.likelihood import LARGEST_EXPONENT
from sonalyze_acoustics.samples import Samples

Fit: TypeAlias = tuple[Samples, Samples]
"""Five numbers and their covariance, shape (5, 5)."""

SCORINGS: Final = 20
LARGEST_STEP: Final = 0.5
LOUDEST: Final = 30.0
"""Logarithm of what no part exceeds while it is fitted; the loudest step has 0."""

DAMPING: Final = 0.003
"""Of scoring, in logarithms: two exponentials of about one slope have a flat likelihood."""

NEGLIGIBLE: Final = 1e-9
"""Share of the largest information below which a number is held where it is."""

SETTLED: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Start:
    """Where scoring begins, and the steps that it is held against."""

    numbers: Samples
    density: Samples
    time_s: Samples
    weight: Samples


def exponentials(numbers: Samples, time_s: Samples) -> Samples:
    """Return two exponentials, shape (..., 2, steps), from numbers of shape (..., 5)."""
    rates_per_s = np.exp(numbers[..., 1:4:2, np.newaxis])
    exponent = numbers[..., :4:2, np.newaxis] - rates_per_s * time_s[..., np.newaxis, :]
    return np.asarray(np.exp(np.clip(exponent, -LARGEST_EXPONENT, LOUDEST)))


def scored(starts: Sequence[Start]) -> list[Fit]:
    """Improve all starts until each has settled.

    Parameters
    ----------
    starts : sequence of Start
        Each with as many steps as it likes.

    Returns
    -------
    list of Fit
        In their order.
    """
    if not starts:
        return []
    numbers = np.array([start.numbers for start in starts])
    # Steps that one start has not, but others have, weigh nothing.
    density = _rows([start.density for start in starts], 1.0)
    time_s = _rows([start.time_s for start in starts], 0.0)
    weight = _rows([start.weight for start in starts], 0.0)
    information = np.empty((len(starts), 5, 5))
    moving = np.arange(len(starts))
    for _ in range(SCORINGS):
        step, information[moving] = _step(
            numbers[moving], density[moving], time_s[moving], weight[moving]
        )
        numbers[moving] += step
        moving = moving[~(np.abs(step).max(axis=-1) < SETTLED)]
        if not moving.size:
            break
    own = np.diagonal(information, axis1=1, axis2=2)
    held = np.maximum(NEGLIGIBLE * own, NEGLIGIBLE**2 * own.max(axis=-1, keepdims=True))
    covariance = np.linalg.inv(information + held[:, np.newaxis] * np.eye(5))
    return list(zip(numbers, covariance, strict=True))


def _step(
    numbers: Samples, density: Samples, time_s: Samples, weight: Samples
) -> tuple[Samples, Samples]:
    """Return how far each start moves, shape (starts, 5), and the information it has."""
    parts, noise = exponentials(numbers, time_s), np.exp(numbers[:, 4:])
    heard = parts.sum(axis=1) + noise
    slopes = np.empty((len(numbers), 5, density.shape[-1]))
    slopes[:, :4:2] = parts
    slopes[:, 1:4:2] = -np.exp(numbers[:, 1:4:2, np.newaxis]) * time_s[:, np.newaxis] * parts
    slopes[:, 4] = noise
    slopes /= heard[:, np.newaxis]
    weighted = slopes * weight[:, np.newaxis]
    information = weighted @ slopes.transpose(0, 2, 1)
    score = weighted @ (density / heard - 1.0)[..., np.newaxis]
    own = np.diagonal(information, axis1=1, axis2=2)
    damping = DAMPING * np.maximum(own, NEGLIGIBLE * own.max(axis=-1, keepdims=True))
    damped = information + damping[:, np.newaxis] * np.eye(5)
    step = np.linalg.solve(damped, score)[..., 0]
    return np.clip(step, -LARGEST_STEP, LARGEST_STEP), information


def _rows(arrays: Sequence[Samples], filling: float) -> Samples:
    """Return arrays as rows of one length."""
    rows = np.full((len(arrays), max(array.size for array in arrays)), filling)
    for row, array in zip(rows, arrays, strict=True):
        row[: array.size] = array
    return rows
