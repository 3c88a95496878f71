"""The figures of bands, each with its standard uncertainty, or the reason why it is missing.

A figure's uncertainty is that of this room, this pair of positions: what the noise, the tail that
was extrapolated and the fit leave open, not how the figure varies across the room.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor, hypot, isfinite, log10
from typing import Final, Literal, TypeAlias

import numpy as np

from sonalyze_acoustics.bands import Band
from sonalyze_acoustics.decay_times import NAMES as TIMES
from sonalyze_acoustics.decay_times import Line, decay_times
from sonalyze_acoustics.double_slopes import TwoSlopes
from sonalyze_acoustics.early_late import EarlyLate, early_late
from sonalyze_acoustics.energies import clarity_db
from sonalyze_acoustics.evaluation import BandMetrics, DecayShape, Slope
from sonalyze_acoustics.onset import ONSET_DB
from sonalyze_acoustics.response_bands import DIRECT_S, BandResponse
from sonalyze_acoustics.slopes import OneSlope
from sonalyze_acoustics.uncertainty import systematic
from sonalyze_acoustics.understanding import understood

NEEDED_INR_DB: Final = {"t30_s": 45.0, "t20_s": 35.0}
"""ISO 3382-1 5.2.1: the noise lies 10 dB below the end of the evaluation, seen from the peak."""

NEEDED_RANGE_DB: Final = {
    "t30_s": 40.0,  # the curve itself must reach 5 dB below the end of the evaluation
    "t20_s": 30.0,
    "edt_s": 25.0,  # with subtraction and tail the curve is right down to the noise
    "c50_db": 25.0,
    "c80_db": 25.0,
    "d50": 25.0,
    "d80": 25.0,
    "ts_s": 25.0,
    "drr_db": 25.0,
    "topt_s": 40.0,  # some choice of ranges from -5 dB on, 10 dB above the noise
}
"""Decay range in dB from which a figure is given."""

LIKELIHOOD_RANGE_DB: Final = {"t30_s": 30.0, "t20_s": 20.0}
"""Decay range in dB from which a straight decay gives its time by likelihood."""

LIKELIHOOD_ERROR: Final = 0.10
"""Standard uncertainty, in shares, up to which it does: two just noticeable differences."""

LARGEST_ERROR: Final = {
    "t30_s": 0.025, "t20_s": 0.025, "edt_s": 0.025, "topt_s": 0.04,
    "c50_db": 0.5, "c80_db": 0.5, "drr_db": 0.5, "d50": 0.025, "d80": 0.025, "ts_s": 0.005,
}  # fmt: skip
"""Standard uncertainty up to which a figure is given, times in shares of themselves: half a just
noticeable difference (ISO 3382-1 Table A.1), so that four of them are two. That of Topt also counts
how far the decay is from straight."""

RATIOS: Final = ("c50_db", "c80_db", "drr_db")
"""In the order of a band's early parts."""

SHARES: Final = ("d50", "d80")

OWN_DECAY: Final = 8.0
"""Bandwidth times reverberation time from which a decay is the room's: the mask's own has 3.6
(measured on an impulse), and ISO 3382-2:2008 7.3 asks for 16 of causal filters."""

STRAIGHT_DECAY: Final = 16.0
"""The same where the likelihood speaks: in a short range the mask's decay has the greater part."""

LATE_ERROR: Final = 0.12
"""Standard error of the late energy, in shares of it, up to which a ratio in dB is given: two of
them are 1 dB. Of 2,900 ratios in noise none with less was off by more."""

DIRECT_DOMINATES: Final = "The direct sound dominates: the decay leaves no room for this figure."
BENT: Final = "It is bent, so that no single slope stands for what the noise hides."
UNCERTAIN_END: Final = "noise makes the end of the decay uncertain."
NOWHERE_STRAIGHT: Final = "No range of 20 dB or more is straight enough to stand for the decay."
OF_THE_FILTER: Final = "the decay is no longer than that of the band's own filter."
TOO_LITTLE_LATE: Final = "Too little arrives late to be told from the noise."

DRR_FROM_HZ: Final = 1000.0
"""Below, the window of the direct sound is shorter than two periods."""


Estimator: TypeAlias = Literal["line", "likelihood"]


def band_metrics(response: BandResponse) -> BandMetrics:
    """Evaluate one band of a response."""
    return bands_metrics((response,))[0]


def bands_metrics(responses: Sequence[BandResponse]) -> tuple[BandMetrics, ...]:
    """Evaluate bands of a response, all at once."""
    if not responses:
        return ()
    found = understood(responses)
    known_db = np.array([response.decay_range_db or 0.0 for response in responses])
    lines = decay_times(found.decays, known_db)
    balance = early_late(responses, found.decays)
    shapes = map(_Decay, lines, found.single, found.double, found.decays.total().tolist())
    return tuple(map(_metrics, responses, shapes, balance))


