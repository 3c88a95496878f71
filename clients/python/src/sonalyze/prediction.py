"""Measured beside simulated: how near a computed room comes to the one that phones heard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from sonalyze.comparison import C50, STI, T30, Metric, PairComparison
from sonalyze_contracts.results import AnalysisResults
from sonalyze_contracts.simulation_answers import SimulatedPair, SimulationAnswer

FARTHEST_JND: Final = 2.0
"""Round robins found the better programs to be off by about as much as one or two just noticeable
differences (M. Vorländer, ICA Trondheim 1995; I. Bork, Acta Acustica 86, 2000)."""


@dataclass(frozen=True, slots=True)
class PredictedPair:
    """One speaker and one microphone: measured, simulated, and in truth."""

    compared: PairComparison
    simulated: SimulatedPair

    def simulated_value(self, metric: Metric, band_hz: float) -> float | None:
        """Read a simulated figure of an octave."""
        found = [metric.of(band) for band in self.simulated.bands if band.center_hz == band_hz]
        return found[0] if found else None

    def difference_jnd(self, metric: Metric, band_hz: float) -> float | None:
        """Say how far the simulation is from the measurement."""
        measured = self.compared.figure(metric, band_hz).measured
        simulated = self.simulated_value(metric, band_hz)
        if measured is None or simulated is None:
            return None
        return metric.difference_jnd(simulated, measured)


@dataclass(frozen=True, slots=True)
class Prediction:
    """All pairs of a room, and what theory says of it."""

    pairs: tuple[PredictedPair, ...]
    answer: SimulationAnswer

    @classmethod
    def of(cls, compared: Sequence[PairComparison], answer: SimulationAnswer) -> "Prediction":
        """Put each pair that was measured beside the one that was simulated."""
        simulated = {(pair.source_id, pair.microphone_id): pair for pair in answer.pairs}
        return cls(
            tuple(
                PredictedPair(pair, simulated[pair.speaker, pair.microphone]) for pair in compared
            ),
            answer,
        )

    def eyring_s(self, band_hz: float) -> float | None:
        """Give Eyring's reverberation time of an octave."""
        estimates = self.answer.estimates
        return dict(zip(estimates.bands_hz, estimates.eyring_s, strict=True)).get(band_hz)

    def single_numbers(self) -> "tuple[SingleNumber, ...]":
        """Compare what a room is usually told by, each the mean of all pairs."""
        return (
            self._single(
                T30,
                lambda found: found.rt.rt60_s,
                lambda pair: pair.metrics.rt60_s,
            ),
            self._single(
                C50,
                lambda found: found.clarity.c50_db,
                lambda pair: pair.metrics.c50_db,
            ),
            self._single(STI, lambda found: found.sti.sti, lambda pair: pair.metrics.sti),
        )

    @property
    def agrees(self) -> bool:
        """Say whether every single number is as near as simulations come."""
        return all(number.agrees for number in self.single_numbers())

    def _single(
        self,
        metric: Metric,
        measured: Callable[[AnalysisResults], float | None],
        simulated: Callable[[SimulatedPair], float | None],
    ) -> "SingleNumber":
        return SingleNumber(
            metric,
            _mean([measured(pair.compared.measured) for pair in self.pairs]),
            _mean([simulated(pair.simulated) for pair in self.pairs]),
        )


@dataclass(frozen=True, slots=True)
class SingleNumber:
    """One figure for the whole room."""

    metric: Metric
    measured: float | None
    simulated: float | None

    @property
    def difference_jnd(self) -> float | None:
        """Say how far the simulation is off, or ``None`` where one of the two is missing."""
        if self.measured is None or self.simulated is None:
            return None
        return self.metric.difference_jnd(self.simulated, self.measured)

    @property
    def agrees(self) -> bool:
        """Say whether the simulation is as near as simulations come."""
        difference = self.difference_jnd
        return difference is not None and abs(difference) <= FARTHEST_JND


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
