"""Answers that were given before, as many as fit, the latest used kept longest."""

from collections import OrderedDict

from sonalyze_simulation.domain.answers import PairText

Pairs = tuple[PairText, ...]


class Recall:
    """Pairs by what they were computed from."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held_bytes = 0
        self._pairs: OrderedDict[str, Pairs] = OrderedDict()

    def find(self, key: str) -> Pairs | None:
        """Give what was computed before."""
        if key in self._pairs:
            self._pairs.move_to_end(key)
        return self._pairs.get(key)

    def keep(self, key: str, pairs: Pairs) -> None:
        """Keep what was computed; what is larger than the whole limit is not kept."""
        size = size_of(pairs)
        if key in self._pairs or size > self._most_bytes:
            return
        self._pairs[key] = pairs
        self._held_bytes += size
        while self._held_bytes > self._most_bytes:
            _, forgotten = self._pairs.popitem(last=False)
            self._held_bytes -= size_of(forgotten)


def size_of(pairs: Pairs) -> int:
    """Give the characters of pairs, which are bytes but for names in foreign scripts."""
    return sum(pair.size for pair in pairs)
