"""Rooms drawn at random, as different from each other as people ask for.

They are what the pace of a machine is measured on, and what estimates are tried on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random
from typing import Any, Final

Body = dict[str, Any]

FLOORS_M2: Final = (12.0, 250.0)
HEIGHTS_M: Final = (2.4, 6.0)
ABSORPTIONS: Final = (0.05, 0.5)
SCATTERINGS: Final = (0.05, 0.6)
MOST_MICROPHONES: Final = 6
MOST_FURNITURE: Final = 8
RAYS: Final = (2_000, 12_000)
FURNITURE_M: Final = (0.4, 0.9)
MARGIN_M: Final = 0.5
"""From walls and furniture to where sound is made and heard."""

METHODS: Final = ("auto", "auto", "auto", "raytracing", "ism")
"""Images alone are tried in bare rectangles: elsewhere they are few."""

ORDERS: Final = (20, 60)
"""Of images alone; lower ones take so little time that nothing could be seen in it."""


def random_rooms(seed: int) -> Iterator[Body]:
    """Draw requests without end; the same seed draws the same ones."""
    random = Random(seed)  # noqa: S311  a draw that can be repeated
    while True:
        yield _request(random)


def _request(random: Random) -> Body:
    floor_m2 = math.exp(random.uniform(*map(math.log, FLOORS_M2)))
    depth_m = math.sqrt(floor_m2 / random.uniform(1.0, 1.8))
    width_m, height_m = floor_m2 / depth_m, random.uniform(*HEIGHTS_M)
    method = random.choice(METHODS)
    is_bare = method == "ism"
    is_shoebox = is_bare or random.random() < 0.5  # noqa: PLR2004  one half
    return {
        "room": (_shoebox if is_shoebox else _cut_corner)(random, width_m, depth_m, height_m),
        # The eastern half of the room stands free; furniture keeps to the western one.
        "sources": [_place(random, "s1", width_m, depth_m)],
        "microphones": [
            _place(random, f"m{number}", width_m, depth_m)
            for number in range(random.randint(1, MOST_MICROPHONES))
        ],
        "furniture": [] if is_bare else list(_furniture(random, width_m, depth_m)),
        "method": method,
        "max_order": random.randint(*ORDERS),
        "rays": random.randint(*RAYS),
    }


def _shoebox(random: Random, width_m: float, depth_m: float, height_m: float) -> Body:
    return {
        "type": "shoebox",
        "dimensions_m": [width_m, depth_m, height_m],
        "default_material": _material(random),
        "wall_materials": {"floor": _material(random), "ceiling": _material(random)},
    }


def _cut_corner(random: Random, width_m: float, depth_m: float, height_m: float) -> Body:
    """Cut the south-western corner off, in one wall or in several."""
    across_m, along_m = 0.35 * width_m, 0.35 * depth_m
    walls = random.randint(1, 5)
    quarter = [0.5 * math.pi * step / walls for step in range(walls + 1)]
    cut = [[across_m * (1 - math.sin(at)), along_m * (1 - math.cos(at))] for at in quarter]
    corners = [*cut[::-1], [width_m, 0.0], [width_m, depth_m], [0.0, depth_m]]
    parts = {f"{part}_material": _material(random) for part in ("wall", "floor", "ceiling")}
    return {"type": "polygon", "corners_m": corners, "height_m": height_m, **parts}


def _material(random: Random) -> Body:
    absorption = math.exp(random.uniform(*map(math.log, ABSORPTIONS)))
    return {"absorption": absorption, "scattering": random.uniform(*SCATTERINGS)}


def _place(random: Random, name: str, width_m: float, depth_m: float) -> Body:
    x = random.uniform(0.55 * width_m, width_m - MARGIN_M)
    y = random.uniform(MARGIN_M, depth_m - MARGIN_M)
    return {"id": name, "position_m": [x, y, random.uniform(0.8, 1.8)]}


def _furniture(random: Random, width_m: float, depth_m: float) -> Iterator[Body]:
    for _ in range(max(0, random.randint(-MOST_FURNITURE // 2, MOST_FURNITURE))):
        x = random.uniform(0.35 * width_m, 0.5 * width_m - FURNITURE_M[0])
        y = random.uniform(0.35 * depth_m, depth_m - 2 * FURNITURE_M[1])
        height_m = random.uniform(*FURNITURE_M)
        high = [x + FURNITURE_M[0] / 2, y + random.uniform(*FURNITURE_M), height_m]
        yield {"type": "box", "min_m": [x, y, 0.0], "max_m": high}
