"""What an app's surfaces and pieces of furniture are made of."""

from collections.abc import Mapping
from typing import Any, Final

from sonalyze_simulation.domain.app_values import Json, a_name, a_number, an_object
from sonalyze_simulation.domain.materials import TABLE

DEFAULT: Final = {"absorption": 0.20, "scattering": 0.05}

OF_TYPES: Final[Mapping[str, tuple[float, float]]] = {
    "table": (0.10, 0.10),
    "desk": (0.10, 0.10),
    "chair": (0.15, 0.15),
    "shelf": (0.12, 0.20),
    "wardrobe": (0.10, 0.08),
    "sofa": (0.40, 0.25),
    "bed": (0.50, 0.30),
    "bathtub": (0.03, 0.05),
    "toilet": (0.03, 0.05),
    "sink": (0.03, 0.05),
    "shower": (0.05, 0.10),
    "stove": (0.02, 0.05),
    "fridge": (0.02, 0.03),
}
"""Absorption and scattering of furniture by its type."""

OF_OTHERS: Final = (0.15, 0.10)


def surface(part: str, model: Json, room: Json) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the material of walls, floor or ceiling, from the model or from its room."""
    for owner in (model, room):
        given = an_object(owner.get("materials")).get(part)
        if given is not None:
            material = _material(given)
            if material is not None:
                return material, ()
            return dict(DEFAULT), (f"The material of the {part} is not known; a fifth absorbs",)
    return dict(DEFAULT), ()


def furniture_material(kind: str) -> dict[str, Any]:
    """Give the material of a type of furniture."""
    absorption, scattering = OF_TYPES.get(kind, OF_OTHERS)
    return {"absorption": absorption, "scattering": scattering}


def _material(given: object) -> dict[str, Any] | None:
    fields = an_object(given)
    row = a_name(given) or a_name(fields.get("material_id")) or a_name(fields.get("id"))
    if row in TABLE:
        return {"id": row}
    absorption = _coefficient(fields.get("absorption"))
    if absorption is None:
        return None
    return {"absorption": absorption, "scattering": _coefficient(fields.get("scattering")) or 0.0}


def _coefficient(value: object) -> float | None:
    number = a_number(value)
    return number if number is not None and 0 <= number <= 1 else None
