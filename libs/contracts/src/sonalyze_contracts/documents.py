"""JSON that passes through unread: it has to fit through every encoder and database on its way."""

import math
import re
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


def _require_storable(value: object, levels_left: int) -> None:
    match value:
        case dict() | list():
            if levels_left == 0:
                raise ValueError(f"is nested deeper than {DEEPEST} levels")
            for part in (*value, *value.values()) if isinstance(value, dict) else value:
                _require_storable(part, levels_left - 1)
        case str() if _UNENCODABLE.search(value):
            raise ValueError("holds half a character (a lone surrogate) or NUL")
        case bool():
            return
        case int() if abs(value) > LARGEST_INTEGER:
            raise ValueError("holds an integer of more than 64 bits")
        case float() if not math.isfinite(value):
            raise ValueError("holds a number that is not finite")


JsonObject = Annotated[dict[str, Any], AfterValidator(storable)]
"""An object whose content nobody here reads."""
