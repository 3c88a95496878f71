"""One figure over several positions: its mean, its spread, and how well the mean is known."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import hypot, sqrt
from typing import Final

from sonalyze_acoustics.evaluation import BandMetrics, MidFrequency, SpeechTransmission

NO_FIGURES: Final = frozenset({"center_hz", "reasons", "uncertainty", "shape"})
"""What of a band or of the single numbers cannot be averaged."""

INDICES: Final = ("sti", "sti_male", "sti_female")


@dataclass(frozen=True, slots=True)
class PositionMean:
    """One figure over all positions that have it.

    `spread` is the standard deviation over positions; a single position has none. `uncertainty` is
    the standard uncertainty of the mean, None where nothing is known of it.
    """

    mean: float
    spread: float | None
    positions: int
    uncertainty: float | None
    lowest: float


@dataclass(frozen=True, slots=True)
class BandOverPositions:
    """Every figure of an octave, or of a third of one, over the positions that have it."""

    center_hz: float
    metrics: Mapping[str, PositionMean]


def position_mean(values: Sequence[float], uncertainties: Sequence[float | None]) -> PositionMean:
    """Average one figure over positions.

    Parameters
    ----------
    values : sequence of float
        One per position, at least one.
    uncertainties : sequence of float, optional
        The standard uncertainty of each, None where unknown.

    Notes
    -----
    The positions' own uncertainties may have causes in common (the noise of the room, the limit
    of a band), so their mean does not shrink with the number of positions; what a few positions
    say of the whole room does, by its root. Both are added as independent (JCGM 100:2008, 5.1.2).
    """
    count = len(values)
    spread = statistics.stdev(values) if count > 1 else None
    known = [each for each in uncertainties if each is not None]
    parts = [statistics.fmean(known)] if known else []
    if spread is not None:
        parts.append(spread / sqrt(count))
    return PositionMean(
        mean=statistics.fmean(values),
        spread=spread,
        positions=count,
        uncertainty=hypot(*parts) if parts else None,
        lowest=min(values),
    )


def known_mean(values: Sequence[float | None]) -> float | None:
    """Average what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def means_of(positions: Sequence[BandMetrics | MidFrequency]) -> dict[str, PositionMean]:
    """Average every figure of a band, or of the single numbers, by its name."""
    return _means(positions, _figures(positions[0]))


def speech_means_of(positions: Sequence[SpeechTransmission]) -> dict[str, PositionMean]:
    """Average the speech transmission indices by their names."""
    return _means(positions, INDICES)


def over_positions(
    positions: Sequence[tuple[BandMetrics, ...]],
) -> tuple[BandOverPositions, ...]:
    """Average every band; each position has the same bands."""
    return tuple(
        BandOverPositions(bands[0].center_hz, means_of(bands))
        for bands in zip(*positions, strict=True)
    )


def as_band(over: BandOverPositions, bands: Sequence[BandMetrics]) -> BandMetrics:
    """Put means into the shape of a band; a mean of decays is no decay, so it has no `shape`."""
    names = _figures(bands[0])
    reasons = {name: _reason(bands, name) for name in names if name not in over.metrics}
    return BandMetrics(
        center_hz=over.center_hz,
        reasons={name: reason for name, reason in reasons.items() if reason},
        uncertainty=_uncertainties(over.metrics),
        shape=None,
        **_values(over.metrics, names),
    )


def as_mid_frequency(means: Mapping[str, PositionMean]) -> MidFrequency:
    """Put means into the shape of the single numbers."""
    names = _figures(MidFrequency)
    return MidFrequency(**_values(means, names), uncertainty=_uncertainties(means))


def as_speech(
    means: Mapping[str, PositionMean], positions: Sequence[SpeechTransmission]
) -> SpeechTransmission:
    """Put means into the shape of a speech transmission index, its parts averaged as well.

    What is noted of the first position that has an index holds for the mean.
    """
    first = next((each for each in positions if each.sti is not None), positions[0])
    indices = zip(*(each.band_ti for each in positions), strict=True)
    modulations = zip(*(each.modulation for each in positions), strict=True)
    return SpeechTransmission(
        **_values(means, INDICES),
        bands_hz=first.bands_hz,
        band_ti=tuple(known_mean(row) for row in indices),
        modulation_hz=first.modulation_hz,
        note=first.note,
        modulation=tuple(_mean_row(rows) for rows in modulations),
        is_level_independent=all(each.is_level_independent for each in positions),
        uncertainty=_uncertainties(means),
    )


def _figures(of: BandMetrics | MidFrequency | type[MidFrequency]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(of) if each.name not in NO_FIGURES)


def _means(
    positions: Sequence[BandMetrics | MidFrequency | SpeechTransmission], names: Sequence[str]
) -> dict[str, PositionMean]:
    found = {}
    for name in names:
        having = [each for each in positions if getattr(each, name) is not None]
        if having:
            own = [each.uncertainty.get(name) for each in having]
            found[name] = position_mean([getattr(each, name) for each in having], own)
    return found


def _values(means: Mapping[str, PositionMean], names: Sequence[str]) -> dict[str, float | None]:
    return {name: means[name].mean if name in means else None for name in names}


def _uncertainties(means: Mapping[str, PositionMean]) -> dict[str, float]:
    return {name: mean.uncertainty for name, mean in means.items() if mean.uncertainty is not None}


def _reason(bands: Sequence[BandMetrics], name: str) -> str | None:
    return next((band.reasons[name] for band in bands if name in band.reasons), None)


def _mean_row(rows: Sequence[tuple[float, ...] | None]) -> tuple[float, ...] | None:
    known = [row for row in rows if row is not None]
    if not known:
        return None
    return tuple(statistics.fmean(column) for column in zip(*known, strict=True))