def absent_band(band: Band, reason: str) -> BandMetrics:
    """Return a band without any figure."""
    return BandMetrics(
        center_hz=band.center_hz,
        t20_s=None,
        t30_s=None,
        edt_s=None,
        c50_db=None,
        c80_db=None,
        d50=None,
        d80=None,
        ts_s=None,
        drr_db=None,
        inr_db=None,
        decay_range_db=None,
        reasons=dict.fromkeys((*NEEDED_RANGE_DB, "topt_s", "inr_db", "decay_range_db"), reason),
    )


def early_to_late_db(response: BandResponse, row: int) -> float | None:
    """Return the ratio at an early part's end in dB; None where the late energy is uncertain."""
    early, late = response.early_energy, response.late_energy
    if not (early[row] > 0 and late[row] > 0) or response.late_error[row] > LATE_ERROR:
        return None
    return float(clarity_db(early[row], late[row]))


@dataclass(frozen=True, slots=True)
class _Decay:
    """One band's lines by the names of their times, its exponentials, and its energy."""

    lines: Mapping[str, Line]
    single: OneSlope | None
    double: TwoSlopes | None
    total: float


@dataclass(frozen=True, slots=True)
class _Figure:
    """A figure with its standard uncertainty, or the reason why there is none."""

    value: float | None
    error: float = 0.0
    reason: str = ""
    estimator: Estimator = "line"


def _metrics(response: BandResponse, decay: _Decay, balance: EarlyLate) -> BandMetrics:
    """Put one band's figures together."""
    found = {
        name: _figure(response, name, value, error)
        for name, value, error in _candidates(decay, balance, response)
    }
    for name in LIKELIHOOD_RANGE_DB:
        if found[name].value is None:
            found[name] = _likeliest(response, name, decay, found[name])
    values = {name: figure.value for name, figure in found.items()}
    return BandMetrics(
        center_hz=response.band.center_hz,
        t20_s=values["t20_s"],
        t30_s=values["t30_s"],
        edt_s=values["edt_s"],
        c50_db=values["c50_db"],
        c80_db=values["c80_db"],
        d50=values["d50"],
        d80=values["d80"],
        ts_s=values["ts_s"],
        drr_db=values["drr_db"],
        inr_db=response.inr_db,
        decay_range_db=response.decay_range_db,
        reasons={name: each.reason for name, each in found.items() if each.value is None},
        topt_s=values["topt_s"],
        uncertainty={name: each.error for name, each in found.items() if each.value is not None},
        shape=_shape(found, decay),
    )


def _candidates(
    decay: _Decay, balance: EarlyLate, response: BandResponse
) -> Iterator[tuple[str, float, float]]:
    """Name each figure with its uncertainty, nan where it is out of reach."""
    bandwidth_hz = response.band.bandwidth_hz if response.is_filtered else np.inf
    for name in TIMES:
        line = decay.lines.get(name)
        value, error = (line.time_s, line.error_s) if line else (np.nan, np.nan)
        yield name, value, hypot(error, systematic(name, value, bandwidth_hz))
    ratios = zip(RATIOS, balance.ratio_db, balance.ratio_error_db, strict=True)
    shares = zip(SHARES, balance.share, balance.share_error, strict=False)
    for name, value, error in (
        *ratios, *shares, ("ts_s", balance.centre_s, balance.centre_error_s),
    ):  # fmt: skip
        yield name, value, hypot(error, systematic(name, value, bandwidth_hz))


def _figure(response: BandResponse, name: str, value: float, error: float) -> _Figure:
    """Give a figure if the band carries it."""
    center = f"{response.band.center_hz:g} Hz"
    range_db, inr_db = response.decay_range_db, response.inr_db
    limit = LARGEST_ERROR[name] * (value if name in TIMES else 1.0)
    reason = ""
    if range_db is None or range_db < NEEDED_RANGE_DB[name]:
        reason = _too_short(response, range_db, NEEDED_RANGE_DB[name])
    elif inr_db is not None and inr_db < NEEDED_INR_DB.get(name, 0.0):
        reason = _too_short(response, inr_db, NEEDED_INR_DB[name])
    elif name == "drr_db" and response.band.center_hz < DRR_FROM_HZ:
        reason = "Below 1 kHz the direct sound's window of 2.5 ms is too short for DRR."
    elif name == "drr_db" and not _direct_is_seen(response):
        reason = f"{center}: no direct sound is seen; what is heard first comes later."
    elif not isfinite(value):
        reason = TOO_LITTLE_LATE if name in RATIOS else DIRECT_DOMINATES
    elif name in TIMES and _is_of_the_filter(response, value):
        reason = f"{center}: {OF_THE_FILTER}"
    elif not error <= limit:
        uncertain = NOWHERE_STRAIGHT if name == "topt_s" else f"{center}: {UNCERTAIN_END}"
        reason = TOO_LITTLE_LATE if name in RATIOS else uncertain
    return _Figure(None, reason=reason) if reason else _Figure(value, error)


