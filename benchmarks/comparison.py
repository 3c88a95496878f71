"""One row of a benchmark: ours against the bare thing, round by round."""

import operator
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

HEADER = f"{'':<44}{'ours':>11}{'bare':>11}       ratio  target"


@dataclass(frozen=True)
class Target:
    """What a ratio has to reach."""

    sign: str
    limit: float

    def is_met_by(self, ratio: float) -> bool:
        """Say whether a ratio reaches it."""
        compare: Callable[[float, float], bool] = {">=": operator.ge, "<=": operator.le}[self.sign]
        return compare(ratio, self.limit)


@dataclass
class Comparison:
    """What was measured in each round; what counts is the median of the rounds' ratios."""

    name: str
    unit: str
    target: Target | None
    """None for a figure that is told only."""
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def add(self, ours: float, bare: float) -> None:
        """Keep one round."""
        self.ours.append(ours)
        self.bare.append(bare)

    @property
    def ratio(self) -> float:
        """Give the median of the rounds' ratios."""
        return statistics.median(
            ours / bare for ours, bare in zip(self.ours, self.bare, strict=True)
        )

    @property
    def is_met(self) -> bool:
        """Say whether the target is reached, if there is one."""
        return self.target is None or self.target.is_met_by(self.ratio)

    def line(self) -> str:
        """Say it in one line."""
        ours, bare = statistics.median(self.ours), statistics.median(self.bare)
        figures = f"{self.name:<44}{ours:>11,.1f}{bare:>11,.1f} {self.unit:<5}{self.ratio:>6.2f}"
        if self.target is None:
            return figures
        verdict = "" if self.is_met else "MISSED"
        return f"{figures}  {self.target.sign} {self.target.limit:<6g}{verdict}"
