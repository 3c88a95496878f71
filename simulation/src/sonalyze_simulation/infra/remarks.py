"""What a person should know of a simulated room, in plain sentences."""

from __future__ import annotations

from typing import Final

import numpy as np

from sonalyze_simulation.engine.estimates import Estimates, schroeder_hz, unevenness
from sonalyze_simulation.engine.scene import Scene
from sonalyze_simulation.engine.simulation import OCTAVE_HZ, PairEvaluation

FAR_FROM_EYRING: Final = 0.2
UNEVEN: Final = 0.25
"""Difference of the mean absorption of facing pairs of sides from which theory errs clearly."""

MID: Final = slice(3, 5)
NOMINAL_HZ: Final = (63, 125, 250, 500, 1000, 2000, 4000, 8000)


def remarks_on(scene: Scene, expects: Estimates) -> list[str]:
    """Say what is special about a room."""
    remarks = []
    if float(unevenness(scene)[MID].mean()) > UNEVEN:
        remarks.append(
            "The absorption is on few sides of the room: its decay is longer than Sabine and "
            "Eyring expect, and the spread is wider."
        )
    mid_s = float(expects.eyring_s[MID].mean())
    if np.isfinite(mid_s):
        limit_hz = schroeder_hz(mid_s, scene.volume_m3)
        below = [
            str(nominal) for nominal, hz in zip(NOMINAL_HZ, OCTAVE_HZ, strict=True) if hz < limit_hz
        ]
        if below:
            remarks.append(
                f"Below {limit_hz:.0f} Hz single modes of the room are heard, which rays and "
                f"images do not know: mind the octaves {', '.join(below)} Hz."
            )
    return remarks


def remarks_on_pair(evaluation: PairEvaluation, expects: Estimates) -> list[str]:
    """Say where a pair is far from what theory expects."""
    found = [band.t30_s for band in evaluation.bands]
    far = []
    for nominal, time_s, eyring_s in zip(NOMINAL_HZ, found, expects.eyring_s, strict=True):
        if time_s is None or not np.isfinite(eyring_s):
            continue
        deviation = time_s / float(eyring_s) - 1
        if abs(deviation) > FAR_FROM_EYRING:
            far.append(f"{nominal} Hz {deviation:+.0%}")
    remarks = [f"T30 is more than 20 % from Eyring's: {', '.join(far)}."] if far else []
    heard = evaluation.heard
    if evaluation.speech.sti is not None and not heard.is_complete:
        known_ms = 1000 * max(heard.end_s - heard.first_s, 0.0)
        remarks.append(
            f"Images are complete for {known_ms:.0f} ms after the first sound: the STI does not "
            "count what comes later, and may be too high."
        )
    return remarks
