"""An app's furniture as boxes that stand on the floor."""

import math
from typing import Any, Final

from sonalyze_simulation.domain.app_surfaces import furniture_material
from sonalyze_simulation.domain.app_values import (
    Json,
    a_length_m,
    a_list,
    a_name,
    a_number,
    an_object,
    space_point,
)
from sonalyze_simulation.domain.plan import Block

NO_OBSTACLES: Final = {"door", "window", "speaker", "microphone"}


def boxes(model: Json, room: Json) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Give the obstacles of a room, and a sentence for each that is left out."""
    read, warnings = [], []
    drawn = a_list(room.get("furniture")) or a_list(model.get("furniture"))
    for number, item in enumerate(map(an_object, drawn), 1):
        kind = (a_name(item.get("type")) or "other").lower()
        if kind in NO_OBSTACLES:
            continue
        name = a_name(item.get("id")) or f"{kind}-{number}"
        box = _box(item, name, kind)
        if box is None:
            warnings.append(f"'{name}' has no usable position or dimensions and is left out")
        else:
            read.append(box)
    return read, tuple(warnings)


def block_of(box: dict[str, Any]) -> Block:
    """Give the ground that a box covers."""
    low, high = box["min_m"], box["max_m"]
    return Block(
        ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2),
        ((high[0] - low[0]) / 2, (high[1] - low[1]) / 2),
        box["rotation_rad"],
    )


def _box(item: Json, name: str, kind: str) -> dict[str, Any] | None:
    middle = space_point(item.get("position"), z_up=False)
    size = an_object(item.get("dimensions"))
    width, depth, height = (a_length_m(size.get(key)) for key in ("width", "depth", "height"))
    if middle is None or width is None or depth is None or height is None:
        return None
    x, y, _ = middle
    turn = a_number(an_object(item.get("rotation")).get("y")) or 0.0
    return {
        "type": "box",
        "id": name,
        "min_m": [x - width / 2, y - depth / 2, 0.0],
        "max_m": [x + width / 2, y + depth / 2, height],
        "rotation_rad": math.remainder(-turn, math.tau),
        "material": furniture_material(kind),
    }
