"""Furniture put into a room: kept between its walls, and what is odd about it said."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

from shapely import affinity
from shapely.geometry import Point, Polygon, box

from sonalyze_simulation.domain.defects import RoomFull
from sonalyze_simulation.domain.rooms import Obstacle

THINNEST_M: Final = 0.001
"""What is left of an obstacle after clipping is dropped below this."""

NOTICED_M3: Final = 1e-4
"""Volumes below a decilitre are rounding, no overlap."""

FULLEST: Final = 0.9
"""Share of the room's volume that furniture may take."""

ROUNDING: Final = 1 + 1e-9
"""What covers all of the floor may seem to cover a little more."""

MOST_SENTENCES: Final = 5
"""Overlaps that are named one by one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An obstacle, and the ground that it covers."""

    obstacle: Obstacle
    ground: Polygon


@dataclass(frozen=True, slots=True)
class Furnished:
    """What stands in the room, and what is odd about it."""

    standing: tuple[Standing, ...]
    warnings: tuple[str, ...]


def ground_of(obstacle: Obstacle) -> Polygon:
    """Give the ground that an obstacle covers."""
    x, y = obstacle.center_m
    half_x, half_y = (0.5 * size_m for size_m in obstacle.size_m)
    flat = box(x - half_x, y - half_y, x + half_x, y + half_y)
    return affinity.rotate(flat, obstacle.rotation_rad, "center", use_radians=True)


def furnished(floor: Polygon, height_m: float, obstacles: Sequence[Obstacle]) -> Furnished:
    """Clip obstacles at walls, floor and ceiling; leave those out that are not in the room.

    Raises
    ------
    RoomFull
        If they leave no air.
    """
    kept, warnings = [], []
    for obstacle in obstacles:
        cut = _cut(floor, height_m, obstacle)
        if cut is None:
            warnings.append(f"'{obstacle.name}' is not in the room, or thinner than 1 mm: left out")
            continue
        kept.append(cut)
        inside_m3 = _inside_m3(floor, cut)
        if volume_m3(cut) - inside_m3 > NOTICED_M3:
            warnings.append(f"'{obstacle.name}' stands in a wall; what is beyond has no effect")
        elif volume_m3(obstacle) - inside_m3 > NOTICED_M3:
            warnings.append(f"'{obstacle.name}' sticks out of the room and is cut there")
    _require_air(floor, height_m, kept)
    standing = tuple(Standing(obstacle, ground_of(obstacle)) for obstacle in kept)
    return Furnished(standing, (*warnings, *_overlaps(standing)))


def volume_m3(obstacle: Obstacle) -> float:
    """Give the volume that an obstacle takes."""
    return math.prod(obstacle.size_m) * (obstacle.top_m - obstacle.bottom_m)


def _cut(floor: Polygon, height_m: float, obstacle: Obstacle) -> Obstacle | None:
    """Keep the smallest box along an obstacle's own sides that holds what is in the room."""
    bottom_m, top_m = max(obstacle.bottom_m, 0.0), min(obstacle.top_m, height_m)
    ground = ground_of(obstacle)
    inside = ground.intersection(floor)
    if top_m - bottom_m < THINNEST_M or inside.area < THINNEST_M**2:
        return None
    upright = replace(obstacle, bottom_m=bottom_m, top_m=top_m)
    if ground.area - inside.area < THINNEST_M**2:
        return upright
    own = affinity.rotate(
        inside, -obstacle.rotation_rad, Point(obstacle.center_m), use_radians=True
    )
    west, south, east, north = own.bounds
    center = affinity.rotate(
        Point((west + east) / 2, (south + north) / 2),
        obstacle.rotation_rad,
        Point(obstacle.center_m),
        use_radians=True,
    )
    return replace(upright, center_m=(center.x, center.y), size_m=(east - west, north - south))


def _inside_m3(floor: Polygon, obstacle: Obstacle) -> float:
    inside_m2 = float(ground_of(obstacle).intersection(floor).area)
    return inside_m2 * (obstacle.top_m - obstacle.bottom_m)


def _require_air(floor: Polygon, height_m: float, obstacles: Sequence[Obstacle]) -> None:
    solid_m3 = sum(map(volume_m3, obstacles))
    room_m3 = float(floor.area) * height_m
    if solid_m3 > FULLEST * room_m3:
        raise RoomFull(
            f"The furniture takes {solid_m3:.1f} m3 of the room's {room_m3:.1f} m3; "
            f"at most {FULLEST:.0%} may be taken"
        )
    low_m2 = sum(math.prod(each.size_m) for each in obstacles if each.bottom_m <= 0)
    high_m2 = sum(math.prod(each.size_m) for each in obstacles if each.top_m >= height_m)
    for covered_m2, what in ((low_m2, "floor"), (high_m2, "ceiling")):
        if covered_m2 > float(floor.area) * ROUNDING:
            raise RoomFull(
                f"The furniture covers {covered_m2:.1f} m2 of a {what} of {floor.area:.1f} m2"
            )


def _overlaps(standing: Sequence[Standing]) -> list[str]:
    found = []
    for one, other in combinations(standing, 2):
        low_m = max(one.obstacle.bottom_m, other.obstacle.bottom_m)
        high_m = min(one.obstacle.top_m, other.obstacle.top_m)
        if high_m > low_m and one.ground.intersects(other.ground):
            common_m2 = float(one.ground.intersection(other.ground).area)
            if common_m2 * (high_m - low_m) > NOTICED_M3:
                found.append(f"'{one.obstacle.name}' and '{other.obstacle.name}' overlap")
    more = len(found) - MOST_SENTENCES
    return [*found[:MOST_SENTENCES], *([f"{more} more pieces of furniture overlap"] * (more > 0))]
