"""From the energies of bands to decays that are understood: restored, with one slope or two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sonalyze_acoustics.curves import T20
from sonalyze_acoustics.decay_times import levels_of
from sonalyze_acoustics.double_slopes import TwoSlopes, double_slopes
from sonalyze_acoustics.response_bands import BandResponse
from sonalyze_acoustics.restoration import Restored, restored
from sonalyze_acoustics.slopes import OneSlope, single_slopes
from sonalyze_acoustics.steps import stepped


@dataclass(frozen=True, slots=True)
class Understood:
    """Decays of bands, and the slopes that explain each of them."""

    decays: Restored
    single: tuple[OneSlope | None, ...]
    double: tuple[TwoSlopes | None, ...]


def understood(responses: Sequence[BandResponse]) -> Understood:
    """Restore decays as one slope says first, and as two say where one does not suffice."""
    steps = stepped(responses)
    decays = restored(steps)
    begin_s = np.nan_to_num(levels_of(decays).reached_s(np.array([T20.upper_db]))[:, 0])
    single = single_slopes(steps, begin_s)
    double = double_slopes(steps, begin_s, single)
    if any(double):
        decays = restored(steps, double)
    return Understood(decays, single, double)
