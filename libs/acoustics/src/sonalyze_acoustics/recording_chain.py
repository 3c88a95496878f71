"""What loudspeaker, clock and converter leave unknown of the figures of a recording.

An impulse response that somebody uploads stands for itself; a recording has come a long way. What
the way adds is measured, not derived: ``benchmarks/accuracy.py`` passes rooms through emulated
phones, and of the errors that noise does not explain 95 % are less than two of these.
"""

from __future__ import annotations

from dataclasses import replace
from math import hypot
from typing import Final

from sonalyze_acoustics.bands import Band
from sonalyze_acoustics.evaluation import BandMetrics
from sonalyze_acoustics.loudspeaker import tilting_corner_hz

DECAY_TIMES: Final = ("edt_s", "t20_s", "t30_s", "topt_s")

JND: Final = {
    "edt_s": 0.05, "t20_s": 0.05, "t30_s": 0.05, "topt_s": 0.05,
    "c50_db": 1.1, "c80_db": 1.0, "drr_db": 1.0, "d50": 0.05, "d80": 0.05, "ts_s": 0.010,
}  # fmt: skip
"""Just noticeable differences, times in shares of themselves (ISO 3382-1 Table A.1; C50: Bradley,
Reich and Norcross, JASA 106, 1820, 1999; 1 dB is taken for DRR, which has none in a norm)."""

OF_CHAIN: Final = {"t30_s": 0.09, "topt_s": 0.09, "drr_db": 0.14}
PLAIN: Final = 0.03
"""Just noticeable differences of the figures above, and of any other."""

OF_LEVELLING: Final = 0.2
"""The same in octaves whose tilt by a small loudspeaker had to be undone."""


def recorded(metrics: BandMetrics, band: Band, corner_hz: float | None) -> BandMetrics:
    """Add to a band's uncertainties what its recording leaves unknown.

    Parameters
    ----------
    metrics : BandMetrics
        As the response alone gives them.
    band : Band
        The band that they are of.
    corner_hz : float or None
        Corner of the loudspeaker's high-pass that was taken out.

    Returns
    -------
    BandMetrics
        The same figures, less certain.
    """
    is_levelled = tilting_corner_hz(band, corner_hz) is not None
    uncertainty = {
        name: hypot(error, _added(name, float(getattr(metrics, name)), is_levelled=is_levelled))
        for name, error in metrics.uncertainty.items()
    }
    return replace(metrics, uncertainty=uncertainty)


def _added(name: str, value: float, *, is_levelled: bool) -> float:
    share = OF_LEVELLING if is_levelled else OF_CHAIN.get(name, PLAIN)
    return share * JND[name] * (value if name in DECAY_TIMES else 1.0)
