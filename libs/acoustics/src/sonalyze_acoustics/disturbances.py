"""Short sounds that do not belong to the measurement: a door, a cough, something that falls.

In a recording they are short and hit many frequencies at once, which neither sweep nor room nor
harmonics do. Deconvolution spreads them over the whole response: each octave's noise rises if the
sweep had passed it not long before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.bands import OCTAVES
from sonalyze_acoustics.evaluation import Finding
from sonalyze_acoustics.ribbons import Ribbons
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.signal import (
    CHIRP_S,
    END_CHIRP_START_S,
    SWEEP_S,
    SWEEP_START_S,
    SignalSpec,
    growth_s,
)

BLOCKS: Final = 8
"""Blocks of a step, 64 ms: long enough for a median that a click does not move."""

BESIDE: Final = (-2, -1, 6, 7)
"""Steps that say what is usual around a step: just before, and when a bang has died away."""

LASTING: Final = 8
"""Steps over which a disturbance's energy is gathered: half a second."""

STANDS_OUT: Final = 20.0
"""Loudest block over what is usual: noise of one degree of freedom reaches 11 in 16 s."""

FEWEST: Final = 3
"""Ribbons that it must be heard in at once."""

APART_S: Final = 0.5
QUIET_SHARE: Final = 0.3
MASKED: Final = 30.0
"""Where the usual is this far above the noise, sweep or decay hide what else is there."""

FADES_S: Final = 0.1
"""Around an instant at which the signal itself is heard everywhere."""

FOLDED: Final = ((3, 1), (4, 1), (5, 1), (5, 2))
"""Orders of harmonics, and how many times the played rate they are when they fold to zero."""

TAIL_S: Final = 2.0
"""How long after the sweep a disturbance still falls into the part of a response that counts."""

Flags: TypeAlias = NDArray[np.bool_]

RAISED_DB: Final = 3.0

FARTHEST: Final = 0.5
"""How far from an octave's centre, in factors of e, a ribbon still speaks for it."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A short sound: when it came, and by how much it raised the noise of octaves."""

    instant_s: float
    """In seconds after the signal's start."""
    raised_db: dict[float, float]
    """By centre frequency; only octaves in which it counts."""


def disturbance_findings(ribbons: Ribbons, spec: SignalSpec) -> Iterator[Finding]:
    """Tell when something else was heard, and which octaves' noise it raised."""
    for each in disturbances(ribbons, spec):
        bands = ", ".join(
            f"{center_hz:g} Hz by {raised_db:.0f} dB"
            for center_hz, raised_db in each.raised_db.items()
        )
        effect = f"it raises the noise of {bands}" if bands else "it spoils no octave"
        yield Finding(
            "disturbance", "warning" if bands else "info", None,
            f"A short noise was heard {each.instant_s:.1f} s after the start of the signal: "
            f"{effect}. Measure again while nobody moves.",
        )  # fmt: skip


def disturbances(ribbons: Ribbons, spec: SignalSpec) -> list[Disturbance]:
    """Find short sounds in a recording's ribbons.

    Parameters
    ----------
    ribbons : Ribbons
        Of the recording.
    spec : SignalSpec
        What was played.

    Returns
    -------
    list of Disturbance
        In the order of time.
    """
    steps = ribbons.ribbons[0].power.size // BLOCKS if ribbons.ribbons else 0
    if len(ribbons.ribbons) < FEWEST or steps <= max(BESIDE):
        return []
    power = np.stack([ribbon.power[: steps * BLOCKS] for ribbon in ribbons.ribbons])
    power = power.reshape(len(power), steps, BLOCKS)
    usual = np.median(power, axis=-1)
    rounding = np.array([ribbon.rounding for ribbon in ribbons.ribbons])
    noise = np.maximum(np.quantile(usual, QUIET_SHARE, axis=-1), rounding)
    around = np.maximum.reduce([np.roll(usual, -beside, axis=-1) for beside in BESIDE])
    around = np.maximum(around, noise[:, np.newaxis])
    stands_out = (power.max(axis=-1) > STANDS_OUT * around).sum(axis=0) >= FEWEST
    step_s = BLOCKS * ribbons.block_s
    instants_s = np.arange(steps, dtype=np.float64) * BLOCKS - ribbons.start
    instants_s = SWEEP_START_S + instants_s * ribbons.block_s
    stands_out &= ~_expected(instants_s, step_s, spec)
    widths_hz = np.array([ribbon.bandwidth_hz for ribbon in ribbons.ribbons])
    found: list[Disturbance] = []
    for step in np.flatnonzero(stands_out):
        instant_s = float(instants_s[step])
        if found and instant_s - found[-1].instant_s < APART_S:
            continue
        surplus = power[:, step : step + LASTING] - around[:, step, np.newaxis, np.newaxis]
        energy = np.maximum(surplus, 0.0).sum(axis=(1, 2)) * ribbons.block_s
        density = np.where(around[:, step] < MASKED * noise, energy / widths_hz, np.nan)
        raised_db = _raised_db(ribbons, instant_s, density, noise / widths_hz, spec)
        found.append(Disturbance(instant_s, raised_db))
    return found


def _raised_db(
    ribbons: Ribbons, instant_s: float, density: Samples, noise: Samples, spec: SignalSpec
) -> dict[float, float]:
    """Return by how much a disturbance raises the noise of the octaves in which it counts.

    Its energy per hertz, nan where the sweep hid it and the nearest ribbon speaks for it, is spread
    over the time that the sweep takes for an octave.
    """
    growing_s = growth_s(spec.sweep_band_hz, SWEEP_S)
    centers = np.log([ribbon.center_hz for ribbon in ribbons.ribbons])
    raised_db = {}
    for band in OCTAVES:
        away = np.abs(centers - np.log(band.middle_hz))
        passed_s = [
            SWEEP_START_S + growing_s * float(np.log(edge_hz / spec.sweep_start_hz))
            for edge_hz in (band.lower_hz, band.upper_hz)
        ]
        if not band.inside(spec.sweep_band_hz) or away.min() > FARTHEST:
            continue
        if passed_s[0] < instant_s < passed_s[1] + TAIL_S:
            loud = density[np.argmin(np.where(np.isnan(density), np.inf, away))]
            quiet = noise[np.argmin(away)] * (passed_s[1] - passed_s[0])
            raised_db[band.center_hz] = float(10 * np.log10(1 + loud / quiet))
    return {center_hz: db for center_hz, db in raised_db.items() if db >= RAISED_DB}


def _expected(instants_s: Samples, step_s: float, spec: SignalSpec) -> Flags:
    """Say in which steps the signal itself is heard everywhere at once.

    Where it begins and ends, and where a harmonic beyond what the played rate carries comes back
    from the other side and sweeps all frequencies in a moment.
    """
    sweep_end_s = SWEEP_START_S + SWEEP_S
    limits = [
        (0.0, CHIRP_S),
        (SWEEP_START_S, SWEEP_START_S),
        (sweep_end_s, sweep_end_s),
        (END_CHIRP_START_S, END_CHIRP_START_S + CHIRP_S),
    ]
    growing_s = growth_s(spec.sweep_band_hz, SWEEP_S)
    for order, turn in FOLDED:
        folded_hz = spec.sample_rate_hz * turn / order
        instant_s = SWEEP_START_S + growing_s * float(np.log(folded_hz / spec.sweep_start_hz))
        limits.append((instant_s, instant_s))
    expected = np.zeros(instants_s.size, dtype=bool)
    for begin_s, end_s in limits:
        expected |= (instants_s + step_s > begin_s - FADES_S) & (instants_s < end_s + FADES_S)
    return expected
