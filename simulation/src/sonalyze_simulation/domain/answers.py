"""Answers as the text that they leave as: whoever passes one on never reads it.

A child writes each pair as JSON; the parent only puts pairs together. An answer may hold megabytes
of samples, and parsing those would keep everybody else waiting.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sonalyze_simulation.domain.prepared import Prepared

VERSION: Final = "1"
"""Of simulations: another one where the same request may get another answer."""

MOST_EVENT_BYTES: Final = (2 << 20) - (64 << 10)
"""Of an answer in an event: a service takes and gives 2 MiB, with the envelope around it."""

LEFT_OUT: Final = {
    "rir": "The responses were left out, because they are too large for an event: "
    "ask for the job or its WAV files over HTTP.",
    "decay_curves": "The decay curves were left out, because they are too large for an event: "
    "ask for the job over HTTP.",
}
"""What is given up first, and what is said then."""


@dataclass(frozen=True, slots=True)
class PairText:
    """One pair as JSON: all but its large parts, and these, each null if not asked for."""

    rest: str
    rir: str = "null"
    decay_curves: str = "null"

    def __str__(self) -> str:
        return f'{self.rest[:-1]},"rir":{self.rir},"decay_curves":{self.decay_curves}}}'

    @property
    def size(self) -> int:
        """Give the characters of the text."""
        return len(self.rest) + len(self.rir) + len(self.decay_curves)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, ready to be written."""

    prepared: Prepared
    pairs: tuple[PairText, ...]
    """The microphones outermost, the sources innermost."""
    remarks: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Give about the characters of the text."""
        return sum(pair.size for pair in self.pairs)

    def text(self) -> str:
        """Write the answer as JSON."""
        request = self.prepared.request
        pairs = ",".join(map(str, self.pairs))
        rest = json.dumps(self._rest(), ensure_ascii=False, separators=(",", ":"))
        return f'{{"sample_rate_hz":{request["sample_rate_hz"]},"pairs":[{pairs}],{rest[1:]}'

    def for_event(self, most_bytes: int = MOST_EVENT_BYTES) -> str | None:
        """Write the answer without what an event cannot carry; None if that is not enough."""
        return next((text for text in self._shorter() if len(text.encode()) <= most_bytes), None)

    def _shorter(self) -> Iterator[str]:
        answer = self
        if self.size <= MOST_EVENT_BYTES:
            yield answer.text()
        for part, remark in LEFT_OUT.items():
            if all(getattr(pair, part) == "null" for pair in answer.pairs):
                continue
            pairs = tuple(replace(pair, **{part: "null"}) for pair in answer.pairs)
            answer = replace(answer, pairs=pairs, remarks=(*answer.remarks, remark))
            yield answer.text()

    def _rest(self) -> dict[str, Any]:
        known = self.prepared
        return {
            "warnings": [*known.warnings, *self.remarks],
            "version": VERSION,
            "method": known.method,
            "seed": known.request["seed"],
            "rays": known.rays or None,
            "max_order": known.order,
            "volume_m3": known.volume_m3,
            "surface_m2": known.surface_m2,
            "schroeder_hz": known.schroeder_hz,
            "estimates": known.estimates,
        }


def microphones_outermost(by_source: Sequence[Sequence[PairText]]) -> tuple[PairText, ...]:
    """Put what each source gave into the documented order."""
    return tuple(pair for heard in zip(*by_source, strict=True) for pair in heard)
