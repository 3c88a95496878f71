"""What noise and extrapolation leave unknown of a figure, to first order.

A figure of a decay moves with the energy of each step by a weight G; it is as uncertain as these
energies are: each by itself, and all together with the level of the noise, and with level and slope
of the late decay which takes over where the noise does.
"""

from __future__ import annotations

from math import hypot
from typing import Final

import numpy as np

from sonalyze_acoustics.likelihood import LEAST
from sonalyze_acoustics.restoration import Restored
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.steps import Steps
from sonalyze_acoustics.straightness import Lines

DECIBEL: Final = 10 / float(np.log(10))

OF_FILTER: Final = {"edt_s": 5.0, "t20_s": 1.0, "t30_s": 1.0, "topt_s": 1.0}
"""Of a decay time, over (B T)^2: the mask rings into the decay's first decibels. Measured on masked
exponentials with direct sound up to 60 % of the energy, B T from 13 to 5,000: 2.8 % of EDT and 0.6
% of T20 at 13, a quarter of that at 27."""

OF_STEPS: Final = {
    "edt_s": 0.003, "t20_s": 0.001, "t30_s": 0.001, "topt_s": 0.001,
    "c50_db": 0.01, "c80_db": 0.01, "drr_db": 0.01, "d50": 0.0005, "d80": 0.0005, "ts_s": 0.0001,
}  # fmt: skip
"""Of any figure, times in shares of themselves: curves are known in steps, whose places depend on
where the noise is met. Measured on noise-like decays with noise 60 dB down, and none."""


def spread(decays: Restored, weight: Samples, beyond: Samples) -> Samples:
    """Return the standard uncertainty of figures.

    Parameters
    ----------
    decays : Restored
        The decays of `bands` bands.
    weight : ndarray, shape (bands, figures, steps)
        How each figure moves with the energy of each step.
    beyond : ndarray, shape (bands, figures)
        How it moves with the energy of the tail.

    Returns
    -------
    ndarray, shape (bands, figures)
        In the unit of the figure; not finite where the weights are not.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        common = np.einsum("bfs,bms->bmf", weight, decays.moved)
        common += beyond[:, np.newaxis] * decays.tail_moved[..., np.newaxis]
        single = np.einsum("bfs,bs->bf", weight**2, decays.variance)
        single += beyond**2 * decays.tail_variance[:, np.newaxis]
        return np.asarray(np.sqrt(single + (common**2).sum(axis=1)))


def line_weights(decays: Restored, left: Samples, lines: Lines) -> tuple[Samples, Samples]:
    """Return how slopes in dB per second move with the energy of each step, and of the tail.

    Parameters
    ----------
    decays : Restored
        The decays.
    left : ndarray, shape (bands, steps + 1)
        Their decay curves.
    lines : Lines
        Fitted to them, shape (bands, figures).
    """
    start_s, stop_s = lines.start_s[..., np.newaxis], lines.stop_s[..., np.newaxis]
    edge_s, steps = decays.steps.edge_s[:, np.newaxis], decays.steps
    held_s = np.clip(edge_s, start_s, stop_s)
    lever_s = 0.5 * (held_s[..., 1:] + held_s[..., :-1]) - 0.5 * (start_s + stop_s)
    middle = np.sqrt(left[:, 1:] * left[:, :-1])[:, np.newaxis]
    width_s = np.maximum(steps.step_s, LEAST)[:, np.newaxis]
    with np.errstate(all="ignore"):
        pull = 12 / (stop_s - start_s) ** 3 * lever_s * np.diff(held_s, axis=-1) / middle
        # Energy raises the curve at all instants before it.
        moved = np.cumsum(pull, axis=-1)
        weight, beyond = moved - 0.5 * pull, moved[..., -1]
        for end_s, turn in ((start_s, lines.start_turn), (stop_s, lines.stop_turn)):
            after = np.clip((edge_s[..., 1:] - end_s) / width_s, 0.0, 1.0)
            turned = turn / _at(decays.steps, left, end_s[..., 0])
            weight = weight + turned[..., np.newaxis] * after
            beyond = beyond + turned
    return DECIBEL * weight, DECIBEL * beyond


def _at(steps: Steps, left: Samples, time_s: Samples) -> Samples:
    """Return the decay curves at some times, shape (bands, times)."""
    index = (steps.edge_s[:, np.newaxis] < time_s[..., np.newaxis]).sum(axis=-1)
    return np.take_along_axis(left, np.minimum(index, left.shape[-1] - 1), axis=-1)


def systematic(name: str, value: float, bandwidth_hz: float) -> float:
    """Return the standard uncertainty that is left of a figure without any noise.

    Parameters
    ----------
    name : str
        Which figure.
    value : float
        The figure.
    bandwidth_hz : float
        Of the band; infinite where nothing was filtered.
    """
    if name not in OF_FILTER:
        return OF_STEPS[name]
    share = OF_FILTER[name] / (bandwidth_hz * value) ** 2
    return hypot(OF_STEPS[name], share) * value
