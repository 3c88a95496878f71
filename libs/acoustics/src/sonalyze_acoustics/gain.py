"""Gain that moves while the signal plays: limiters in the loudspeaker, automatic gain control.

The same chirp at both ends must be equally loud, and the sweep, which passes the same frequencies
slowly, too. Real phones play the slow sweep up to 5 dB lower than the chirps, because they protect
their loudspeakers, and the last chirp up to 2.4 dB lower than the first; octave bands survive that.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from sonalyze_acoustics.evaluation import Finding
from sonalyze_acoustics.passages import Passages

COHERENT: Final = 0.75
"""Below this correlation energies are as much noise as signal."""

AUDIBLE_DB: Final = 1.0
"""Clean recordings stay within 0.2 dB."""

MOST_DB: Final = {"chirps": 3.5, "sweep": 6.0}
"""What real phones do not exceed: 2.4 dB between the chirps, 5 dB between chirp and sweep."""


def gain_findings(passages: Passages) -> Iterator[Finding]:
    """Tell how far the gain moved from chirp to chirp and from chirp to sweep."""
    clear = passages.coherence.min(axis=0) >= COHERENT
    if not clear.any():
        return
    start_db, end_db = passages.gains_db[:, clear]
    chirps_db = _largest(start_db - end_db)
    sweep_db = _largest(0.5 * (start_db + end_db))
    if max(abs(chirps_db), abs(sweep_db)) < AUDIBLE_DB:
        return
    too_much = abs(chirps_db) > MOST_DB["chirps"] or abs(sweep_db) > MOST_DB["sweep"]
    yield Finding(
        "gain_moves", "warning" if too_much else "info", None,
        f"From the first chirp to the last the level changes by {chirps_db:+.1f} dB, from the "
        f"chirps to the sweep by {sweep_db:+.1f} dB: "
        + ("turn automatic gain control off, or play at a lower volume." if too_much else
           "a limiter is at work, which the octaves survive; a lower volume avoids it."),
    )  # fmt: skip


def _largest(values_db: np.ndarray) -> float:
    """Return the value farthest from zero."""
    return float(values_db[np.argmax(np.abs(values_db))])
