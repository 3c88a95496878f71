"""Clarity, definition and centre time of many bands, with uncertainties.

Early and late energies come with the bands, cut out before they were filtered. What restoring adds
to plain subtraction of the noise is added to the late ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sonalyze_acoustics.likelihood import LEAST
from sonalyze_acoustics.response_bands import DIRECT_S, EARLY_S, BandResponse
from sonalyze_acoustics.restoration import Restored
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.steps import Steps
from sonalyze_acoustics.uncertainty import DECIBEL, spread


@dataclass(frozen=True, slots=True)
class EarlyLate:
    """One band's ratios and early shares at 50 ms, 80 ms and the direct sound's end.

    They are nan where there is no energy on both sides; the errors are standard uncertainties.
    """

    ratio_db: tuple[float, ...]
    ratio_error_db: tuple[float, ...]
    share: tuple[float, ...]
    share_error: tuple[float, ...]
    centre_s: float
    centre_error_s: float


def early_late(responses: Sequence[BandResponse], decays: Restored) -> tuple[EarlyLate, ...]:
    """Evaluate the balance of early and late energy."""
    limit_s = np.array([*EARLY_S, DIRECT_S])
    early = np.array([response.early_energy for response in responses])
    late = np.array([response.late_energy for response in responses]) + _restored(decays, limit_s)
    is_known = (early > 0) & (late > 0)
    early, late = np.where(is_known, early, np.nan), np.where(is_known, late, np.nan)
    within = _within(decays.steps, limit_s)
    own = within / early[..., np.newaxis] - (1 - within) / late[..., np.newaxis]
    ratio_error = spread(decays, own, -1 / late)
    share = early / (early + late)
    shares = (10 * np.log10(early / late), DECIBEL * ratio_error, share)
    ratios = (*shares, ratio_error * share * (1 - share))
    columns = (list(map(tuple, column.tolist())) for column in ratios)
    return tuple(map(EarlyLate, *columns, *_centre(decays).tolist()))


def _centre(decays: Restored) -> Samples:
    """Return the centre times and their uncertainties, shape (2, bands)."""
    # Where noise took everything, nothing is known: the others decide what is said of it.
    total = np.where(decays.total() > 0, decays.total(), np.inf)
    middle_s = decays.steps.middle_s
    moment = (middle_s * decays.energy).sum(axis=-1) + decays.steps.lead_moment
    tail_s = np.where(np.isfinite(decays.tail_s), decays.tail_s, 0.0)
    centre_s = (moment + decays.tail * tail_s) / total
    lever_s = (middle_s - centre_s[:, np.newaxis]) / total[:, np.newaxis]
    beyond_s = (tail_s - centre_s) / total
    error_s = spread(decays, lever_s[:, np.newaxis], beyond_s[:, np.newaxis])[:, 0]
    return np.stack((centre_s, error_s))


def _within(steps: Steps, limit_s: Samples) -> Samples:
    """Return which share of each step lies before some limits, shape (bands, limits, steps)."""
    passed_s = limit_s[:, np.newaxis] - steps.edge_s[:, np.newaxis, :-1]
    return np.asarray(np.clip(passed_s / np.maximum(steps.step_s, LEAST)[:, np.newaxis], 0.0, 1.0))


def _restored(decays: Restored, limit_s: Samples) -> Samples:
    """Return by how much restoring raises the late energies over plain subtraction.

    That ends where noise and decay are equal, and adds the tail.
    """
    steps = decays.steps
    before = steps.edge_s[:, 1:] <= steps.end_s[:, np.newaxis]
    plain = (steps.energy - steps.noise[:, np.newaxis] * steps.step_s) * before
    after = 1 - _within(steps, limit_s)
    gained = np.einsum("bfs,bs->bf", after, decays.energy - plain)
    return np.asarray(gained + (decays.tail - steps.tail)[:, np.newaxis])
