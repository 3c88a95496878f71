"""Errors of many answers, and what is said of them in one table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from accuracy_cases import Case
from accuracy_figures import FIGURES, Answer, Figure, bands_of

MOST_UNFLAGGED_JND: Final = 2.0
"""No value that is given without a warning may be off by more."""

LEAST_RETURNED: Final = 0.98
"""Share of the supported decay times that must be given."""

IN_95_PERCENT: Final = 1.96
HUNDRED: Final = 100.0


class Error(NamedTuple):
    """How far one value is off."""

    jnd: float
    where: str
    interval_holds: bool | None
    """Whether the stated 95 % interval has the truth in it; None if none is stated."""
    is_flagged: bool
    """Whether the value came with a warning."""


@dataclass(slots=True)
class Score:
    """One figure from one evaluator, over all bands and cases."""

    figure: Figure
    errors: list[Error] = field(default_factory=list)
    asked: int = 0
    supported: int = 0
    returned: int = 0

    def add(self, answer: Answer, truth: Answer, case: Case) -> None:
        """Compare all bands of a case; where there is no truth nothing is asked."""
        for band_hz in bands_of(self.figure):
            expected = truth.value(self.figure, band_hz)
            if expected is None:
                continue
            value = answer.value(self.figure, band_hz)
            needed_db = self.figure.needed_inr_db
            supports = needed_db is not None and case.inr_db[band_hz] >= needed_db
            self.asked += 1
            self.supported += supports
            self.returned += supports and value is not None
            if value is not None:
                self._keep(value, expected, answer, band_hz, case)

    def _keep(
        self, value: float, expected: float, answer: Answer, band_hz: float, case: Case
    ) -> None:
        uncertainty = answer.standard_uncertainty(self.figure, band_hz)
        holds = None
        if uncertainty is not None:
            holds = abs(value - expected) <= IN_95_PERCENT * uncertainty
        where = f"{case.name}: {band_hz:g} Hz {value:.4g} instead of {expected:.4g}"
        is_flagged = answer.is_flagged(self.figure, band_hz)
        self.errors.append(Error(self.figure.error(value, expected), where, holds, is_flagged))

    @property
    def sizes(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Give the errors without their signs."""
        return np.abs([error.jnd for error in self.errors])

    def quantile(self, share: float) -> float:
        """Give the error that so many values stay below."""
        return float(np.quantile(self.sizes, share)) if self.errors else float("nan")

    @property
    def within(self) -> float:
        """Give the share of what is given that nobody can tell from the truth."""
        return float(np.mean(self.sizes <= 1.0)) if self.errors else float("nan")

    @property
    def given(self) -> float:
        """Give the share of what was asked that has a value."""
        return len(self.errors) / self.asked if self.asked else float("nan")

    @property
    def coverage(self) -> float | None:
        """Give the share of values whose stated 95 % interval holds the truth."""
        holds = [error.interval_holds for error in self.errors if error.interval_holds is not None]
        return float(np.mean(holds)) if holds else None

    @property
    def flagged(self) -> float:
        """Give the share of values that came with a warning."""
        return float(np.mean([error.is_flagged for error in self.errors])) if self.errors else 0.0

    @property
    def largest(self) -> float:
        """Give the largest error of a value that came without a warning."""
        plain = [abs(error.jnd) for error in self.errors if not error.is_flagged]
        return max(plain, default=float("nan"))

    def worst(self, count: int) -> list[Error]:
        """Give the largest errors."""
        return sorted(self.errors, key=lambda error: -abs(error.jnd))[:count]


class Scores:
    """All figures of one evaluator."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows = [Score(figure) for figure in FIGURES]

    def add(self, answer: Answer, truth: Answer, case: Case) -> None:
        """Compare one answer."""
        for row in self.rows:
            row.add(answer, truth, case)


def missed(score: Score, *, is_promised: bool) -> list[str]:
    """Name the targets that a figure of ours does not reach.

    What is given without a warning may nowhere be far off; how near and how often holds where it
    is promised.
    """
    figure, names = score.figure, []
    if score.largest > MOST_UNFLAGGED_JND:
        names.append("worst")
    if not is_promised:
        return names
    if figure.median is not None and not score.quantile(0.5) <= figure.median:
        names.append("median")
    if figure.ninetieth is not None and not score.quantile(0.9) <= figure.ninetieth:
        names.append("90 %")
    if score.supported and score.returned < LEAST_RETURNED * score.supported:
        names.append("of supported")
    return names


def table(evaluators: Sequence[Scores], *, is_promised: bool) -> list[str]:
    """Lay out ours beside the others, as Markdown that can be read as it is."""
    ours, *others = evaluators
    head = ["JND", ours.name, "within 1", "worst", "given", "flagged", "of supported"]
    head += [cell for other in others for cell in (other.name, "within 1", "given")]
    rows = [[*head, "target", ""]]
    for row, *peers in zip(ours.rows, *(other.rows for other in others), strict=True):
        cells = [row.figure.label, _errors(row), _share(row.within), _number(row.largest)]
        cells += [
            _share(row.given),
            f"{row.flagged:.0%}".replace("%", " %"),
            _share(row.returned / row.supported) if row.supported else "",
        ]
        for peer in peers:
            cells += [_errors(peer), _share(peer.within), _share(peer.given)]
        names = missed(row, is_promised=is_promised)
        cells.append(_target(row.figure) if is_promised else f"worst {MOST_UNFLAGGED_JND:g}")
        rows.append([*cells, f"MISSED {', '.join(names)}" if names else ""])
    return aligned(rows)


def _errors(score: Score) -> str:
    """Give median and 90th percentile."""
    return " / ".join(_number(score.quantile(share)) for share in (0.5, 0.9)).strip(" /")


def _number(value: float) -> str:
    if np.isnan(value):
        return ""
    return f"{value:.2f}" if value < HUNDRED else f"{value:.0f}"


def _share(value: float) -> str:
    if np.isnan(value):
        return ""
    percent = HUNDRED * value
    # 99.5 % and more is not rounded to all of them.
    return f"{percent:.0f} %" if percent < 99 or value == 1 else f"{percent:.1f} %"  # noqa: PLR2004  see above


def _target(figure: Figure) -> str:
    if figure.ninetieth is None:
        return ""
    return f"{'-' if figure.median is None else figure.median} / {figure.ninetieth}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay out cells as a Markdown table with columns of one width each."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return [head, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *body]


def worst_lines(scores: Scores, count: int, above_jnd: float) -> Iterable[str]:
    """List the largest errors of each figure, with where they are."""
    for row in scores.rows:
        for error in row.worst(count):
            if abs(error.jnd) > above_jnd:
                warned = ", flagged" if error.is_flagged else ""
                yield f"{row.figure.label} {error.jnd:+.2f} JND, {error.where}{warned}"
