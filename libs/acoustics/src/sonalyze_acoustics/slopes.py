"""Single exponentials of greatest likelihood, from 5 dB below the onset through the noise.

Each is asked whether a slower or a faster one hides in what it leaves: the score of such an
addition is normal with unit variance where the decay is straight (Rao's test), while level, slope
and noise are free.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.likelihood import LEAST, Exponential, scored
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.steps import FINE_S, Steps

RINGING: Final = 2.0
"""A strong direct sound rings in the band for this many reciprocals of its bandwidth."""

SCORINGS: Final = 6
"""From the late decay."""

SIXTY_DB: Final = float(np.log(1e6))

SLOWER: Final = 3.0
"""The additions that are asked for decay this much slower and faster; others are seen with them."""

TOLD_APART: Final = 1e-6
"""Share of its information that the addition must keep from level, slope and noise."""

UNSUSPICIOUS: Final = 1.0
STRAIGHT: Final = 2.0
SUSPICIOUS: Final = 2.5
BENT: Final = 3.0
"""Standard deviations: up to the first a decay is taken for straight where little of it is seen, up
to the second where all of it is; a second slope is looked for from the third on, and from the last
on the decay is called bent."""


@dataclass(frozen=True, slots=True)
class OneSlope:
    """The single exponential that explains a decay best; `bend` in standard deviations."""

    time_s: float
    error_s: float
    energy: float
    """From the onset to infinity."""
    bend: float
    added: float
    """Density at the onset of the slower exponential that the residuals ask for."""

    def suffices(self, *, in_sight: bool) -> bool:
        """Say whether it may stand in for what the noise hides of the decay.

        Where the range is not in sight, less of a second slope would show.
        """
        return abs(self.bend) < (STRAIGHT if in_sight else UNSUSPICIOUS)

    @property
    def is_bent(self) -> bool:
        """Say whether the decay is bent beyond doubt, either way."""
        return abs(self.bend) >= BENT


def single_slopes(steps: Steps, from_s: Samples) -> tuple[OneSlope | None, ...]:
    """Fit one exponential to each decay.

    Parameters
    ----------
    steps : Steps
        What was measured.
    from_s : ndarray, shape (bands,)
        Where each fit begins; not before the direct sound is over in its band.

    Returns
    -------
    tuple of OneSlope
        None where nothing decays.
    """
    shape = fitted_shape(steps, from_s)
    start = Exponential(
        np.log(np.maximum(steps.late[:, 0], LEAST)), steps.rate_per_s, steps.middle_s[:, 0]
    )
    density = steps.density
    fit, covariance = scored(start, density, steps.middle_s, steps.noise, shape, steps=SCORINGS)
    with np.errstate(all="ignore"):
        time_s = SIXTY_DB / fit.rate_per_s
        error_s = time_s * np.sqrt(covariance.rate) / fit.rate_per_s
        energy = fit.amplitude() / fit.rate_per_s
        bend, added = _bend(fit, density, steps, shape)
    columns = np.stack((time_s, error_s, energy, bend, added), axis=-1)
    is_known = np.isfinite(columns).all(axis=-1) & (fit.rate_per_s > 0) & (error_s > 0)
    return tuple(
        OneSlope(*row) if known else None
        for row, known in zip(columns.tolist(), is_known.tolist(), strict=True)
    )


def fitted_shape(steps: Steps, from_s: Samples) -> Samples:
    """Return the shape of each step's distribution, 0 before the fit begins."""
    begin_s = np.maximum(np.maximum(from_s, FINE_S), RINGING / steps.bandwidth_hz)
    inside = steps.edge_s[:, :-1] >= begin_s[:, np.newaxis]
    return np.asarray(steps.bandwidth_hz[:, np.newaxis] * steps.step_s * inside)


def _bend(
    fit: Exponential, density: Samples, steps: Steps, shape: Samples
) -> tuple[Samples, Samples]:
    """Return the largest score of an addition over its deviation, and how much of a slower one.

    A slower one is what double decays have late; seen from their slow end they have a faster one.
    """
    decay, noise = fit.at(steps.middle_s), steps.noise[:, np.newaxis]
    heard = np.maximum(decay + noise, LEAST)
    since_s = steps.middle_s - fit.origin_s[:, np.newaxis]
    free = np.stack((decay, decay * since_s, heard - decay), axis=1) / heard[:, np.newaxis]
    rate_per_s = fit.rate_per_s[:, np.newaxis, np.newaxis] * np.array([[1 / SLOWER], [SLOWER]])
    added = np.exp(-rate_per_s * steps.middle_s[:, np.newaxis]) / heard[:, np.newaxis]
    weighted = free * shape[:, np.newaxis]
    gram = weighted @ np.swapaxes(free, 1, 2)
    own = np.einsum("bii->bi", gram)
    own += TOLD_APART * own + LEAST
    cross = weighted @ np.swapaxes(added, 1, 2)
    shares = np.linalg.solve(gram, cross)
    surplus = density / heard - 1.0
    score = np.einsum("bas,bs->ba", added, shape * surplus)
    score -= np.einsum("bfa,bf->ba", shares, np.einsum("bfs,bs->bf", weighted, surplus))
    whole = np.einsum("bas,bs->ba", added**2, shape)
    information = whole - (shares * cross).sum(axis=1)
    is_told = information > TOLD_APART * whole
    information = np.where(is_told, information, 1.0)
    scores = np.where(is_told, score / np.sqrt(information), 0.0)
    largest = np.argmax(np.abs(scores), axis=-1)[:, np.newaxis]
    bend = np.take_along_axis(scores, largest, axis=-1)[:, 0]
    return bend, np.where(is_told, score / information, 0.0)[:, 0]
