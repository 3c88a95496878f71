"""How long to wait before trying again."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

RETRY_FOR_S = 20.0
"""A gateway or service that is restarted is back within seconds; the stages of a measurement in
which phones ask for something wait a minute and more."""


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
