"""How many positions a measurement covers, and which grade of ISO 3382-2 that allows.

ISO 3382-2:2008, Table 1, counts source positions, microphone positions and combinations of the two.
Its number of decays per combination is for interrupted noise: an impulse response holds as much as
ten of them (7.2). Distances between positions, and to walls, are not judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from sonalyze_acoustics.evaluation import Evaluation

Grade = Literal["survey", "engineering", "precision"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the source and the microphone of one response stood, by names that tell them apart."""

    source: str
    receiver: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a measurement covers: distinct positions, and recordings that count for none."""

    sources: int
    receivers: int
    combinations: int
    without_place: int = 0
    without_time: int = 0


MINIMUM: Final[Mapping[Grade, Coverage]] = MappingProxyType(
    {
        "survey": Coverage(sources=1, receivers=2, combinations=2),
        "engineering": Coverage(sources=2, receivers=2, combinations=6),
        "precision": Coverage(sources=2, receivers=3, combinations=12),
    }
)
"""ISO 3382-2:2008, Table 1; the lowest grade first."""

COUNTED: Final = {
    "sources": "source positions",
    "receivers": "microphone positions",
    "combinations": "source-microphone combinations",
}


def coverage_of(evaluations: Iterable[Evaluation], places: Sequence[Place | None]) -> Coverage:
    """Count positions whose reverberation time is known, T20 at 500 Hz and 1 kHz.

    Parameters
    ----------
    evaluations : iterable of Evaluation
        One per position.
    places : sequence of Place
        Where each was made, None where that is not known.
    """
    known: set[Place] = set()
    without_place = without_time = 0
    for evaluation, place in zip(evaluations, places, strict=True):
        if evaluation.mid.t20_s is None:
            without_time += 1
        elif place is None:
            without_place += 1
        else:
            known.add(place)
    return Coverage(
        sources=len({place.source for place in known}),
        receivers=len({place.receiver for place in known}),
        combinations=len(known),
        without_place=without_place,
        without_time=without_time,
    )


def grade_of(coverage: Coverage) -> Grade | None:
    """Return the highest grade whose three minimum numbers are all reached."""
    reached = [grade for grade, least in MINIMUM.items() if not any(_short_of(coverage, least))]
    return reached[-1] if reached else None


def missing(coverage: Coverage) -> tuple[str, ...]:
    """Say in sentences what the next grade needs; nothing is missing for precision."""
    grades = list(MINIMUM)
    reached = grade_of(coverage)
    if reached == grades[-1]:
        return ()
    following = grades[0] if reached is None else grades[grades.index(reached) + 1]
    return (*_short_of(coverage, MINIMUM[following], following), *_uncounted(coverage))


def _short_of(coverage: Coverage, least: Coverage, grade: Grade | None = None) -> Iterator[str]:
    for name, counted in COUNTED.items():
        there, needed = getattr(coverage, name), getattr(least, name)
        if there < needed:
            what = counted if needed > 1 else counted.removesuffix("s")
            yield (
                f"The {grade} grade of ISO 3382-2 needs {needed} {what}; "
                f"there {'is' if there == 1 else 'are'} {there}."
            )


def _uncounted(coverage: Coverage) -> Iterator[str]:
    if coverage.without_place:
        yield (
            f"Of {_recordings(coverage.without_place)} it is not known where the speaker and the "
            "microphone stood: say which pair each is of, so that it counts."
        )
    if coverage.without_time:
        yield (
            f"{_recordings(coverage.without_time).capitalize()} without T20 at 500 Hz and 1 kHz "
            "cannot count: measure there again."
        )


def _recordings(count: int) -> str:
    return "1 recording" if count == 1 else f"{count} recordings"
