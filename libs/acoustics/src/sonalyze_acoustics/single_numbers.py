"""One number for a whole response: the mean of the middle octaves (ISO 3382-1, Annex A)."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot
from typing import Final

from sonalyze_acoustics.energies import clarity_db
from sonalyze_acoustics.evaluation import BandMetrics, MidFrequency
from sonalyze_acoustics.metrics import NEEDED_RANGE_DB, RATIOS, early_to_late_db
from sonalyze_acoustics.response_bands import BandResponse
from sonalyze_acoustics.uncertainty import DECIBEL, OF_STEPS

MID_HZ: Final = (500.0, 1000.0)

DIRECT: Final = RATIOS.index("drr_db")
"""The early part that is the direct sound."""


def mid_frequency(found: Mapping[float, BandMetrics], broadband: BandResponse) -> MidFrequency:
    """Average 500 Hz and 1 kHz; the direct sound's figures come from the whole band."""
    pair = [found[hz] for hz in MID_HZ if hz in found]
    uncertainty: dict[str, float] = {}

    def mean(name: str) -> float | None:
        known = [value for band in pair if (value := getattr(band, name)) is not None]
        if len(known) < len(MID_HZ):
            return None
        if all(name in band.uncertainty for band in pair):
            # Noise in one octave knows nothing of the other's.
            uncertainty[name] = hypot(*(band.uncertainty[name] for band in pair)) / len(known)
        return float(sum(known)) / len(known)

    direct_db = _broadband_db(broadband, DIRECT, DIRECT, uncertainty, "drr_db")
    after_50_db = _broadband_db(broadband, DIRECT, 0, uncertainty, "direct_to_late_db")
    return MidFrequency(
        t20_s=mean("t20_s"),
        t30_s=mean("t30_s"),
        edt_s=mean("edt_s"),
        c50_db=mean("c50_db"),
        c80_db=mean("c80_db"),
        d50=mean("d50"),
        d80=mean("d80"),
        ts_s=mean("ts_s"),
        drr_db=direct_db,
        direct_to_late_db=after_50_db,
        uncertainty=uncertainty,
    )


def _broadband_db(
    broadband: BandResponse, early: int, late: int, uncertainty: dict[str, float], name: str
) -> float | None:
    """Compare an early part with what is later than another, and note the uncertainty."""
    range_db = broadband.decay_range_db
    if range_db is None or range_db < NEEDED_RANGE_DB["drr_db"]:
        return None
    if broadband.early_energy[early] <= 0 or early_to_late_db(broadband, late) is None:
        return None
    error = DECIBEL * float(broadband.late_error[late])
    uncertainty[name] = hypot(error, OF_STEPS["drr_db"])
    return float(clarity_db(broadband.early_energy[early], broadband.late_energy[late]))
