"""Reading values of an app's payload, which may be of any type: what fits, or nothing.

Apps count in the frame of three.js: x to the right, y up, z in depth. Here x and y span the floor
and z is up, so that a point (x, y, z) of an app is (x, z, y).
"""

from collections.abc import Mapping
from typing import Any, Final

from sonalyze_contracts.simulations import FARTHEST_M
from sonalyze_simulation.domain.plan import Point

EAR_M: Final = 1.2
"""The height of what has none."""

Json = Mapping[str, Any]


def an_object(value: object) -> Json:
    """Give an object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def a_list(value: object) -> list[Any]:
    """Give a list, a single object as a list of one, or an empty one for anything else."""
    if isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else []


def a_number(value: object) -> float | None:
    """Give a finite number of reasonable size, also one written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) <= FARTHEST_M else None


def a_length_m(value: object) -> float | None:
    """Give a number above zero."""
    number = a_number(value)
    return number if number is not None and number > 0 else None


def a_name(value: object) -> str | None:
    """Give a text that is not empty, or a whole number as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**18 else None
    return value if isinstance(value, str) and value else None


def numbers(values: list[Any]) -> list[float] | None:
    """Give a list's numbers, or nothing if one is none."""
    read = [a_number(value) for value in values]
    known = [number for number in read if number is not None]
    return known if len(known) == len(read) else None


def plan_point(value: object) -> Point | None:
    """Read a point of the plan: ``[x, y]``, or an app's ``{x, z}``, or ``{x, y}`` without z."""
    if isinstance(value, list):
        known = numbers(value[:2])
        return (known[0], known[1]) if known and len(known) == 2 else None  # noqa: PLR2004  x, y
    point = an_object(value)
    x = a_number(point.get("x"))
    y = a_number(point.get("z") if point.get("z") is not None else point.get("y"))
    return None if x is None or y is None else (x, y)


def space_point(value: object, *, z_up: bool) -> list[float] | None:
    """Read a point in space: a list, which is z-up, or an object of either frame."""
    if isinstance(value, list):
        known = numbers(value[:3])
        if known is None or len(known) < 2:  # noqa: PLR2004  x, y
            return None
        return [*known, EAR_M][:3]
    point = an_object(value)
    plan = plan_point({"x": point.get("x"), "z": point.get("y")} if z_up else point)
    if plan is None:
        return None
    return [*plan, _height_m(point, z_up=z_up)]


def _height_m(point: Json, *, z_up: bool) -> float:
    if z_up:
        height_m = a_number(point.get("z"))
    else:
        height_m = None if point.get("z") is None else a_number(point.get("y"))
    return EAR_M if height_m is None else height_m
