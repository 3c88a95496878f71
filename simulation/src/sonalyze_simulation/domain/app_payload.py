"""Rooms as apps draw them, translated to documented requests.

An app sends its own model of a room: walls in the frame of three.js, furniture by type, devices
under one of several names. Nothing here refuses a room for what it lacks; there is a fallback for
everything but the model itself. What is left out is said.
"""

import json
from typing import Any, Final

from sonalyze_contracts.documents import storable
from sonalyze_simulation.domain.app_devices import MICROPHONES, SOURCES, assumed, placed
from sonalyze_simulation.domain.app_furniture import block_of, boxes
from sonalyze_simulation.domain.app_surfaces import surface
from sonalyze_simulation.domain.app_values import Json, a_length_m, an_object
from sonalyze_simulation.domain.app_walls import outline
from sonalyze_simulation.domain.defects import NoRoom, UnreadableRoomModel
from sonalyze_simulation.domain.plan import Plan, Point

FALLBACK_M: Final = {"width": 4.0, "depth": 4.0, "height": 2.8}

OPTIONS: Final = (
    *("sample_rate_hz", "max_order", "air_absorption", "rir_duration_s", "include_rir"),
)
"""Of the payload first, then of the model."""

PAYLOAD_OPTIONS: Final = (
    *("use_raytracing", "raytracing_bounces", "method", "seed", "rays", "temperature_c"),
    *("humidity_percent", "include_decay_curves", "allow_degraded"),
)
"""Of the payload only."""


def translated(payload: Json) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the request that an app's payload means, and what was left out or guessed.

    Raises
    ------
    NoRoom
        If the payload has no room model.
    UnreadableRoomModel
        If it has one that cannot be read.
    TooManyWalls
        If the room has more walls than are read.
    """
    model = _model(payload)
    room = _first_room(model)
    width_m, depth_m, height_m = _dimensions(room)
    corners, gaps = outline(room)
    if corners is None:
        corners = _rectangle(width_m, depth_m)
        gaps = ("The walls give no outline; the dimensions count",) if room.get("walls") else ()
    wall, no_wall = surface("wall", model, room)
    floor, no_floor = surface("floor", model, room)
    ceiling, no_ceiling = surface("ceiling", model, room)
    furniture, left_out = boxes(model, room)
    plan = Plan(corners, tuple(map(block_of, furniture)))
    sources = placed(SOURCES, payload, model) or assumed(SOURCES, plan, height_m)
    taken = [(source["position_m"][0], source["position_m"][1]) for source in sources]
    microphones = placed(MICROPHONES, payload, model) or assumed(MICROPHONES, plan, height_m, taken)
    request = {
        "room": {
            "type": "polygon",
            "corners_m": [list(corner) for corner in corners],
            "height_m": height_m,
            "wall_material": wall,
            "floor_material": floor,
            "ceiling_material": ceiling,
        },
        "sources": sources,
        "microphones": microphones,
        "furniture": furniture,
        **_options(payload, model),
    }
    return request, (*gaps, *no_wall, *no_floor, *no_ceiling, *left_out)


def _model(payload: Json) -> Json:
    for key in ("room_model", "roomModel"):
        given = payload.get(key)
        if given is not None:
            return _read(key, given)
    if isinstance(payload.get("rooms"), list):
        return payload
    raise NoRoom("Missing 'room' in data: an object, or an app's 'room_model' or 'rooms'")


def _read(key: str, given: object) -> Json:
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise UnreadableRoomModel(f"'{key}' is text, but not JSON") from None
    if not isinstance(given, dict):
        raise UnreadableRoomModel(f"'{key}' must be an object, or the JSON text of one")
    try:
        return storable(given)
    except ValueError as error:
        raise UnreadableRoomModel(f"'{key}' {error}") from None


def _first_room(model: Json) -> Json:
    rooms = model.get("rooms")
    if not isinstance(rooms, list) or not rooms or not isinstance(rooms[0], dict):
        raise UnreadableRoomModel("The room model has no room in 'rooms'")
    return rooms[0]


def _dimensions(room: Json) -> tuple[float, float, float]:
    given = an_object(room.get("dimensions"))
    width_m, depth_m, height_m = (
        a_length_m(given.get(key)) or fallback_m for key, fallback_m in FALLBACK_M.items()
    )
    return width_m, depth_m, height_m


def _rectangle(width_m: float, depth_m: float) -> tuple[Point, ...]:
    x, y = width_m / 2, depth_m / 2
    return ((-x, -y), (x, -y), (x, y), (-x, y))


def _options(payload: Json, model: Json) -> dict[str, Any]:
    of_either = {key: value for key, value in model.items() if key in OPTIONS}
    of_payload = {
        key: value
        for key, value in payload.items()
        if key in {*OPTIONS, *PAYLOAD_OPTIONS} and value is not None
    }
    return {key: value for key, value in (of_either | of_payload).items() if value is not None}
