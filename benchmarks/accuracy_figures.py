"""What is compared in ``accuracy.py``: figures, what of them can be noticed, and what to reach.

A just noticeable difference (JND) is the unit of every error. ISO 3382-1:2009 Table A.1 gives 5 %
for EDT, which is taken for T20 and T30 as well, 1 dB for C80, 0.05 for D50 and 10 ms for Ts;
Bradley, Reich and Norcross (JASA 106, 1820, 1999) 1.1 dB for C50 and 0.03 for STI. DRR has none in
the norm, and listeners need 2 dB or more (Larsen et al., JASA 124, 450, 2008): 1 dB is taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

BANDS_HZ: Final = (250.0, 500.0, 1000.0, 2000.0, 4000.0)
"""Octaves in which figures are compared."""

SPEECH: Final = "sti"
"""The one figure that is no band's."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name in `BandMetrics`, its JND, its targets in JND."""

    name: str
    label: str
    jnd: float
    is_relative: bool = False
    median: float | None = None
    ninetieth: float | None = None
    needed_inr_db: float | None = None
    """Ratio of the band's peak to its noise from which a recording supports it."""
    from_hz: float = 0.0

    def error(self, value: float, truth: float) -> float:
        """Give how far a value is off, in JND, with its sign."""
        return (value - truth) / (self.jnd * truth if self.is_relative else self.jnd)


FIGURES: Final = (
    Figure("t20_s", "T20", 0.05, is_relative=True, median=0.05, ninetieth=0.35, needed_inr_db=35.0),
    Figure("t30_s", "T30", 0.05, is_relative=True, median=0.06, ninetieth=0.45, needed_inr_db=45.0),
    Figure("edt_s", "EDT", 0.05, is_relative=True, median=0.1, ninetieth=0.7),
    Figure("c50_db", "C50", 1.1, median=0.1, ninetieth=0.6),
    Figure("c80_db", "C80", 1.0, median=0.1, ninetieth=0.5),
    Figure("d50", "D50", 0.05, median=0.1, ninetieth=0.6),
    Figure("d80", "D80", 0.05),
    Figure("ts_s", "Ts", 0.010, median=0.1, ninetieth=0.4),
    Figure("drr_db", "DRR", 1.0, ninetieth=0.4, from_hz=1000.0),
    Figure(SPEECH, "STI", 0.03, median=0.03, ninetieth=0.1),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody says about one response; what is not in it was withheld."""

    bands: Mapping[float, Mapping[str, float]]
    sti: float | None = None
    uncertainty: Mapping[float, Mapping[str, float]] = field(default_factory=dict)
    sti_uncertainty: float | None = None
    flagged: Mapping[float, frozenset[str]] = field(default_factory=dict)
    """Figures of each band that are given with a warning."""

    def value(self, figure: Figure, band_hz: float) -> float | None:
        """Give a figure of a band, or of the whole where it is no band's."""
        if figure.name == SPEECH:
            return self.sti
        return self.bands.get(band_hz, {}).get(figure.name)

    def is_flagged(self, figure: Figure, band_hz: float) -> bool:
        """Say whether a figure is given with a warning."""
        return figure.name in self.flagged.get(band_hz, ())

    def standard_uncertainty(self, figure: Figure, band_hz: float) -> float | None:
        """Give what is said about a figure's uncertainty."""
        if figure.name == SPEECH:
            return self.sti_uncertainty
        return self.uncertainty.get(band_hz, {}).get(figure.name)


def bands_of(figure: Figure) -> tuple[float, ...]:
    """Give the bands in which a figure is compared; what is no band's counts once."""
    if figure.name == SPEECH:
        return BANDS_HZ[:1]
    return tuple(hz for hz in BANDS_HZ if hz >= figure.from_hz)
