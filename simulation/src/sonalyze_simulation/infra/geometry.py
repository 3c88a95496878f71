"""From a room to the engine's scene: every defect has its sentence, every oddity its warning.

The engine wants counter-clockwise corners and the floor at z = 0. A rectangle is moved to the
origin and turned along the axes, wherever it stands and however it was given: its images are then
known in closed form, and a polygon drawn as a rectangle is the same scene as the shoebox.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.samples import Samples
from sonalyze_contracts.simulations import HIGHEST_M, LARGEST_VOLUME_M3, LOWEST_M
from sonalyze_simulation.domain.defects import RoomTooLarge, RoomTooSmall
from sonalyze_simulation.domain.materials import Finish
from sonalyze_simulation.domain.rooms import Obstacle, Point2, Room, Spot
from sonalyze_simulation.engine.scene import Box, Scene, Surface
from sonalyze_simulation.infra.obstacles import furnished
from sonalyze_simulation.infra.outline import STRAIGHT_M, Outline, sound_outline
from sonalyze_simulation.infra.spots import lifted, require_apart, require_in_air

CORNERS_OF_RECTANGLE: Final = 4


@dataclass(frozen=True, slots=True)
class Placed:
    """A scene, and where sources and microphones are in it, shape (n, 3)."""

    scene: Scene
    sources_m: Samples
    microphones_m: Samples
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Frame:
    """The engine's origin and x axis, in the room's coordinates."""

    origin_m: Point2 = (0.0, 0.0)
    angle_rad: float = 0.0

    def of(self, point: Point2) -> Point2:
        x, y = point[0] - self.origin_m[0], point[1] - self.origin_m[1]
        cos, sin = math.cos(self.angle_rad), math.sin(self.angle_rad)
        return x * cos + y * sin, y * cos - x * sin


def scene_of(room: Room) -> Placed:
    """Give the scene that a room is.

    Raises
    ------
    Invalid
        With a sentence for what is wrong with the room, its furniture, sources or microphones.
    """
    outline = sound_outline(room.corners_m, room.walls)
    floor = outline.polygon
    _require_height(room.height_m, float(floor.area))
    furniture = furnished(floor, room.height_m, room.obstacles)
    sources, on_what = lifted(room.sources, "Source", furniture.standing)
    microphones, and_on_what = lifted(room.microphones, "Microphone", furniture.standing)
    for kind, spots in (("Source", sources), ("Microphone", microphones)):
        for spot in spots:
            require_in_air(spot, kind, floor, room.height_m, furniture.standing)
    require_apart(sources, microphones)
    outline, frame = _as_rectangle(outline) or (outline, _Frame())
    scene = Scene(
        corners_m=np.array(outline.corners_m, dtype=np.float64),
        height_m=room.height_m,
        walls=tuple(map(_surface, outline.walls)),
        floor=_surface(room.floor),
        ceiling=_surface(room.ceiling),
        boxes=tuple(_box(piece.obstacle, frame) for piece in furniture.standing),
    )
    return Placed(
        scene=scene,
        sources_m=_points(sources, frame),
        microphones_m=_points(microphones, frame),
        warnings=(*furniture.warnings, *on_what, *and_on_what),
    )


def _require_height(height_m: float, floor_m2: float) -> None:
    if height_m < LOWEST_M:
        raise RoomTooSmall(f"The room is {height_m:g} m high; the lowest has {LOWEST_M:g} m")
    if height_m > HIGHEST_M:
        raise RoomTooLarge(f"The room is {height_m:g} m high; the highest has {HIGHEST_M:g} m")
    if floor_m2 * height_m > LARGEST_VOLUME_M3:
        raise RoomTooLarge(
            f"The room has {floor_m2 * height_m:.0f} m3; the largest has {LARGEST_VOLUME_M3:.0f} m3"
        )


def _as_rectangle(outline: Outline) -> tuple[Outline, _Frame] | None:
    """Give a rectangle in the frame of its own sides, with x as near to the room's x as can be."""
    corners_m = outline.corners_m
    if len(corners_m) != CORNERS_OF_RECTANGLE:
        return None
    angles_rad = [
        math.atan2(end[1] - start[1], end[0] - start[0])
        for start, end in zip(corners_m, (*corners_m[1:], corners_m[0]), strict=True)
    ]
    first = min(range(CORNERS_OF_RECTANGLE), key=lambda index: abs(angles_rad[index]))
    turned = (*corners_m[first:], *corners_m[:first])
    frame = _Frame(turned[0], angles_rad[first])
    moved = [frame.of(corner) for corner in turned]
    x, y = moved[2]
    square = ((0.0, 0.0), (x, 0.0), (x, y), (0.0, y))
    if max(map(math.dist, moved, square)) > STRAIGHT_M:
        return None
    return Outline(square, (*outline.walls[first:], *outline.walls[:first])), frame


def _surface(finish: Finish) -> Surface:
    return Surface(finish.absorption, finish.scattering)


def _box(obstacle: Obstacle, frame: _Frame) -> Box:
    return Box(
        center_m=frame.of(obstacle.center_m),
        half_size_m=(obstacle.size_m[0] / 2, obstacle.size_m[1] / 2),
        angle_rad=obstacle.rotation_rad - frame.angle_rad,
        bottom_m=obstacle.bottom_m,
        top_m=obstacle.top_m,
        surface=_surface(obstacle.finish),
    )


def _points(spots: tuple[Spot, ...], frame: _Frame) -> Samples:
    return np.array(
        [(*frame.of(spot.position_m[:2]), spot.position_m[2]) for spot in spots], dtype=np.float64
    )
