"""Which octaves a short sound spoils, and how much.

Deconvolution turns a short sound into a sweep backwards. An octave notices if the sweep had reached
it by then and had not left it for long; the sound's energy is spread over the time that the sweep
takes for the octave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.bands import OCTAVES, Band
from sonalyze_acoustics.ribbons import Ribbon, Ribbons, passing_s
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.signal import SWEEP_START_S, SignalSpec

TAIL_S: Final = 2.0
"""How long after the sweep a disturbance still falls into the part of a response that counts."""

RAISED_DB: Final = 3.0
"""Noise that rises by less changes no decay range by more."""

SHARE_DB: Final = -50.0
"""A disturbance this far below the sweep moved no decay time by more than half a per cent."""

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


def swept_energy(ribbon: Ribbon, ribbons: Ribbons) -> float:
    """Return the energy of the sweep in a ribbon, with the first of its reverberation."""
    half_s = 0.5 * ribbon.lasting_s
    passing = ribbons.blocks(ribbon.passing_s - half_s, ribbon.passing_s + half_s + RINGS_S)
    return float(ribbon.power[passing].sum()) * ribbons.block_s


@dataclass(frozen=True, slots=True)
class Heard:
    """One disturbance in all ribbons, nan where the sweep hid it, and what it is compared with."""

    instant_s: float
    energy: Samples
    noise: Samples
    swept: Samples


def spoilt_octaves(heard: Heard, ribbons: Ribbons, spec: SignalSpec) -> Iterator[Spoilt]:
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
