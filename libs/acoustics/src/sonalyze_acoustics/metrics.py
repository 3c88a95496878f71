"""The figures of one band, each with the decay range it needs, or the reason why it is missing."""

from __future__ import annotations

from typing import Final

import numpy as np

from sonalyze_acoustics.bands import Band
from sonalyze_acoustics.curves import EDT, T20, T30, EvaluationRange, reverberation_time
from sonalyze_acoustics.energies import clarity_db, definition, moment
from sonalyze_acoustics.errors import InsufficientDecay
from sonalyze_acoustics.evaluation import BandMetrics
from sonalyze_acoustics.response_bands import BandResponse

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
}
"""Decay range in dB from which a figure is given."""

RATIOS: Final = ("c50_db", "c80_db", "drr_db")
"""In the order of a band's early parts."""

DECAY_TIMES: Final = {"t30_s": T30, "t20_s": T20, "edt_s": EDT}

CURVE_ERROR: Final = {"t30_s": 0.20, "t20_s": 0.15, "edt_s": 0.05}
"""Standard error of the decay curve at the end of the evaluation up to which its time is given: of
4,900 times in noise 0.4 % of those below, but a fifth of those above, were off by more than 5 %."""

OWN_DECAY: Final = 8.0
"""Bandwidth times reverberation time from which a decay is the room's: the mask's own has 3.6
(measured on an impulse), and ISO 3382-2:2008 7.3 asks for 16 of causal filters."""

LATE_ERROR: Final = 0.12
"""Standard error of the late energy, in shares of it, up to which a ratio in dB is given: two of
them are 1 dB. Of 2,900 ratios in noise none with less was off by more."""

DIRECT_DOMINATES: Final = "The direct sound dominates: the decay leaves no room for this figure."
TOO_LITTLE_LATE: Final = "Too little arrives late to be told from the noise."

DRR_FROM_HZ: Final = 1000.0
"""Below, the window of the direct sound is shorter than two periods."""


def band_metrics(response: BandResponse) -> BandMetrics:
    """Evaluate one band of a response."""
    range_db, inr_db = response.decay_range_db, response.inr_db
    reasons = {
        name: _too_short(response, range_db, needed_db)
        for name, needed_db in NEEDED_RANGE_DB.items()
        if range_db is None or range_db < needed_db
    } | {
        name: _too_short(response, inr_db, needed_db)
        for name, needed_db in NEEDED_INR_DB.items()
        if inr_db is not None and inr_db < needed_db
    }
    if response.band.center_hz < DRR_FROM_HZ:
        reasons["drr_db"] = "Below 1 kHz the direct sound's window of 2.5 ms is too short for DRR."
    values = _values(response, reasons)
    return BandMetrics(
        center_hz=response.band.center_hz,
        t20_s=values.get("t20_s"),
        t30_s=values.get("t30_s"),
        edt_s=values.get("edt_s"),
        c50_db=values.get("c50_db"),
        c80_db=values.get("c80_db"),
        d50=values.get("d50"),
        d80=values.get("d80"),
        ts_s=values.get("ts_s"),
        drr_db=values.get("drr_db"),
        inr_db=inr_db,
        decay_range_db=range_db,
        reasons=reasons,
    )


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
        reasons=dict.fromkeys((*NEEDED_RANGE_DB, "inr_db", "decay_range_db"), reason),
    )


def _values(response: BandResponse, reasons: dict[str, str]) -> dict[str, float | None]:
    """Compute what no reason forbids; what turns out impossible gets its reason here."""
    values: dict[str, float | None] = {}
    for name in NEEDED_RANGE_DB:
        if name in reasons:
            continue
        if name in DECAY_TIMES and _is_uncertain(response, name):
            reasons[name] = (
                f"{response.band.center_hz:g} Hz: noise makes the end of the decay uncertain."
            )
            continue
        value = _figure(response, name)
        if value is None or not np.isfinite(value):
            reasons[name] = TOO_LITTLE_LATE if name in RATIOS else DIRECT_DOMINATES
            continue
        if name in DECAY_TIMES and _is_of_the_filter(response, value):
            reasons[name] = (
                f"{response.band.center_hz:g} Hz: the decay is no longer than that of the band's "
                "own filter."
            )
            continue
        values[name] = value
    return values


def _is_of_the_filter(response: BandResponse, time_s: float) -> bool:
    return response.is_filtered and time_s * response.band.bandwidth_hz < OWN_DECAY


def _is_uncertain(response: BandResponse, name: str) -> bool:
    return response.curve_error(DECAY_TIMES[name].lower_db) > CURVE_ERROR[name]


def _figure(response: BandResponse, name: str) -> float | None:
    early, late = response.early_energy, response.late_energy
    match name:
        case "t30_s" | "t20_s" | "edt_s":
            return _decay_time(response, DECAY_TIMES[name])
        case "ts_s":
            first = moment(response.net, response.time_s, response.rate_hz, response.tail)
            return float(first) / response.total_energy
        case "c50_db" | "c80_db" | "drr_db":
            return early_to_late_db(response, RATIOS.index(name))
        case _:
            row = ("d50", "d80").index(name)
            return float(definition(early[row], late[row])) if _positive(early, late, row) else None


def early_to_late_db(response: BandResponse, row: int) -> float | None:
    """Return the ratio at an early part's end in dB; None where the late energy is uncertain."""
    early, late = response.early_energy, response.late_energy
    if not _positive(early, late, row) or response.late_error[row] > LATE_ERROR:
        return None
    return float(clarity_db(early[row], late[row]))


def _positive(early: np.ndarray, late: np.ndarray, row: int) -> bool:
    return bool(early[row] > 0 and late[row] > 0)


def _decay_time(response: BandResponse, evaluation_range: EvaluationRange) -> float | None:
    try:
        time_s = float(reverberation_time(response.levels_db, response.rate_hz, evaluation_range))
    except InsufficientDecay:
        return None
    return time_s if time_s > 0 else None


def _too_short(response: BandResponse, range_db: float | None, needed_db: float) -> str:
    center = f"{response.band.center_hz:g} Hz"
    if response.decay.noise <= 0:
        known = "not known" if range_db is None else f"known for {range_db:.0f} dB"
        return f"{center}: the decay is {known}; {needed_db:.0f} dB are needed."
    if range_db is None:
        return f"{center}: nothing decays above the noise."
    return (
        f"{center}: the decay reaches {range_db:.0f} dB down to the noise; "
        f"{needed_db:.0f} dB are needed."
    )
