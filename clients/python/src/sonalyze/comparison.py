"""Measured against true, in just noticeable differences.

One JND is 5 % of a reverberation time, 1 dB of C80, 0.05 of D50 and 10 ms of Ts (ISO 3382-1,
table A.1), 1.1 dB of C50 and 0.03 of STI (Bradley, Reich and Norcross, JASA 106, 1999).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sonalyze_contracts.bands import BandResult
from sonalyze_contracts.results import AnalysisResults

JUDGED_BANDS_HZ = (250.0, 500.0, 1000.0, 2000.0, 4000.0)
"""Octaves that a phone's small loudspeaker excites well; in the others nothing is demanded."""

LARGEST_C50_DIFFERENCE_DB = 1.0


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of one octave, its unit, and how far off is just noticeable."""

    key: str
    label: str
    unit: str
    jnd: float
    is_relative: bool = False
    shown: Callable[[float], str] = "{:.2f}".format

    def of(self, band: BandResult) -> float | None:
        """Read the figure of an octave."""
        value: float | None = getattr(band, self.key)
        return value

    def difference_jnd(self, measured: float, true: float) -> float:
        """Express a difference in just noticeable ones."""
        size = self.jnd * true if self.is_relative else self.jnd
        return (measured - true) / size


def _milliseconds(time_s: float) -> str:
    return f"{1000 * time_s:.0f}"


T20 = Metric("t20_s", "T20", "s", 0.05, is_relative=True)
T30 = Metric("t30_s", "T30", "s", 0.05, is_relative=True)
EDT = Metric("edt_s", "EDT", "s", 0.05, is_relative=True)
C50 = Metric("c50_db", "C50", "dB", 1.1, shown="{:.1f}".format)
C80 = Metric("c80_db", "C80", "dB", 1.0, shown="{:.1f}".format)
D50 = Metric("d50", "D50", "", 0.05)
TS = Metric("ts_s", "Ts", "ms", 0.010, shown=_milliseconds)
STI = Metric("sti", "STI", "", 0.03)

BAND_METRICS = (T20, T30, EDT, C50, C80, D50, TS)


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric in one octave (none for STI), as it was measured and as it is."""

    metric: Metric
    band_hz: float | None
    measured: float | None
    true: float | None

    @property
    def difference_jnd(self) -> float | None:
        """How far off the measurement is, or ``None`` where one of the two is missing."""
        if self.measured is None or self.true is None:
            return None
        return self.metric.difference_jnd(self.measured, self.true)

    @property
    def is_judged(self) -> bool:
        """Whether the demo demands that this figure is right."""
        return self.metric in {T20, T30, C50} and self.band_hz in JUDGED_BANDS_HZ

    @property
    def is_in_tolerance(self) -> bool:
        """Whether nothing is wrong: a figure that the room has must be there, and be right."""
        if not self.is_judged or self.true is None:
            return True
        if self.measured is None:
            return False
        if self.metric is C50:
            return abs(self.measured - self.true) <= LARGEST_C50_DIFFERENCE_DB
        return abs(self.metric.difference_jnd(self.measured, self.true)) <= 1.0


@dataclass(frozen=True, slots=True)
class PairComparison:
    """One speaker-microphone pair: measured beside true."""

    speaker: str
    microphone: str
    measured: AnalysisResults
    true: AnalysisResults

    @property
    def bands_hz(self) -> tuple[float, ...]:
        """The octaves of the analysis."""
        return tuple(band.center_hz for band in self.true.bands)

    def figure(self, metric: Metric, band_hz: float) -> Figure:
        """Compare one metric in one octave."""
        return Figure(
            metric,
            band_hz,
            _value(metric, self.measured, band_hz),
            _value(metric, self.true, band_hz),
        )

    @property
    def sti(self) -> Figure:
        """Compare the speech transmission index."""
        return Figure(STI, None, self.measured.sti.sti, self.true.sti.sti)

    def figures(self) -> Iterator[Figure]:
        """Compare everything."""
        for metric in BAND_METRICS:
            for band_hz in self.bands_hz:
                yield self.figure(metric, band_hz)
        yield self.sti


def _value(metric: Metric, results: AnalysisResults, band_hz: float) -> float | None:
    found = [metric.of(band) for band in results.bands if band.center_hz == band_hz]
    return found[0] if found else None


def worst(pairs: Iterable[PairComparison], metric: Metric) -> Figure | None:
    """Find the figure of a metric that is furthest off among the judged octaves and STI."""
    compared = [
        figure
        for pair in pairs
        for figure in pair.figures()
        if figure.metric is metric
        and figure.band_hz in (*JUDGED_BANDS_HZ, None)
        and figure.difference_jnd is not None
    ]
    return max(compared, key=lambda figure: abs(figure.difference_jnd or 0.0), default=None)


def out_of_tolerance(pairs: Iterable[PairComparison]) -> tuple[tuple[PairComparison, Figure], ...]:
    """List what the demo does not accept."""
    return tuple(
        (pair, figure) for pair in pairs for figure in pair.figures() if not figure.is_in_tolerance
    )
