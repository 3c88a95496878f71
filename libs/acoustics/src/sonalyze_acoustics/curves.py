"""Energy decay curves and the reverberation times they give. Any energy over time will do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.errors import InsufficientDecay
from sonalyze_acoustics.samples import Samples


@dataclass(frozen=True, slots=True)
class EvaluationRange:
    """Limits of a straight-line fit in dB below the steady state."""

    upper_db: float
    lower_db: float


EDT: Final = EvaluationRange(0.0, -10.0)
T20: Final = EvaluationRange(-5.0, -25.0)
T30: Final = EvaluationRange(-5.0, -35.0)


def energy_decay_curve(
    energy: Samples, sample_rate_hz: float, *, noise: float = 0.0, tail_energy: float = 0.0
) -> Samples:
    """Integrate energy backwards, without the noise and with the tail that was cut off.

    Parameters
    ----------
    energy : ndarray, shape (..., n), float64
        Energy density up to the end of the evaluation.
    sample_rate_hz : float
        Its rate in Hz.
    noise : float, default 0
        Noise in the energy density, subtracted before integration (Chu, JASA 63, 1444, 1978).
    tail_energy : float, default 0
        Energy after the last sample (ISO 3382-1, 5.3.3).

    Returns
    -------
    ndarray, shape (..., n), float64
        Energy from each sample's instant on.

    Notes
    -----
    Schroeder, JASA 37, 409, 1965; subtraction, truncation and tail together are the method of
    least error of Guski and Vorlaender, Acta Acustica 100, 320, 2014.
    """
    net = (energy - noise) / sample_rate_hz
    after = np.cumsum(net[..., ::-1], axis=-1)[..., ::-1]
    return np.asarray(after - 0.5 * net + tail_energy)


def level_db(curve: Samples, reference: float | Samples) -> Samples:
    """Return a curve's level in dB relative to a reference energy, shape (...) or scalar."""
    floor = np.finfo(np.float64).tiny
    relative = curve / np.asarray(reference)[..., np.newaxis]
    return np.asarray(10 * np.log10(np.maximum(relative, floor)))


def reverberation_time(
    levels_db: Samples, sample_rate_hz: float, evaluation_range: EvaluationRange = T30
) -> Samples:
    """Estimate reverberation times from the levels of energy decay curves.

    A straight line is fitted by least squares to the level inside the evaluation range and
    extended to 60 dB, so that T20, T30 and EDT are directly comparable.

    Parameters
    ----------
    levels_db : ndarray, shape (..., n), float64
        Decay curves in dB; 0 dB is the energy of the whole response.
    sample_rate_hz : float
        Sampling rate in Hz.
    evaluation_range : EvaluationRange, default T30
        Limits of the fit.

    Returns
    -------
    ndarray, shape (...), float64
        Reverberation time of each curve in seconds.

    Raises
    ------
    InsufficientDecay
        If a curve ends above the lower limit.

    Notes
    -----
    ISO 3382-1, evaluation of decay curves. The noise must lie 10 dB below the lower limit: that is
    the caller's to check, because only the caller knows the noise.

    Examples
    --------
    >>> levels = -60 * np.arange(48_000) / 48_000
    >>> round(float(reverberation_time(levels, 48_000)), 6)
    1.0
    """
    below = levels_db < evaluation_range.lower_db
    if not below.any(axis=-1).all():
        reached_db = float(levels_db.min(axis=-1).max())
        raise InsufficientDecay(reached_db, evaluation_range.lower_db)
    index = np.arange(levels_db.shape[-1])
    before = index < np.argmax(below, axis=-1)[..., np.newaxis]
    inside = before & (levels_db <= evaluation_range.upper_db)
    count = np.maximum(inside.sum(axis=-1), 1)
    mean_index = (inside * index).sum(axis=-1) / count
    mean_db = np.where(inside, levels_db, 0.0).sum(axis=-1) / count
    centred = np.where(inside, index - mean_index[..., np.newaxis], 0.0)
    spread = (centred**2).sum(axis=-1)
    covariance = (centred * np.where(inside, levels_db - mean_db[..., np.newaxis], 0.0)).sum(
        axis=-1
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(-60.0 / (covariance / spread * sample_rate_hz))