def _likeliest(response: BandResponse, name: str, decay: _Decay, missing: _Figure) -> _Figure:
    """Give what is likeliest where the curve alone is too short or too uncertain for a line.

    That is the single slope of a straight decay, or the line through a curve that likelihood led
    into the noise, whichever is more certain.
    """
    line, exponential = decay.lines.get(name), decay.single
    range_db = response.decay_range_db or 0.0
    in_noise = response.is_filtered and response.decay.noise > 0
    if exponential is None or not in_noise or range_db < LIKELIHOOD_RANGE_DB[name]:
        return missing
    if line is not None and _is_of_the_filter(response, line.time_s):
        return missing
    in_sight = (response.inr_db or 0.0) >= NEEDED_INR_DB[name]
    choices = []
    reaches = range_db >= NEEDED_RANGE_DB[name]
    if line is not None and (in_sight or reaches or decay.double is not None):
        choices.append((line.error_s, line.time_s))
    if exponential.suffices(in_sight=in_sight):
        choices.append((exponential.error_s, exponential.time_s))
    if not choices:
        return replace(missing, reason=f"{missing.reason} {BENT}")
    error_s, time_s = min(choices)
    if time_s * response.band.bandwidth_hz < STRAIGHT_DECAY or error_s > LIKELIHOOD_ERROR * time_s:
        return missing
    return _Figure(time_s, error_s, estimator="likelihood")


def _shape(found: Mapping[str, _Figure], decay: _Decay) -> DecayShape | None:
    """Describe how straight the decay is, where any of its times is known."""
    given = {name: found[name] for name in TIMES if found[name].value is not None}
    if not given:
        return None
    lines = {name: decay.lines[name] for name, each in given.items() if each.estimator == "line"}
    curvature = None
    if "t20_s" in lines and "t30_s" in lines:
        curvature = 100 * (lines["t30_s"].time_s / lines["t20_s"].time_s - 1)
    return DecayShape(
        estimators={name: each.estimator for name, each in given.items()},
        correlation={name: line.correlation for name, line in lines.items()},
        nonlinearity_permille={name: line.nonlinearity_permille for name, line in lines.items()},
        curvature_percent=curvature,
        topt_range_db=lines["topt_s"].range_db if "topt_s" in lines else None,
        slopes=_slopes(decay),
    )


def _slopes(decay: _Decay) -> tuple[Slope, ...]:
    """Name the exponentials that the decay is the sum of, none where that is not known."""
    one, two = decay.single, decay.double
    if two is not None and two.is_seen:
        return tuple(
            Slope(time_s, level_db=10 * log10(energy / decay.total))
            for time_s, energy in zip(two.time_s, two.energy, strict=True)
        )
    if one is None or one.is_bent:
        return ()
    return (Slope(one.time_s, level_db=10 * log10(one.energy / decay.total)),)


def _direct_is_seen(response: BandResponse) -> bool:
    """Say whether the direct sound's window holds anything of the band above its onset's level.

    Real phones delay low octaves by some milliseconds: then the window is over before they sound.
    """
    first = int(response.onset)
    stop = first + max(1, round(2 * DIRECT_S * response.rate_hz))
    seen = float(response.energy[first:stop].max(initial=0.0))
    return not response.is_filtered or seen >= 10 ** (ONSET_DB / 10) * float(response.energy.max())


def _is_of_the_filter(response: BandResponse, time_s: float) -> bool:
    return response.is_filtered and time_s * response.band.bandwidth_hz < OWN_DECAY


def _too_short(response: BandResponse, range_db: float | None, needed_db: float) -> str:
    center = f"{response.band.center_hz:g} Hz"
    if response.decay.noise <= 0:
        known = "not known" if range_db is None else f"known for {floor(range_db)} dB"
        return f"{center}: the decay is {known}; {needed_db:.0f} dB are needed."
    if range_db is None:
        return f"{center}: nothing decays above the noise."
    return (
        f"{center}: the decay reaches {floor(range_db)} dB down to the noise; "
        f"{needed_db:.0f} dB are needed."
    )
