"""Straight lines through decay curves, and how straight the curves are (ISO 3382-2 Annex B).

Between its instants a curve's level is taken as linear; least squares over all instants of a range,
not only over those where the curve is known, then needs nothing but the running integrals of
L, tL and L^2. However many ranges are asked for, each costs the same few lookups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.samples import Samples

AROUND: Final = 4
"""Instants on either side over which a curve's own slope is taken."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines fitted to levels, shape (bands, ranges); nan where a curve ends above a range.

    Where a curve is bent its line also turns when the ends of the range move: `start_turn` and
    `stop_turn` are by how many dB per second, for each decibel that the curve there is raised.
    """

    start_s: Samples
    stop_s: Samples
    slope_db_per_s: Samples
    correlation: Samples
    start_turn: Samples
    stop_turn: Samples

    @property
    def time_s(self) -> Samples:
        """Return the reverberation times."""
        with np.errstate(divide="ignore"):
            return np.asarray(-60.0 / self.slope_db_per_s)

    @property
    def nonlinearity_permille(self) -> Samples:
        """Return xi = 1000 (1 - r^2)."""
        return np.asarray(1000.0 * np.maximum(1.0 - self.correlation**2, 0.0))


class Levels:
    """Falling decay curves in dB, shape (bands, instants), ready for lines.

    Parameters
    ----------
    time_s : ndarray, shape (bands, instants)
        Instants of each curve.
    level_db : ndarray, shape (bands, instants)
        Their levels, which never rise.
    """

    def __init__(self, time_s: Samples, level_db: Samples) -> None:
        self._time_s, self._level_db = time_s, level_db
        pieces = _integrals(time_s[:, :-1], level_db[:, :-1], time_s[:, 1:], level_db[:, 1:])
        self._sums = np.pad(np.cumsum(pieces, axis=-1), ((0, 0), (0, 0), (1, 0)))

    def reached_s(self, level_db: Samples) -> Samples:
        """Return when each curve passes levels, shape (bands, levels); nan where it does not."""
        return self._place(level_db)[1]

    def lines(self, upper_db: Samples, lower_db: Samples) -> Lines:
        """Fit lines between levels, shape (ranges,), or (bands, ranges) for ranges of their own."""
        upper, start_s, start_db = self._place(upper_db)
        lower, stop_s, stop_db = self._place(lower_db)
        inside = self._up_to(lower, stop_s, stop_db) - self._up_to(upper, start_s, start_db)
        length_s = stop_s - start_s
        with np.errstate(divide="ignore", invalid="ignore"):
            level, moment, square = inside / length_s
            middle_s = 0.5 * (start_s + stop_s)
            covariance = moment - middle_s * level
            spread = length_s**2 / 12
            correlation = covariance / np.sqrt(spread * np.maximum(square - level**2, 0.0))
            slope = covariance / spread
            half_db = 0.5 * slope * length_s
            start_turn = (start_db - level + half_db) / spread * self._later_s(upper)
            stop_turn = (stop_db - level - half_db) / spread * self._later_s(lower)
        is_first = upper_db > self._level_db[:, :1]
        return Lines(
            start_s,
            stop_s,
            slope,
            np.clip(correlation, -1.0, 1.0),
            np.where(is_first, 0.0, 0.5 * start_turn),
            0.5 * stop_turn,
        )

    def _later_s(self, before: np.ndarray) -> Samples:
        """Return by how much later a level is passed for each decibel that a curve is raised."""
        rows, last = np.arange(before.shape[0])[:, np.newaxis], self._level_db.shape[-1] - 1
        first, stop = np.maximum(before - AROUND, 0), np.minimum(before + AROUND + 1, last)
        fallen_db = self._level_db[rows, first] - self._level_db[rows, stop]
        passed_s = self._time_s[rows, stop] - self._time_s[rows, first]
        return np.asarray(passed_s / np.maximum(fallen_db, 1e-12))

    def _place(self, level_db: Samples) -> tuple[np.ndarray, Samples, Samples]:
        """Return the instant before each crossing, its time, and the level there."""
        level_db = np.broadcast_to(level_db, (self._level_db.shape[0], level_db.shape[-1]))
        above = self._level_db[:, np.newaxis] >= level_db[..., np.newaxis]
        after = np.count_nonzero(above, axis=-1)
        reached = after < self._level_db.shape[-1]
        before = np.clip(after - 1, 0, self._level_db.shape[-1] - 2)
        rows = np.arange(before.shape[0])[:, np.newaxis]
        upper_db, lower_db = self._level_db[rows, before], self._level_db[rows, before + 1]
        step_db = np.maximum(upper_db - lower_db, 1e-12)
        share = np.clip((upper_db - level_db) / step_db, 0.0, 1.0)
        start_s = self._time_s[rows, before]
        time_s = start_s + share * (self._time_s[rows, before + 1] - start_s)
        found_db = upper_db + share * (lower_db - upper_db)
        return before, np.where(reached, time_s, np.nan), found_db

    def _up_to(self, before: np.ndarray, time_s: Samples, level_db: Samples) -> Samples:
        """Return the three integrals from the start to points between instants."""
        rows = np.arange(before.shape[0])[:, np.newaxis]
        start_s, start_db = self._time_s[rows, before], self._level_db[rows, before]
        return self._sums[:, rows, before] + _integrals(start_s, start_db, time_s, level_db)


def _integrals(start_s: Samples, start_db: Samples, stop_s: Samples, stop_db: Samples) -> Samples:
    """Return the integrals of L, tL and L^2 over straight pieces, stacked."""
    length_s = stop_s - start_s
    level = 0.5 * (start_db + stop_db)
    twice = start_s * start_db + stop_s * stop_db
    crossed = start_s * stop_db + stop_s * start_db
    square = (start_db**2 + start_db * stop_db + stop_db**2) / 3
    return np.stack((length_s * level, length_s * (twice / 3 + crossed / 6), length_s * square))
