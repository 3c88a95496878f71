"""Sources and microphones judged: in the air of the room, and apart from each other."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from shapely.geometry import Point, Polygon

from sonalyze_simulation.domain.defects import InsideFurniture, OnWall, OutsideRoom, TooClose
from sonalyze_simulation.domain.rooms import Spot
from sonalyze_simulation.infra.obstacles import Standing

TOUCHING_M: Final = 0.001
"""Nearer than this to a surface is on it."""

STANDING_M: Final = 0.01
"""What lies on the floor or on a table is heard this far above it: the size of a phone's edge."""

APART_M: Final = 0.01
"""The direct sound rises without end towards its source."""


def lifted(
    spots: Sequence[Spot], kind: str, furniture: Sequence[Standing]
) -> tuple[tuple[Spot, ...], tuple[str, ...]]:
    """Lift what lies on the floor or on furniture into the air above it, and say so."""
    heard, warnings = [], []
    for spot in spots:
        x, y, z = spot.position_m
        grounds = [(0.0, "the floor")]
        grounds += [
            (piece.obstacle.top_m, f"'{piece.obstacle.name}'")
            for piece in furniture
            if piece.ground.distance(Point(x, y)) < TOUCHING_M
        ]
        under = [(top_m, name) for top_m, name in grounds if -STANDING_M <= z - top_m < TOUCHING_M]
        if under:
            top_m, name = max(under)
            warnings.append(f"{kind} '{spot.id}' lies on {name}; it counts as 1 cm above")
            spot = replace(spot, position_m=(x, y, top_m + STANDING_M))  # noqa: PLW2901  the same spot
        heard.append(spot)
    return tuple(heard), tuple(warnings)


def require_in_air(
    spot: Spot, kind: str, floor: Polygon, height_m: float, furniture: Sequence[Standing]
) -> None:
    """Refuse a spot that is outside, on a wall or inside furniture."""
    x, y, z = spot.position_m
    who = f"{kind} '{spot.id}' at ({x:g}, {y:g}, {z:g})"
    point = Point(x, y)
    to_wall_m = float(floor.exterior.distance(point))
    facts = {"id": spot.id, "position_m": list(spot.position_m)}
    if not floor.covers(point) and to_wall_m >= TOUCHING_M:
        raise OutsideRoom(f"{who} is outside the room, {to_wall_m:.2f} m from its walls", **facts)
    if z < 0:
        raise OutsideRoom(f"{who} is below the floor", **facts)
    if z > height_m:
        raise OutsideRoom(f"{who} is above the ceiling, which is {height_m:g} m high", **facts)
    if to_wall_m < TOUCHING_M:
        raise OnWall(f"{who} is on a wall; move it into the room", **facts)
    if height_m - z < TOUCHING_M:
        raise OnWall(f"{who} is on the ceiling; move it into the room", **facts)
    for piece in furniture:
        obstacle, beside_m = piece.obstacle, float(piece.ground.distance(point))
        within = obstacle.bottom_m - TOUCHING_M < z < obstacle.top_m + TOUCHING_M
        if beside_m < TOUCHING_M and within:
            raise InsideFurniture(
                f"{who} is inside '{obstacle.name}' or on its side",
                furniture=obstacle.name,
                **facts,
            )


def require_apart(sources: Sequence[Spot], microphones: Sequence[Spot]) -> None:
    """Refuse a source and a microphone at one place."""
    for source in sources:
        for microphone in microphones:
            if math.dist(source.position_m, microphone.position_m) < APART_M:
                raise TooClose(
                    f"Source '{source.id}' and microphone '{microphone.id}' are at the same place; "
                    f"they must be {APART_M:g} m apart",
                    source_id=source.id,
                    microphone_id=microphone.id,
                )
