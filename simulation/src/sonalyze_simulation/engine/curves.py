"""Energy decay curves, thinned to what a plot can show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from sonalyze_simulation.engine.pairs import RATE_HZ, Heard, band_responses

MOST_POINTS: Final = 200
LOWEST_DB: Final = -65.0


def thinned(pair: Heard) -> Iterator[tuple[float, list[float], list[float]]]:
    """Give each octave's centre, times after the direct sound in s, and levels in dB.

    There is no curve of an octave in which nothing is heard.
    """
    for response in band_responses(pair)[:-1]:
        if response.peak_power <= 0:
            yield response.band.center_hz, [], []
            continue
        levels_db = response.levels_db
        end = int(np.argmax(levels_db < LOWEST_DB)) or levels_db.size
        step = max(1, -(-end // MOST_POINTS))
        chosen = np.arange(0, end, step)
        yield (
            response.band.center_hz,
            np.round(chosen / RATE_HZ, 4).tolist(),
            np.round(levels_db[chosen], 2).tolist(),
        )
