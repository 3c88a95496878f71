"""How long to wait before trying again."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waiting times that double up to a limit, each drawn at random below its bound.

    "Full jitter": clients that lost the same server do not come back at the same moment.
    """

    first_s: float = 0.1
    longest_s: float = 10.0

    def waits_s(self, chance: Random) -> Iterator[float]:
        """Give one waiting time after the other, without end."""
        bound_s = self.first_s
        while True:
            yield chance.uniform(0.0, bound_s)
            bound_s = min(2.0 * bound_s, self.longest_s)
