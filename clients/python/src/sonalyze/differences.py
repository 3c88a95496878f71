"""What differs between two JSON documents of the same shape, figure by figure.

Texts, whole numbers and what is missing have to be the same. Other numbers may be apart by round-
off: a Fourier transform of another processor or library adds in another order. Where the last bit
of every sample is thrown at random, the figures of recordings move by up to 1e-12 of themselves;
of responses without any noise of their own, the distance to the noise moves by up to 1e-9.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

TOLERANCE: Final = 1e-9
"""Relative, and absolute in the figure's own unit (s, dB, ppm) for what is nearly zero."""

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
        case _ if not _are_alike(stored, computed):
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


def _are_alike(one: JsonValue, other: JsonValue) -> bool:
    if isinstance(one, float) or isinstance(other, float):
        return (
            _is_number(one)
            and _is_number(other)
            and math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)  # type: ignore[arg-type]  # numbers
        )
    return type(one) is type(other) and one == other


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
