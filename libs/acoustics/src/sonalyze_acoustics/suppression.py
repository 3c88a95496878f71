"""Noise suppression and noise gates: recorders that decide what is worth hearing.

While the sweep plays, a gate is open and the room's own noise is heard beside it; in the silence
after the sweep it closes and the noise vanishes. Automatic gain control does the opposite: it
turns the noise up where nothing else is heard. A microphone left alone hears the same noise in
both. Only low frequencies are compared, which the sweep has left long ago when it ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from sonalyze_acoustics.evaluation import Finding
from sonalyze_acoustics.ribbons import Ribbons

SILENT_S: Final = 11.0
"""When the sweep has been over for a second; low frequencies have been for five."""

SHORTEST_S: Final = 0.3

SWEEPING_S: Final = (8.8, 9.8)
"""While the sweep passes its upper end, counted from its start."""

DECAYED_S: Final = 3.0
"""How long before the sweep must have left a frequency: 60 dB even in large halls."""

LARGEST_HZ: Final = 1500.0
DIFFERENT_DB: Final = 10.0
"""Noise of rooms in use differs by 6 dB between two seconds of the real recordings."""

FEWEST: Final = 2
QUANTISED: Final = 10.0
"""Noise that counts stands this far above that of 16 bit steps, which rounding may take away."""


def suppression_findings(ribbons: Ribbons) -> Iterator[Finding]:
    """Tell whether the noise beside the sweep differs from the noise in the silence after it."""
    left_long_ago = [
        ribbon
        for ribbon in ribbons.ribbons
        if ribbon.center_hz <= LARGEST_HZ and ribbon.passing_s + DECAYED_S <= SWEEPING_S[0]
    ]
    if len(left_long_ago) < FEWEST or ribbons.end_s < SILENT_S + SHORTEST_S:
        return
    silence = ribbons.blocks(SILENT_S, ribbons.end_s)
    sweeping = ribbons.blocks(*SWEEPING_S)
    differences_db = []
    for ribbon in left_long_ago:
        after, beside = (_floor(ribbon.power[part]) for part in (silence, sweeping))
        if max(after, beside) > QUANTISED * ribbon.rounding:
            rounded = [max(floor, ribbon.rounding) for floor in (beside, after)]
            differences_db.append(10 * np.log10(rounded[0] / rounded[1]))
    if len(differences_db) < FEWEST:
        return
    least_db, most_db = min(differences_db), max(differences_db)
    if least_db > DIFFERENT_DB:
        yield Finding(
            "noise_suppressed", "warning", None,
            f"The background noise falls by {least_db:.0f} dB or more where nothing is played: "
            "turn noise suppression off on the recording phone.",
        )  # fmt: skip
    elif most_db < -DIFFERENT_DB:
        yield Finding(
            "noise_raised", "warning", None,
            f"The background noise rises by {-most_db:.0f} dB or more where nothing is played: "
            "turn automatic gain control off on the recording phone.",
        )  # fmt: skip


def _floor(power: np.ndarray) -> float:
    """Return the mean of the quieter half: short disturbances do not count."""
    if not power.size:
        return 0.0
    return float(np.sort(power)[: max(1, power.size // 2)].mean())
