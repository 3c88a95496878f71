"""Requests and apps' payloads that name only what matters."""

from typing import Any

from sonalyze_contracts.simulations import SimulationRequest
from sonalyze_simulation.domain.rooms import Room, room_of


def request(**fields: object) -> dict[str, Any]:
    """Give the request of the documents' example, with some fields changed."""
    return {
        "room": shoebox(),
        "sources": [{"id": "s1", "position_m": [2.5, 0.5, 1.2]}],
        "microphones": [{"id": "m1", "position_m": [2.5, 3.5, 1.2]}],
    } | fields


def shoebox(**fields: object) -> dict[str, Any]:
    """Give the room of the documents' example."""
    return {
        "type": "shoebox",
        "dimensions_m": [5.0, 4.0, 2.5],
        "default_material": {"absorption": 0.2},
    } | fields


def polygon(*corners: tuple[float, float], **fields: object) -> dict[str, Any]:
    """Give a prism."""
    return {
        "type": "polygon",
        "corners_m": [list(corner) for corner in corners],
        "height_m": 2.5,
    } | fields


def room(**fields: object) -> Room:
    """Give the resolved room of a request."""
    found, _ = room_of(SimulationRequest.model_validate(request(**fields)))
    return found


def source(x: float, y: float, z: float = 1.2, name: str = "s1") -> list[dict[str, Any]]:
    """Give one source, or microphone, as a list."""
    return [{"id": name, "position_m": [x, y, z]}]


def box(low: list[float], high: list[float], **fields: object) -> dict[str, Any]:
    """Give a piece of furniture."""
    return {"type": "box", "min_m": low, "max_m": high} | fields
