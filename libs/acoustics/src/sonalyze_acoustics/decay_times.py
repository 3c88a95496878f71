"""Reverberation times of many bands by lines through their decay curves, with uncertainties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.curves import EDT, T20, T30
from sonalyze_acoustics.likelihood import LEAST
from sonalyze_acoustics.restoration import Restored
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.straightness import Levels, Lines
from sonalyze_acoustics.uncertainty import line_weights, spread

FIXED: Final = {"edt_s": EDT, "t20_s": T20, "t30_s": T30}
"""Times whose range is given; that of Topt is looked for."""

OPTIMAL_UPPER_DB: Final = (-5.0,)
OPTIMAL_LOWER_DB: Final = tuple(np.arange(-25.0, -56.0, -1.0))
OPTIMAL_LEAST_DB: Final = 20.0
"""A range of less says little more than EDT does."""

ABOVE_NOISE_DB: Final = 10.0
"""ISO 3382-1, 5.2.1: how far above the noise an evaluation ends."""

INDEPENDENT_PER_NEPER: Final = 0.4
"""Measured: with so many, 95 % of Topt in noise lie within two standard errors of what they are
without it, wherever their ranges then end."""

NEPER_DB: Final = 10 / float(np.log(10))


NAMES: Final = (*FIXED, "topt_s")


@dataclass(frozen=True, slots=True)
class Line:
    """A line through a decay curve, and the reverberation time that it gives."""

    time_s: float
    error_s: float
    correlation: float
    nonlinearity_permille: float
    upper_db: float
    lower_db: float

    @property
    def range_db(self) -> tuple[float, float]:
        """Return the levels between which it runs."""
        return self.upper_db, self.lower_db


def levels_of(decays: Restored) -> Levels:
    """Return decay curves in dB; 0 dB is the energy of the whole response."""
    total = np.maximum(decays.total(), LEAST)[:, np.newaxis]
    level_db = 10 * np.log10(np.maximum(decays.left() / total, LEAST))
    return Levels(decays.steps.edge_s, level_db)


def decay_times(decays: Restored, known_db: Samples) -> tuple[Mapping[str, Line], ...]:
    """Fit lines to decay curves.

    Parameters
    ----------
    decays : Restored
        The decays.
    known_db : ndarray, shape (bands,)
        How far each decay curve falls before the noise takes over.

    Returns
    -------
    tuple of mapping
        Each band's lines by the names of their times, those within reach.
    """
    left, levels = decays.left(), levels_of(decays)
    upper_db = np.empty((left.shape[0], len(FIXED) + 1))
    lower_db = np.empty_like(upper_db)
    upper_db[:, :-1] = [each.upper_db for each in FIXED.values()]
    lower_db[:, :-1] = [each.lower_db for each in FIXED.values()]
    upper_db[:, -1], lower_db[:, -1] = _straightest(levels, ABOVE_NOISE_DB - known_db)
    lines = levels.lines(upper_db, lower_db)
    slope_error = spread(decays, *line_weights(decays, left, lines))
    error_s = lines.time_s**2 / 60.0 * slope_error
    error_s[:, -1] = np.hypot(error_s[:, -1], lines.time_s[:, -1] * _misfit(lines)[:, -1])
    columns = np.stack(
        (
            lines.time_s, error_s, lines.correlation,
            lines.nonlinearity_permille, upper_db, lower_db,
        ),
        axis=-1,
    )  # fmt: skip
    falls = np.isfinite(columns).all(axis=-1) & (lines.slope_db_per_s < 0)
    return tuple(
        {
            name: Line(*figures)
            for name, figures, is_known in zip(NAMES, row, known, strict=True)
            if is_known
        }
        for row, known in zip(columns.tolist(), falls.tolist(), strict=True)
    )


def _straightest(levels: Levels, bottom_db: Samples) -> tuple[Samples, Samples]:
    """Return the range whose line has the least standard error, judged by its own residuals."""
    pairs = [
        (upper_db, lower_db)
        for upper_db in OPTIMAL_UPPER_DB
        for lower_db in OPTIMAL_LOWER_DB
        if upper_db - lower_db >= OPTIMAL_LEAST_DB
    ]
    upper_db, lower_db = np.array(pairs).T
    error = _misfit(levels.lines(upper_db, lower_db))
    error[(lower_db < bottom_db[:, np.newaxis]) | ~np.isfinite(error)] = np.inf
    best = np.argmin(error, axis=-1)
    is_any = np.isfinite(error.min(axis=-1))
    return np.where(is_any, upper_db[best], np.nan), np.where(is_any, lower_db[best], np.nan)


def _misfit(lines: Lines) -> Samples:
    """Return the standard errors of slopes, in shares of them, that residuals speak of.

    Each value of a curve is an integral over the decay's time constant, so few are independent.
    """
    nepers = -lines.slope_db_per_s * (lines.stop_s - lines.start_s) / NEPER_DB
    independent = INDEPENDENT_PER_NEPER * nepers
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt((1 / lines.correlation**2 - 1) / independent))
