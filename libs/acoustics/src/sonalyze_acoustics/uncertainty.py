"""What noise and extrapolation leave unknown of a figure, to first order.

A figure of a decay moves with the energy of each step by a weight G; it is as uncertain as these
energies are. Four things are: the energy of each step by itself, the level of the noise, and the
level and the slope of the late decay which takes over where the noise does.
"""

from __future__ import annotations

from math import hypot
from typing import Final

import numpy as np

from sonalyze_acoustics.restoration import Restored
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.straightness import Lines

DECIBEL: Final = 10 / float(np.log(10))

OF_FILTER: Final = {"edt_s": 5.0, "t20_s": 1.0, "t30_s": 1.0, "topt_s": 1.0}
"""Of a decay time, over (B T)^2: the mask rings into the decay's first decibels. Measured on masked
exponentials with direct sound up to 60 % of the energy, B T from 13 to 5,000: 2.8 % of EDT and 0.6
% of T20 at 13, a quarter of that at 27."""

OF_STEPS: Final = {
    "edt_s": 0.0015, "t20_s": 0.001, "t30_s": 0.001, "topt_s": 0.001,
    "c50_db": 0.01, "c80_db": 0.01, "drr_db": 0.01, "d50": 0.0005, "d80": 0.0005, "ts_s": 0.00003,
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
    step_s, rate = decays.step_s, np.where(decays.rate_per_s > 0, decays.rate_per_s, 1.0)
    modelled = (1 - decays.share**2) * decays.decay * step_s
    from_s = decays.middle_s - decays.centre_s[:, np.newaxis]
    tail_s = decays.edge_s[:, -1] + 1 / rate - decays.centre_s
    # How the energies move with the noise and with the late decay's logarithm and slope.
    moved = np.stack(
        (
            decays.share**2 * step_s * (decays.noise * decays.noise_error)[:, np.newaxis],
            modelled * decays.level_error[:, np.newaxis],
            modelled * from_s * decays.rate_error_per_s[:, np.newaxis],
        )
    )
    tail = decays.tail * np.stack(
        (np.zeros_like(rate), decays.level_error, tail_s * decays.rate_error_per_s)
    )
    own = 0.5 * rate * decays.tail**2 / decays.bandwidth_hz
    with np.errstate(invalid="ignore", over="ignore"):
        common = np.einsum("bfs,mbs->mbf", weight, moved) + beyond * tail[..., np.newaxis]
        single = np.einsum("bfs,bs->bf", weight**2, decays.variance)
        return np.asarray(
            np.sqrt(single + beyond**2 * own[:, np.newaxis] + (common**2).sum(axis=0))
        )


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
    edge_s = np.clip(decays.edge_s[:, np.newaxis], start_s, stop_s)
    inside_s = np.diff(edge_s, axis=-1)
    lever_s = 0.5 * (edge_s[..., 1:] + edge_s[..., :-1]) - 0.5 * (start_s + stop_s)
    middle = np.sqrt(left[:, 1:] * left[:, :-1])[:, np.newaxis]
    with np.errstate(all="ignore"):
        pull = DECIBEL * 12 / (stop_s - start_s) ** 3 * lever_s * inside_s / middle
        # Energy raises the curve at all instants before it.
        moved = np.cumsum(pull, axis=-1)
        return moved - 0.5 * pull, moved[..., -1]


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
