"""Rooms and payloads as apps send them, naming only what matters."""

from typing import Any

from sonalyze_simulation.domain.app_payload import translated

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)]


def wall(start: object, end: object) -> dict[str, object]:
    """Give a piece of wall."""
    return {"start": start, "end": end}


def at(x: float, z: float) -> dict[str, float]:
    """Give a point on the floor in the frame of three.js."""
    return {"x": x, "y": 0.0, "z": z}


WALLS = [
    wall(at(*start), at(*end)) for start, end in zip(SQUARE, SQUARE[1:] + SQUARE[:1], strict=True)
]


def app_room(**fields: object) -> dict[str, Any]:
    """Give a room of 4 by 3 by 2.5 m."""
    return {"walls": WALLS, "dimensions": {"width": 4, "depth": 3, "height": 2.5}} | fields


def payload(room: dict[str, Any] | None = None, **fields: object) -> dict[str, Any]:
    """Give a payload that is itself the model."""
    return {"rooms": [app_room() if room is None else room], **fields}


def meant(given: dict[str, Any]) -> dict[str, Any]:
    """Give the request that a payload means."""
    request, _ = translated(given)
    return request


def said(given: dict[str, Any]) -> tuple[str, ...]:
    """Give what the translation says of a payload."""
    _, warnings = translated(given)
    return warnings


def corners(given: dict[str, Any]) -> set[tuple[float, float]]:
    """Give the corners that a payload means, to the micrometre."""
    return {(round(x, 6), round(y, 6)) for x, y in meant(given)["room"]["corners_m"]}
