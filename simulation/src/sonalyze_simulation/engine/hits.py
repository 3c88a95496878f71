"""Where rays meet surfaces: all rays against all surfaces at once.

Vertical walls are segments seen from above, boxes are slabs in their own directions; nothing is a
mesh, and no ray slips between two triangles.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.samples import Samples
from sonalyze_simulation.engine.scene import FACES, Box, Scene, axes_of

Indices = NDArray[np.intp]

GRAZING: Final = 1e-9
"""Directions flatter than this do not meet a plane."""

CLEARANCE_M: Final = 1e-7
"""A ray that has just left a surface is this far from it at least before it meets another."""


AT_ONCE: Final = 16_384
"""Rays that are looked at together: what is known of them stays in the processor's cache, and a
million rays against a hundred walls need no gigabytes."""


class Hits(NamedTuple):
    """Distances and surface numbers of the first surfaces that rays meet, shape (n,) each."""

    distance_m: Samples
    surface: Indices


def first_hits(scene: Scene, origin_m: Samples, direction: Samples) -> Hits:
    """Find what rays meet first.

    Parameters
    ----------
    scene : Scene
        The room.
    origin_m, direction : ndarray, shape (3, n)
        Points in the air of the room and unit vectors.

    Returns
    -------
    Hits
        Infinite distance where rounding lets a ray escape.
    """
    count = origin_m.shape[1]
    parts = [
        _first_hits(
            scene, origin_m[:, start : start + AT_ONCE], direction[:, start : start + AT_ONCE]
        )
        for start in range(0, max(count, 1), AT_ONCE)
    ]
    if len(parts) == 1:
        return parts[0]
    return Hits(
        np.concatenate([part.distance_m for part in parts]),
        np.concatenate([part.surface for part in parts]),
    )


def _first_hits(scene: Scene, origin_m: Samples, direction: Samples) -> Hits:
    walls_m = _to_walls(scene, origin_m, direction)
    surface = walls_m.argmin(axis=0)
    distance_m = np.take_along_axis(walls_m, surface[np.newaxis], axis=0)[0]
    rising = direction[2] > 0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        level_m = np.where(rising, scene.height_m - origin_m[2], -origin_m[2]) / direction[2]
    level_m = np.where(np.abs(direction[2]) > GRAZING, np.maximum(level_m, 0.0), np.inf)
    vertical = level_m < distance_m
    distance_m = np.where(vertical, level_m, distance_m)
    surface = np.where(vertical, len(scene.walls) + rising, surface)
    first = len(scene.walls) + 2
    for box in scene.boxes:
        box_m, face = _to_box(box, origin_m, direction)
        nearer = box_m < distance_m
        distance_m = np.where(nearer, box_m, distance_m)
        surface = np.where(nearer, first + face, surface)
        first += FACES
    return Hits(distance_m, surface)


def _to_walls(scene: Scene, origin_m: Samples, direction: Samples) -> Samples:
    """Distances to every wall, shape (k, n); only fronts are met."""
    offsets = np.sum(scene.normals * scene.corners_m, axis=1)
    closing = -(scene.normals @ direction[:2])
    gap_m = scene.normals @ origin_m[:2] - offsets[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        distance_m = np.where(closing > GRAZING, np.maximum(gap_m, 0.0) / closing, np.inf)
    if scene.is_convex:
        return distance_m
    distance_m[gap_m < -CLEARANCE_M] = np.inf
    reach_m = np.where(np.isfinite(distance_m), distance_m, 0.0)
    along_m = (
        scene.tangents @ origin_m[:2]
        - np.sum(scene.tangents * scene.corners_m, axis=1)[:, np.newaxis]
    )
    along_m += (scene.tangents @ direction[:2]) * reach_m
    beside = (along_m < -CLEARANCE_M) | (along_m > scene.lengths_m[:, np.newaxis] + CLEARANCE_M)
    distance_m[beside] = np.inf
    return distance_m


def _to_box(box: Box, origin_m: Samples, direction: Samples) -> tuple[Samples, Indices]:
    """Distances to a box from outside, infinite where it is missed, and the face that is met."""
    turn = np.stack(axes_of(box))
    start = np.empty_like(origin_m)
    start[:2] = turn @ (origin_m[:2] - np.array(box.center_m)[:, np.newaxis])
    start[2] = origin_m[2] - 0.5 * (box.bottom_m + box.top_m)
    heading = np.concatenate((turn @ direction[:2], direction[2:]))
    half = np.array([*box.half_size_m, 0.5 * (box.top_m - box.bottom_m)])[:, np.newaxis]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        inverse = 1.0 / heading
        near = np.where(heading > 0, -half - start, half - start) * inverse
        far = np.where(heading > 0, half - start, -half - start) * inverse
    parallel = np.abs(heading) <= GRAZING
    inside = np.abs(start) < half
    near = np.where(parallel, np.where(inside, -np.inf, np.inf), near)
    far = np.where(parallel, np.where(inside, np.inf, -np.inf), far)
    axis = near.argmax(axis=0)
    entry = near.max(axis=0)
    met = (entry < far.min(axis=0)) & (entry > -CLEARANCE_M)
    leaving = np.take_along_axis(heading, axis[np.newaxis], axis=0)[0] > 0
    return np.where(met, np.maximum(entry, 0.0), np.inf), 2 * axis + ~leaving
