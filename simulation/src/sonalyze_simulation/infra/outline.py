"""The outline of a room made sound: valid, counter-clockwise, free of corners that are none."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import shapely
from shapely.geometry import Point, Polygon
from shapely.validation import explain_validity

from sonalyze_contracts.simulations import LONGEST_M, SMALLEST_FLOOR_M2
from sonalyze_simulation.domain.defects import (
    CrossingWalls,
    RoomTooLarge,
    RoomTooSmall,
    RoomWithoutArea,
)
from sonalyze_simulation.domain.materials import Finish
from sonalyze_simulation.domain.rooms import Point2

SAME_M: Final = 0.001
"""Corners that are this close are one."""

STRAIGHT_M: Final = 1e-6
"""A corner that is this close to the line between its neighbours is none: rounding, no bend."""

NARROWEST_M: Final = 0.2
"""A room that is narrower than this everywhere holds nobody."""

FEWEST_CORNERS: Final = 3


@dataclass(frozen=True, slots=True)
class Outline:
    """Corners counter-clockwise, and the surface of the wall from each to the next."""

    corners_m: tuple[Point2, ...]
    walls: tuple[Finish, ...]

    @property
    def polygon(self) -> Polygon:
        """The outline as shapely knows it."""
        return Polygon(self.corners_m)


def sound_outline(corners_m: Sequence[Point2], walls: Sequence[Finish]) -> Outline:
    """Normalise an outline, or say what is wrong with it.

    Raises
    ------
    Invalid
        If it crosses or touches itself, has no area, or is too small or too large.
    """
    outline = _without_repeats(list(corners_m), list(walls))
    if (
        len(outline.corners_m) < FEWEST_CORNERS
        or outline.polygon.minimum_rotated_rectangle.area == 0
    ):
        raise RoomWithoutArea("The corners of the room lie on one line: it has no area")
    _require_simple(outline.polygon)
    _require_size(outline.polygon)
    return _without_straight(_counter_clockwise(outline))


def _without_repeats(corners_m: list[Point2], walls: list[Finish]) -> Outline:
    kept = [
        (corner, wall)
        for index, (corner, wall) in enumerate(zip(corners_m, walls, strict=True))
        if math.dist(corner, corners_m[(index + 1) % len(corners_m)]) > SAME_M
    ]
    return Outline(tuple(corner for corner, _ in kept), tuple(wall for _, wall in kept))


def _require_simple(polygon: Polygon) -> None:
    if polygon.is_valid:
        return
    reason, _, place = explain_validity(polygon).partition("[")
    x, y = (float(number) for number in place.rstrip("]").split()[:2])
    verb = "touch" if "Ring" in reason else "cross"
    raise CrossingWalls(
        f"The walls {verb} each other at ({x:.2f}, {y:.2f})", at_m=[round(x, 3), round(y, 3)]
    )


def _require_size(polygon: Polygon) -> None:
    west, south, east, north = polygon.bounds
    if max(east - west, north - south) > LONGEST_M:
        raise RoomTooLarge(
            f"The room is {east - west:.1f} m by {north - south:.1f} m; "
            f"at most {LONGEST_M:g} m are simulated"
        )
    if polygon.area < SMALLEST_FLOOR_M2:
        raise RoomTooSmall(
            f"The floor has {polygon.area:.3g} m2; the smallest room has {SMALLEST_FLOOR_M2} m2"
        )
    if polygon.buffer(-NARROWEST_M / 2).is_empty:
        raise RoomTooSmall(f"The room is narrower than {NARROWEST_M} m everywhere")


def _counter_clockwise(outline: Outline) -> Outline:
    if shapely.is_ccw(outline.polygon.exterior):
        return outline
    # Read backwards, the wall that followed a corner precedes it.
    walls = outline.walls[::-1]
    return Outline(outline.corners_m[::-1], (*walls[1:], walls[0]))


def _without_straight(outline: Outline) -> Outline:
    """Leave corners out that neither bend the outline nor change its surface."""
    kept = list(zip(outline.corners_m, outline.walls, strict=True))
    index = 0
    while index < len(kept) and len(kept) > FEWEST_CORNERS:
        (before, surface), (corner, wall) = kept[index - 1], kept[index]
        after = kept[(index + 1) % len(kept)][0]
        if surface == wall and _from_line_m(corner, before, after) <= STRAIGHT_M:
            del kept[index]
        else:
            index += 1
    return Outline(tuple(corner for corner, _ in kept), tuple(wall for _, wall in kept))


def _from_line_m(corner: Point2, before: Point2, after: Point2) -> float:
    return float(shapely.LineString([before, after]).distance(Point(corner)))
