"""Mirror images of a source: the early sound, with exact times and strengths.

A rectangle without obstacles has its images in closed form (Allen and Berkley, JASA 65, 943,
1979). Everywhere else images are mirrored surface by surface (Borish, JASA 75, 1827, 1984) and
proven by walking the path back from the microphone: every reflection has to meet the surface that
made it, and nothing else on the way.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.samples import Samples
from sonalyze_simulation.engine.hits import CLEARANCE_M, first_hits
from sonalyze_simulation.engine.scene import Scene

MOST_CANDIDATES: Final = 30_000
"""Images that are mirrored for one source before the order is lowered: 0.1 s."""


MOST_IMAGES: Final = 2_000_000
"""Images of an empty rectangle, to order 113: 0.5 GiB on their way."""


class Images(NamedTuple):
    """What reaches one microphone without being scattered, in the order of arrival.

    Distances, shape (n,), and energies, shape (bands, n); the direct sound's is 1 / r^2.
    """

    distance_m: Samples
    energy: Samples
    order: NDArray[np.intp]


def images_of(
    scene: Scene, source_m: Samples, microphone_m: Samples, order: int, loss_per_m: Samples
) -> Images:
    """Give the images of a source that a microphone hears.

    Parameters
    ----------
    scene : Scene
        The room.
    source_m, microphone_m : ndarray, shape (3,)
        Points in its air.
    order : int
        Most reflections.
    loss_per_m : ndarray, shape (bands,)
        Energy that the air takes, 1/m.

    Returns
    -------
    Images
        At each reflection the surface keeps (1 - absorption) (1 - scattering) of the energy.
    """
    if is_shoebox(scene):
        found = _of_shoebox(scene, source_m, microphone_m, order)
    else:
        found = _of_any(scene, source_m, microphone_m, order)
    distance_m, energy, orders = found
    spread = np.exp(-np.outer(loss_per_m, distance_m)) / distance_m**2
    sequence = np.argsort(distance_m, kind="stable")
    return Images(distance_m[sequence], (energy * spread)[:, sequence], orders[sequence])


def first_missing_m(scene: Scene, source_m: Samples, microphone_m: Samples, order: int) -> float:
    """Give the distance from which on images of a higher order would be heard.

    In a room that is no empty rectangle the next order is mirrored as well, if it is few enough;
    where it is not, the first image of the order itself has to do, which comes sooner.
    """
    if is_shoebox(scene):
        grid = _lattice(order + 1)
        missing = grid[:, np.abs(grid).sum(axis=0) > order]
        return float(_to_lattice_m(scene, source_m, microphone_m, missing).min())
    above = covered_order(scene, order + 1)
    distance_m, _, orders = _of_any(scene, source_m, microphone_m, above)
    farthest_m = float(distance_m.max(initial=0.0))
    return float(distance_m[orders == above].min(initial=np.inf if above else farthest_m))


def is_shoebox(scene: Scene) -> bool:
    """Say whether the room is an empty rectangle along the axes, its first corner the origin."""
    if scene.boxes or len(scene.walls) != 4:  # noqa: PLR2004  of a rectangle
        return False
    x, y = scene.corners_m[2]
    return np.array_equal(scene.corners_m, [[0, 0], [x, 0], [x, y], [0, y]])


def covered_order(scene: Scene, wanted: int) -> int:
    """Give the highest order, up to the wanted one, whose images are few enough to be mirrored."""
    if is_shoebox(scene):
        while images_up_to(wanted) > MOST_IMAGES:
            wanted -= 1
        return wanted
    planes, order, candidates = len(scene.surfaces), 0, 1
    while order < wanted and candidates * planes <= MOST_CANDIDATES:
        candidates *= planes
        order += 1
    return order


def images_up_to(order: int) -> int:
    """Count the images of a rectangle: the points of an octahedron of the cubic lattice."""
    return (2 * order + 1) * (2 * order * order + 2 * order + 3) // 3


def mirrored_share(scene: Scene) -> Samples:
    """Energy that surfaces reflect without scattering it, shape (bands, surfaces)."""
    scattering = scene.scattering.mean(axis=1, keepdims=True)
    return np.asarray(((1 - scene.absorption) * (1 - scattering)).T)


def _of_shoebox(
    scene: Scene, source_m: Samples, microphone_m: Samples, order: int
) -> tuple[Samples, Samples, NDArray[np.intp]]:
    grid = _lattice(order)
    # Of |n| reflections along an axis, the side that the image lies behind has the larger half.
    less, more = np.abs(grid) // 2, (np.abs(grid) + 1) // 2
    low, high = np.where(grid < 0, more, less), np.where(grid < 0, less, more)
    # South, east, north and west are the edges of the rectangle in their order.
    powers = np.stack((low[1], high[0], high[1], low[0], low[2], high[2]))
    strength = np.ones((scene.absorption.shape[1], grid.shape[1]))
    exponents = np.arange(order + 1)
    for surface, share in enumerate(mirrored_share(scene).T):
        strength *= (share[:, np.newaxis] ** exponents)[:, powers[surface]]
    return _to_lattice_m(scene, source_m, microphone_m, grid), strength, np.abs(grid).sum(axis=0)


def _lattice(order: int) -> NDArray[np.intp]:
    """Give all points whose coordinates' magnitudes add up to the order at most, shape (3, n)."""
    span = np.arange(-order, order + 1)
    flat = np.stack(np.meshgrid(span, span, indexing="ij")).reshape(2, -1)
    left = order - np.abs(flat).sum(axis=0)
    flat, left = flat[:, left >= 0], left[left >= 0]
    counts = 2 * left + 1
    z = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts + left, counts)
    return np.vstack((np.repeat(flat, counts, axis=1), z))


