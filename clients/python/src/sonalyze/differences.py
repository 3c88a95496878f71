"""What differs between two JSON documents of the same shape, figure by figure.

Names, whole numbers and what is missing have to be the same. Other numbers may be apart by round-
off: spectra are of single precision, and another processor or library adds in another order. Where
an error of the last bit is thrown at random on every value of every transform, figures of phone
recordings move by up to 1e-4 of themselves, and what is said of the shape of a decay by up to 3e-4;
of recordings with 80 dB of decay, whose end is round-off, the two move by 8e-4 and 4e-2. The same
processor and libraries give the same bits.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

TOLERANCE: Final = 1e-3
"""Relative: a fiftieth of what is just noticeable in a reverberation time."""

SHAPE_TOLERANCE: Final = 0.1
"""Of how straight a decay is: the smaller, the more of it is round-off."""

NEARLY_ZERO: Final = 1e-4
"""Absolute, in the figure's own unit (s, dB, ppm), for what is nearly zero."""

TEXTS: Final = frozenset({"message", "summary", "note", "reason", "formatted_value"})
"""Sentences and figures for people, in which numbers are rounded."""

NUMBER: Final = re.compile(r"-?\d+(?:\.(\d+))?")

ABSENT: Final = "(absent)"


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure, as it was stored and as it was computed again."""

    figure: str
    stored: JsonValue
    computed: JsonValue

    @property
    def amount(self) -> float | None:
        """How much more was computed than stored, where both are numbers."""
        if _is_number(self.stored) and _is_number(self.computed):
            return float(self.computed) - float(self.stored)  # type: ignore[arg-type]  # numbers
        return None


def differences(stored: JsonValue, computed: JsonValue, figure: str = "") -> Iterator[Difference]:
    """Walk through two documents and give what is not the same in both."""
    match stored, computed:
        case dict(), dict():
            for name in stored | computed:
                yield from differences(
                    stored.get(name, ABSENT),
                    computed.get(name, ABSENT),
                    f"{figure}.{name}" if figure else name,
                )
        case list(), list():
            for number in range(max(len(stored), len(computed))):
                one, other = _item(stored, number), _item(computed, number)
                yield from differences(one, other, f"{figure}[{_name_of(one, number)}]")
        case _ if not _are_alike(stored, computed, figure):
            yield Difference(figure, stored, computed)


def _item(items: Sequence[JsonValue], number: int) -> JsonValue:
    return items[number] if number < len(items) else ABSENT


def _name_of(item: JsonValue, number: int) -> str:
    """Call an octave by its centre and a displayed metric by its key, anything else by number."""
    if isinstance(item, dict):
        match item:
            case {"center_hz": float() | int() as hz}:
                return f"{hz:g} Hz"
            case {"key": str() as key}:
                return key
    return str(number)


def _are_alike(one: JsonValue, other: JsonValue, figure: str) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one == other or (_is_text(figure) and _say_the_same(one, other))
    if isinstance(one, float) or isinstance(other, float):
        tolerance = SHAPE_TOLERANCE if ".shape." in figure else TOLERANCE
        return (
            _is_number(one)
            and _is_number(other)
            and math.isclose(one, other, rel_tol=tolerance, abs_tol=NEARLY_ZERO)  # type: ignore[arg-type]  # numbers
        )
    return type(one) is type(other) and one == other


def _is_text(figure: str) -> bool:
    return ".reasons." in figure or figure.rpartition(".")[2] in TEXTS


def _say_the_same(one: str, other: str) -> bool:
    """Compare words as they are, and numbers to one step of their last digit."""
    if NUMBER.sub("#", one) != NUMBER.sub("#", other):
        return False
    pairs = zip(NUMBER.finditer(one), NUMBER.finditer(other), strict=True)
    return all(_are_a_step_apart(*pair) for pair in pairs)


def _are_a_step_apart(one: re.Match[str], other: re.Match[str]) -> bool:
    steps = [10.0 ** -len(number[1] or "") for number in (one, other)]
    return abs(float(one[0]) - float(other[0])) <= 1.001 * max(steps)


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
