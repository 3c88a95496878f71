"""Short sounds that do not belong to the measurement: a door, a cough, something that falls.

In a recording they are short and hit many frequencies at once, which neither sweep nor room nor
harmonics do. Deconvolution spreads them over the whole response: each octave's noise rises if the
sweep had passed it not long before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.deconvolution import Foreign
from sonalyze_acoustics.evaluation import Finding
from sonalyze_acoustics.ribbons import Ribbons, passing_s
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.signal import (
    CHIRP_S,
    END_CHIRP_START_S,
    SWEEP_S,
    SWEEP_START_S,
    SignalSpec,
)
from sonalyze_acoustics.spoilt_octaves import Heard, Spoilt, spoilt_octaves, swept_energy

Flags: TypeAlias = NDArray[np.bool_]

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
"""What follows sooner is the same sound, still dying away."""

QUIET_SHARE: Final = 0.3
"""Share of the steps that hold noise alone in every ribbon, even in halls."""

MASKED: Final = 30.0
"""Where the usual is this far above the noise, sweep or decay hide what else is there."""

FADES_S: Final = 0.1
"""Around an instant at which the signal itself is heard everywhere."""

FOLDED: Final = 3
"""Of this order are the harmonics that a digital limiter folds back from beyond the played rate."""

CUT_DB: Final = -40.0
"""From here on T30 is better off without what follows: at -44 dB it was 0.5 % off, at -38 7 %."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """A short sound: when it came, in seconds after the signal's start, and what it spoilt."""

    instant_s: float
    spoilt: tuple[Spoilt, ...]


def disturbance_finding(disturbance: Disturbance) -> Finding:
    """Tell when something else was heard, and which octaves' noise it raised."""
    begin = f"A short noise was heard {disturbance.instant_s:.1f} s after the start of the signal"
    if not disturbance.spoilt:
        return Finding("disturbance", "info", None, f"{begin}; it spoils no octave.")
    bands = ", ".join(
        f"{each.band.center_hz:g} Hz by {each.raised_db:.0f} dB" for each in disturbance.spoilt
    )
    return Finding(
        "disturbance", "warning", None,
        f"{begin}: it raises the noise of {bands}. Measure again while nobody moves.",
    )  # fmt: skip


def foreign_sound(disturbance: Disturbance, spec: SignalSpec, top_hz: float) -> Foreign | None:
    """Return what the response must not be read beyond, None where it does little harm."""
    harmed = [each.band for each in disturbance.spoilt if each.share_db >= CUT_DB]
    if not harmed:
        return None
    band_hz = (min(band.lower_hz for band in harmed), max(band.upper_hz for band in harmed))
    return Foreign(disturbance.instant_s - SWEEP_START_S - passing_s(spec, top_hz), band_hz)


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
    stands_out &= instants_s + step_s < SWEEP_START_S + ribbons.end_s
    swept = np.array([swept_energy(ribbon, ribbons) for ribbon in ribbons.ribbons])
    found: list[Disturbance] = []
    for step in np.flatnonzero(stands_out):
        loudest = int(np.argmax((power[:, step] / around[:, step, np.newaxis]).sum(axis=0)))
        instant_s = float(instants_s[step]) + loudest * ribbons.block_s
        if found and instant_s - found[-1].instant_s < APART_S:
            continue
        surplus = power[:, step : step + LASTING] - around[:, step, np.newaxis, np.newaxis]
        energy = np.maximum(surplus, 0.0).sum(axis=(1, 2)) * ribbons.block_s
        heard = around[:, step] < MASKED * noise
        each = Heard(instant_s, np.where(heard, energy, np.nan), noise, swept)
        found.append(Disturbance(instant_s, tuple(spoilt_octaves(each, ribbons, spec))))
    return found


def _expected(instants_s: Samples, step_s: float, spec: SignalSpec) -> Flags:
    """Say in which steps the signal itself is heard everywhere at once.

    Where it begins and ends, and where the harmonic beyond what the played rate carries comes back
    from the other side and sweeps all frequencies in a moment.
    """
    sweep_end_s = SWEEP_START_S + SWEEP_S
    limits = [
        (0.0, CHIRP_S),
        (SWEEP_START_S, SWEEP_START_S),
        (sweep_end_s, sweep_end_s),
        (END_CHIRP_START_S, END_CHIRP_START_S + CHIRP_S),
    ]
    folded_s = SWEEP_START_S + passing_s(spec, spec.sample_rate_hz / FOLDED)
    limits.append((folded_s, folded_s))
    expected = np.zeros(instants_s.size, dtype=bool)
    for begin_s, end_s in limits:
        expected |= (instants_s + step_s > begin_s - FADES_S) & (instants_s < end_s + FADES_S)
    return expected