def _to_lattice_m(
    scene: Scene, source_m: Samples, microphone_m: Samples, grid: NDArray[np.intp]
) -> Samples:
    size_m = np.array([*scene.corners_m[2], scene.height_m])[:, np.newaxis]
    source = source_m[:, np.newaxis]
    image_m = grid * size_m + np.where(grid % 2 == 1, size_m - source, source)
    return np.asarray(np.sqrt(((image_m - microphone_m[:, np.newaxis]) ** 2).sum(axis=0)))


def _of_any(
    scene: Scene, source_m: Samples, microphone_m: Samples, order: int
) -> tuple[Samples, Samples, NDArray[np.intp]]:
    share = mirrored_share(scene)
    image_m, path = source_m[:, np.newaxis], np.empty((0, 1), dtype=np.intp)
    distances, strengths, orders = [], [], []
    for reflections in range(order + 1):
        if reflections:
            image_m, path = _mirrored(scene, image_m, path)
        audible = _audible(scene, image_m, path, source_m, microphone_m)
        ways = np.sqrt(((image_m[:, audible] - microphone_m[:, np.newaxis]) ** 2).sum(axis=0))
        distances.append(ways)
        strengths.append(share[:, path[:, audible]].prod(axis=1))
        orders.append(np.full(ways.size, reflections))
    return np.concatenate(distances), np.hstack(strengths), np.concatenate(orders)


def _mirrored(
    scene: Scene, image_m: Samples, path: NDArray[np.intp]
) -> tuple[Samples, NDArray[np.intp]]:
    """Mirror every image at every surface whose front it lies in front of."""
    normals, offsets = scene.planes
    height_m = normals @ image_m - offsets[:, np.newaxis]
    in_front = height_m > CLEARANCE_M
    if path.shape[0]:
        in_front[path[-1], np.arange(path.shape[1])] = False
    surface, parent = np.nonzero(in_front)
    moved = image_m[:, parent] - 2 * height_m[surface, parent] * normals[surface].T
    return moved, np.vstack((path[:, parent], surface))


def _audible(
    scene: Scene,
    image_m: Samples,
    path: NDArray[np.intp],
    source_m: Samples,
    microphone_m: Samples,
) -> NDArray[np.intp]:
    """Walk back from the microphone and keep the images whose path exists."""
    normals, _ = scene.planes
    left = np.arange(image_m.shape[1])
    direction = image_m - microphone_m[:, np.newaxis]
    direction /= np.sqrt((direction**2).sum(axis=0))
    here_m = np.repeat(microphone_m[:, np.newaxis], left.size, axis=1)
    for surfaces in path[::-1]:
        hits = first_hits(scene, here_m, direction)
        met = hits.surface == surfaces[left]
        left, direction, here_m = left[met], direction[:, met], here_m[:, met]
        here_m = here_m + direction * hits.distance_m[met]
        normal = normals[surfaces[left]].T
        direction = direction - 2 * np.einsum("ij,ij->j", direction, normal) * normal
    rest_m = np.sqrt(((source_m[:, np.newaxis] - here_m) ** 2).sum(axis=0))
    hits = first_hits(scene, here_m, direction)
    return np.asarray(left[hits.distance_m > rest_m - CLEARANCE_M])
