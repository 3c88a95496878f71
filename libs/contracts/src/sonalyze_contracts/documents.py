"""JSON that passes through unread: it has to fit through every encoder and database on its way."""

import math
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any

from pydantic import AfterValidator

DEEPEST = 32
"""Levels of nesting; parsers and encoders give up between 200 and 1000."""

LARGEST_INTEGER = 2**63 - 1

_UNENCODABLE = re.compile("[\x00\ud800-\udfff]")


def storable(document: dict[str, Any]) -> dict[str, Any]:
    """Refuse what some encoder cannot write: depth, infinity, huge integers, half characters."""
    _require_storable(document, DEEPEST)
    return document


def _require_storable(parts: dict[str, Any] | list[Any], levels_left: int) -> None:
    if levels_left == 0:
        raise ValueError(f"is nested deeper than {DEEPEST} levels")
    values: Iterable[Any] = parts
    if isinstance(parts, dict):
        for name in parts:
            _require_text(name)
        values = parts.values()
    for value in values:
        # A result of an analysis has 100,000 values: each is looked at once, by its exact type.
        if requirement := _REQUIREMENTS.get(type(value)):
            requirement(value)
        elif isinstance(value, dict | list):
            _require_storable(value, levels_left - 1)


def _require_text(text: str) -> None:
    if not text.isprintable() and _UNENCODABLE.search(text):
        raise ValueError("holds half a character (a lone surrogate) or NUL")


def _require_64_bits(number: int) -> None:
    if abs(number) > LARGEST_INTEGER:
        raise ValueError("holds an integer of more than 64 bits")


def _require_finite(number: float) -> None:
    if not math.isfinite(number):
        raise ValueError("holds a number that is not finite")


_REQUIREMENTS: dict[type, Callable[[Any], None]] = {
    str: _require_text,
    int: _require_64_bits,
    float: _require_finite,
}

JsonObject = Annotated[dict[str, Any], AfterValidator(storable)]
"""An object whose content nobody here reads."""
