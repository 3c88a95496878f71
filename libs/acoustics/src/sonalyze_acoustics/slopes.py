"""Single exponentials of greatest likelihood, from 5 dB below the onset into the noise.

Each is asked whether its residuals are bent: the score of a quadratic term is normal with unit
variance where the decay is straight (Rao's test).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.likelihood import LEAST, Exponential, scored
from sonalyze_acoustics.restoration import FINE_S, Restored
from sonalyze_acoustics.samples import Samples

RINGING: Final = 2.0
"""A strong direct sound rings in the band for this many reciprocals of its bandwidth."""

STEPS: Final = 6
"""Of scoring, from the late decay."""

SIXTY_DB: Final = float(np.log(1e6))

STRAIGHT: Final = 2.0
BENT: Final = 3.0
"""Standard deviations up to which a decay may be straight, and from which it is bent: of 5,760
straight ones with direct sound and noise 2.2 % had more than the first, 0.1 % than the second."""


@dataclass(frozen=True, slots=True)
class OneSlope:
    """The single exponential that explains a decay best; `bend` in standard deviations."""

    time_s: float
    error_s: float
    energy: float
    """From the onset to infinity."""
    bend: float

    @property
    def suffices(self) -> bool:
        """Say whether it may stand in for what the noise hides of the decay."""
        return abs(self.bend) < STRAIGHT

    @property
    def is_bent(self) -> bool:
        """Say whether the decay is bent beyond doubt, either way."""
        return abs(self.bend) >= BENT


def single_slopes(decays: Restored, from_s: Samples) -> tuple[OneSlope | None, ...]:
    """Fit one exponential to each decay.

    Parameters
    ----------
    decays : Restored
        With the noise that their tails showed.
    from_s : ndarray, shape (bands,)
        Where each fit begins; not before the direct sound is over in its band.

    Returns
    -------
    tuple of OneSlope
        None where nothing decays.
    """
    shape = fitted_shape(decays, from_s)
    density, middle_s = decays.noisy / decays.step_s, decays.middle_s
    start = Exponential(
        np.log(np.maximum(decays.decay[:, 0], LEAST)), decays.rate_per_s, middle_s[:, 0]
    )
    fit, covariance = scored(start, density, middle_s, decays.noise, shape, steps=STEPS)
    with np.errstate(all="ignore"):
        time_s = SIXTY_DB / fit.rate_per_s
        error_s = time_s * np.sqrt(covariance.rate) / fit.rate_per_s
        energy = fit.amplitude() / fit.rate_per_s
    bend = _bend(fit, density, middle_s, decays.noise, shape)
    columns = np.stack((time_s, error_s, energy, bend), axis=-1)
    is_known = np.isfinite(columns).all(axis=-1) & (fit.rate_per_s > 0) & (error_s > 0)
    return tuple(
        OneSlope(*row) if known else None
        for row, known in zip(columns.tolist(), is_known.tolist(), strict=True)
    )


def fitted_shape(decays: Restored, from_s: Samples) -> Samples:
    """Return the shape of each step's distribution, 0 before the fit begins."""
    begin_s = np.maximum(np.maximum(from_s, FINE_S), RINGING / decays.bandwidth_hz)
    inside = decays.edge_s[:, :-1] >= begin_s[:, np.newaxis]
    return np.asarray(decays.bandwidth_hz[:, np.newaxis] * decays.step_s * inside)


def _bend(
    fit: Exponential, density: Samples, time_s: Samples, noise: Samples, shape: Samples
) -> Samples:
    """Return the score of a quadratic term over its standard deviation."""
    expected = fit.at(time_s)
    heard = np.maximum(expected + noise[:, np.newaxis], LEAST)
    pull = shape * expected / heard
    weight = pull * expected / heard
    total = np.maximum(weight.sum(axis=-1, keepdims=True), LEAST)
    centred = time_s - (weight * time_s).sum(axis=-1, keepdims=True) / total
    first = centred**2
    second = (weight * centred**2).sum(axis=-1, keepdims=True)
    third = (weight * centred**3).sum(axis=-1, keepdims=True)
    left = first - second / total - centred * third / np.maximum(second, LEAST)
    score = (pull * (density / heard - 1.0) * left).sum(axis=-1)
    return np.asarray(score / np.sqrt(np.maximum((weight * left**2).sum(axis=-1), LEAST)))
