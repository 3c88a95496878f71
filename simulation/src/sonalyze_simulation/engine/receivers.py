"""Spheres around microphones: as large as the statistics need, and how much air is in them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.samples import Samples
from sonalyze_simulation.engine.rays import Receivers
from sonalyze_simulation.engine.scene import Scene, axes_of

SHARE_OF_FREE_PATH: Final = 0.25
"""Radius in mean free paths: hits per second of decay then do not depend on the room's size."""

LARGEST_M: Final = 1.0
"""3 ms of sound: what happens in a larger sphere is no longer what a microphone hears."""

PROBES: Final = 4_096
"""Points by which a sphere's volume of air is measured: to 1 % where half of it is wall."""


def spheres(scene: Scene, source_m: Samples, microphones_m: Samples) -> Receivers:
    """Put a sphere around each microphone, shape (3, m), that does not hold the source."""
    to_source_m = np.sqrt(((microphones_m - source_m[:, np.newaxis]) ** 2).sum(axis=0))
    free_path_m = 4 * scene.volume_m3 / scene.areas_m2.sum()
    radius_m = np.minimum(min(SHARE_OF_FREE_PATH * free_path_m, LARGEST_M), 0.9 * to_source_m)
    full_m3 = 4 / 3 * np.pi * radius_m**3
    air = [
        _in_the_air(scene, center_m[:, np.newaxis] + radius * _probes()).mean()
        for center_m, radius in zip(microphones_m.T, radius_m, strict=True)
    ]
    return Receivers(microphones_m, radius_m, full_m3 * np.array(air))


def _probes() -> Samples:
    """Points spread evenly in the unit ball: the R3 sequence of plastic numbers, folded."""
    plastic = 1.2207440846057596  # root of x^4 = x + 1
    steps = plastic ** -np.arange(1.0, 4.0)
    unit = (0.5 + np.outer(steps, np.arange(1, PROBES + 1))) % 1.0
    radius, height, azimuth = np.cbrt(unit[0]), 2 * unit[1] - 1, 2 * np.pi * unit[2]
    around = radius * np.sqrt(1 - height**2)
    return np.stack((around * np.cos(azimuth), around * np.sin(azimuth), radius * height))


def _in_the_air(scene: Scene, point_m: Samples) -> NDArray[np.bool_]:
    x, y, z = point_m
    free = (z > 0) & (z < scene.height_m) & _in_polygon(scene.corners_m, x, y)
    for box in scene.boxes:
        local = np.abs(
            np.stack(axes_of(box)) @ (point_m[:2] - np.array(box.center_m)[:, np.newaxis])
        )
        half = np.array(box.half_size_m)[:, np.newaxis]
        free &= ~((local < half).all(axis=0) & (z > box.bottom_m) & (z < box.top_m))
    return np.asarray(free)


def _in_polygon(corners_m: Samples, x: Samples, y: Samples) -> NDArray[np.bool_]:
    """Count the edges that a ray towards +x crosses."""
    inside = np.zeros(x.shape, dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners_m, np.roll(corners_m, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        inside ^= crosses & (x < x1 + (y - y1) * (x2 - x1) / (y2 - y1))
    return inside
