"""A room as the engine sees it: a prism on a polygon, boxes standing in it, and their surfaces.

Surfaces are numbered: the walls in the order of the polygon's edges, then floor and ceiling, then
six faces for each box. Every plane has a unit normal that points into the air.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.samples import Samples

FACES = 6
"""Of a box: -x, +x, -y, +y in its own directions, bottom, top."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What a surface does to sound in each octave."""

    absorption: tuple[float, ...]
    scattering: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """An obstacle with vertical sides, turned about the vertical."""

    center_m: tuple[float, float]
    half_size_m: tuple[float, float]
    angle_rad: float
    bottom_m: float
    top_m: float
    surface: Surface


@dataclass(frozen=True)
class Scene:
    """A prism with the corners of its polygon in counter-clockwise order, and what stands in it."""

    corners_m: Samples
    height_m: float
    walls: tuple[Surface, ...]
    floor: Surface
    ceiling: Surface
    boxes: tuple[Box, ...] = ()

    @cached_property
    def edges_m(self) -> Samples:
        """From each corner to the next, shape (k, 2)."""
        return np.asarray(np.roll(self.corners_m, -1, axis=0) - self.corners_m)

    @cached_property
    def lengths_m(self) -> Samples:
        """Lengths of the walls, shape (k,)."""
        return np.asarray(np.hypot(*self.edges_m.T))

    @cached_property
    def tangents(self) -> Samples:
        """Unit vectors along the walls, shape (k, 2)."""
        return self.edges_m / self.lengths_m[:, np.newaxis]

    @cached_property
    def normals(self) -> Samples:
        """Unit vectors from the walls into the room, shape (k, 2)."""
        return np.column_stack((-self.tangents[:, 1], self.tangents[:, 0]))

    @cached_property
    def is_convex(self) -> bool:
        """Say whether every wall sees every other."""
        before = np.roll(self.edges_m, 1, axis=0)
        turns = before[:, 0] * self.edges_m[:, 1] - before[:, 1] * self.edges_m[:, 0]
        return bool((turns > 0).all())

    @cached_property
    def surfaces(self) -> tuple[Surface, ...]:
        """All surfaces by their numbers."""
        faces = (box.surface for box in self.boxes for _ in range(FACES))
        return (*self.walls, self.floor, self.ceiling, *faces)

    @cached_property
    def smooth(self) -> Scene:
        """The same room, whose surfaces mirror all that they do not absorb."""
        return replace(
            self,
            walls=tuple(map(_smooth, self.walls)),
            floor=_smooth(self.floor),
            ceiling=_smooth(self.ceiling),
            boxes=tuple(replace(box, surface=_smooth(box.surface)) for box in self.boxes),
        )

    @cached_property
    def absorption(self) -> Samples:
        """Absorption coefficients, shape (surfaces, bands)."""
        return np.array([surface.absorption for surface in self.surfaces])

    @cached_property
    def scattering(self) -> Samples:
        """Scattering coefficients, shape (surfaces, bands)."""
        return np.array([surface.scattering for surface in self.surfaces])

    @cached_property
    def areas_m2(self) -> Samples:
        """Areas of the surfaces that meet air, shape (surfaces,); what stands covers the floor."""
        level_m2 = np.array([self.floor_m2, self.floor_m2])
        faces_m2: list[float] = []
        for box in self.boxes:
            x, y = 2 * box.half_size_m[0], 2 * box.half_size_m[1]
            z = box.top_m - box.bottom_m
            covers = np.array([box.bottom_m <= 0, box.top_m >= self.height_m])
            level_m2 -= x * y * covers
            faces_m2 += [y * z, y * z, x * z, x * z, *(x * y * ~covers)]
        return np.concatenate((self.lengths_m * self.height_m, level_m2, faces_m2))

    @cached_property
    def floor_m2(self) -> float:
        """Area of the polygon."""
        x, y = self.corners_m.T
        return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))

    @cached_property
    def volume_m3(self) -> float:
        """Volume of the air."""
        solid = sum(
            4 * box.half_size_m[0] * box.half_size_m[1] * (box.top_m - box.bottom_m)
            for box in self.boxes
        )
        return self.floor_m2 * self.height_m - solid

    @cached_property
    def planes(self) -> tuple[Samples, Samples]:
        """Normals, shape (surfaces, 3), and offsets n.p of the surfaces, shape (surfaces,)."""
        walls = np.column_stack((self.normals, np.zeros(len(self.walls))))
        normals = [walls, np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])]
        offsets = [np.sum(self.normals * self.corners_m, axis=1), np.array([0.0, -self.height_m])]
        for box in self.boxes:
            along, across = axes_of(box)
            center = np.array(box.center_m)
            sides = np.array([-along, along, -across, across])
            half = np.repeat(box.half_size_m, 2)
            normals.append(np.column_stack((sides, np.zeros(4))))
            normals.append(np.array([[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]))
            offsets.append(sides @ center + half)
            offsets.append(np.array([-box.bottom_m, box.top_m]))
        return np.concatenate(normals), np.concatenate(offsets)


def _smooth(surface: Surface) -> Surface:
    return replace(surface, scattering=(0.0,) * len(surface.scattering))


def axes_of(box: Box) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give a box's own x and y directions."""
    cos, sin = np.cos(box.angle_rad), np.sin(box.angle_rad)
    return np.array([cos, sin]), np.array([-sin, cos])
