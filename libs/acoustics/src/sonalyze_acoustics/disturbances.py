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

from sonalyze_acoustics.bands import OCTAVES, Band
from sonalyze_acoustics.deconvolution import Foreign
from sonalyze_acoustics.evaluation import Finding
from sonalyze_acoustics.ribbons import Ribbon, Ribbons, passing_s
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.signal import (
    CHIRP_S,
    END_CHIRP_START_S,
    SWEEP_S,
    SWEEP_START_S,
    SignalSpec,
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

FOLDED: Final = 3
"""Of this order are the harmonics that a digital limiter folds back from beyond the played rate."""

TAIL_S: Final = 2.0
"""How long after the sweep a disturbance still falls into the part of a response that counts."""

Flags: TypeAlias = NDArray[np.bool_]

RAISED_DB: Final = 3.0
SHARE_DB: Final = -50.0
"""A disturbance that is this far below the sweep moves no decay time by a tenth of a per cent."""

CUT_DB: Final = -40.0
"""From here on T30 is better off without what follows: at -44 dB it was 0.5 % off, at -38 7 %."""

RINGS_S: Final = 0.15
"""How much of a ribbon's reverberation counts as the sweep's energy."""

FARTHEST: Final = 0.5
"""How far from an octave's centre, in factors of e, a ribbon still speaks for it."""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """An octave in which a disturbance counts."""

    band: Band
    raised_db: float
    """By how much its noise rose."""
    share_db: float
    """The disturbance's energy relative to the sweep's."""


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
    swept = np.array([_swept(ribbon, ribbons) for ribbon in ribbons.ribbons])
    found: list[Disturbance] = []
    for step in np.flatnonzero(stands_out):
        loudest = int(np.argmax((power[:, step] / around[:, step, np.newaxis]).sum(axis=0)))
        instant_s = float(instants_s[step]) + loudest * ribbons.block_s
        if found and instant_s - found[-1].instant_s < APART_S:
            continue
        surplus = power[:, step : step + LASTING] - around[:, step, np.newaxis, np.newaxis]
        energy = np.maximum(surplus, 0.0).sum(axis=(1, 2)) * ribbons.block_s
        heard = around[:, step] < MASKED * noise
        each = _Heard(instant_s, np.where(heard, energy, np.nan), noise, swept)
        found.append(Disturbance(instant_s, tuple(_spoilt(each, ribbons, spec))))
    return found


def _swept(ribbon: Ribbon, ribbons: Ribbons) -> float:
    """Return the energy of the sweep in a ribbon, with the first of its reverberation."""
    half_s = 0.5 * ribbon.lasting_s
    passing = ribbons.blocks(ribbon.passing_s - half_s, ribbon.passing_s + half_s + RINGS_S)
    return float(ribbon.power[passing].sum()) * ribbons.block_s


@dataclass(frozen=True, slots=True)
class _Heard:
    """One disturbance in all ribbons, nan where the sweep hid it, and what it is compared with."""

    instant_s: float
    energy: Samples
    noise: Samples
    swept: Samples


def _spoilt(heard: _Heard, ribbons: Ribbons, spec: SignalSpec) -> Iterator[Spoilt]:
    """Tell in which octaves a disturbance counts.

    Where the sweep hid it, the nearest ribbon speaks for it. Its energy is spread over the time
    that the sweep takes for an octave.
    """
    widths_hz = np.array([ribbon.bandwidth_hz for ribbon in ribbons.ribbons])
    centers = np.log([ribbon.center_hz for ribbon in ribbons.ribbons])
    for band in OCTAVES:
        away = np.abs(centers - np.log(band.middle_hz))
        begin_s, end_s = (passing_s(spec, edge_hz) for edge_hz in (band.lower_hz, band.upper_hz))
        after_s = heard.instant_s - SWEEP_START_S
        if not band.inside(spec.sweep_band_hz) or away.min() > FARTHEST:
            continue
        if not begin_s < after_s < end_s + TAIL_S:
            continue
        own = int(np.argmin(away))
        nearest = int(np.argmin(np.where(np.isnan(heard.energy), np.inf, away)))
        energy = float(heard.energy[nearest] * widths_hz[own] / widths_hz[nearest])
        raised_db = 10 * np.log10(1 + energy / (heard.noise[own] * (end_s - begin_s)))
        share_db = 10 * np.log10(max(energy, 1e-300) / max(heard.swept[own], 1e-300))
        if raised_db >= RAISED_DB and share_db >= SHARE_DB:
            yield Spoilt(band, float(raised_db), float(share_db))


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
