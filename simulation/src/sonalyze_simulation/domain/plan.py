"""The plan of a room, seen from above: what is inside, and where there is space.

Only what choosing places needs; whether a room is valid is judged elsewhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Point = tuple[float, float]

STEPS: Final = 24
"""Of the grid on which a free place is looked for, along each side of the bounds."""

ROOMY_M: Final = 0.25
TIGHT_M: Final = 0.02
"""Distances to walls and furniture that a chosen place keeps, and has to keep."""


@dataclass(frozen=True, slots=True)
class Block:
    """What stands on the floor: a rectangle turned about its middle."""

    center_m: Point
    half_m: Point
    rotation_rad: float

    def distance_m(self, point: Point) -> float:
        """Give the distance of a point outside; 0 inside."""
        x, y = point[0] - self.center_m[0], point[1] - self.center_m[1]
        cos, sin = math.cos(self.rotation_rad), math.sin(self.rotation_rad)
        beyond_x = max(abs(x * cos + y * sin) - self.half_m[0], 0.0)
        beyond_y = max(abs(y * cos - x * sin) - self.half_m[1], 0.0)
        return math.hypot(beyond_x, beyond_y)


@dataclass(frozen=True, slots=True)
class Plan:
    """Corners of either orientation, and what stands between them."""

    corners: tuple[Point, ...]
    blocks: tuple[Block, ...] = ()

    def at(self, share_x: float, share_y: float) -> Point:
        """Give the point at these shares of the bounds."""
        xs, ys = [x for x, _ in self.corners], [y for _, y in self.corners]
        return (
            min(xs) + share_x * (max(xs) - min(xs)),
            min(ys) + share_y * (max(ys) - min(ys)),
        )

    def space_m(self, point: Point) -> float:
        """Give the distance of a point to walls and furniture; 0 where it cannot be."""
        if not is_inside(point, self.corners):
            return 0.0
        walls_m = min(_to_wall_m(point, *wall) for wall in _walls(self.corners))
        return min([walls_m, *(block.distance_m(point) for block in self.blocks)])

    def free_place(self, wanted: Point, taken: Sequence[Point] = ()) -> Point:
        """Give the wanted point if it is free, else the nearest that is; wanted if none is."""
        grid = [
            self.at(column / STEPS, row / STEPS)
            for column in range(1, STEPS)
            for row in range(1, STEPS)
        ]
        grid.sort(key=lambda point: math.dist(point, wanted))
        for enough_m, candidates in ((TIGHT_M, [wanted]), (ROOMY_M, grid), (TIGHT_M, grid)):
            for point in candidates:
                apart_m = min((math.dist(point, other) for other in taken), default=math.inf)
                if apart_m > enough_m and self.space_m(point) >= enough_m:
                    return point
        return wanted


def is_inside(point: Point, corners: Sequence[Point]) -> bool:
    """Say whether a point is inside: a ray from it crosses the outline an odd number of times."""
    x, y = point
    crossings = 0
    for (x0, y0), (x1, y1) in _walls(corners):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            crossings += 1
    return crossings % 2 == 1


def signed_area_m2(corners: Sequence[Point]) -> float:
    """Give the area of an outline, negative if its corners run clockwise."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in _walls(corners)) / 2


def _walls(corners: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(zip(corners, (*corners[1:], corners[0]), strict=True))


def _to_wall_m(point: Point, start: Point, end: Point) -> float:
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    length2 = along_x * along_x + along_y * along_y
    if length2 == 0:
        return math.dist(point, start)
    share = ((point[0] - start[0]) * along_x + (point[1] - start[1]) * along_y) / length2
    share = min(max(share, 0.0), 1.0)
    return math.dist(point, (start[0] + share * along_x, start[1] + share * along_y))
