"""Rooms for tests of the engine, by what matters about them."""

from collections.abc import Sequence

import numpy as np

from sonalyze_simulation.engine.scene import Box, Scene, Surface

OCTAVES = 8

L_SHAPE = ((0, 0), (6, 0), (6, 3), (3, 3), (3, 6), (0, 6))


def surface(absorption: float, scattering: float = 0.0) -> Surface:
    return Surface((absorption,) * OCTAVES, (scattering,) * OCTAVES)


def prism(
    corners: Sequence[Sequence[float]],
    height_m: float,
    walls: Surface,
    boxes: tuple[Box, ...] = (),
) -> Scene:
    corners_m = np.array(corners, dtype=np.float64)
    return Scene(corners_m, height_m, (walls,) * len(corners), walls, walls, boxes)


def shoebox(x: float, y: float, z: float, walls: Surface, boxes: tuple[Box, ...] = ()) -> Scene:
    return prism(((0, 0), (x, 0), (x, y), (0, y)), z, walls, boxes)


def box(
    center: tuple[float, float],
    size: tuple[float, float, float],
    walls: Surface,
    angle_rad: float = 0.0,
) -> Box:
    """Stand a box of this width, depth and height on the floor."""
    x, y, z = size
    return Box(center, (x / 2, y / 2), angle_rad, 0.0, z, walls)


def point(x: float, y: float, z: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([x, y, z], dtype=np.float64)
