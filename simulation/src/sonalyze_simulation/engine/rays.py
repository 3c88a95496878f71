"""Energy that rays carry from a source to receivers, scattered on the way by Lambert's law.

Every ray carries the energy of all octaves along one path. A receiver is a sphere: what a ray
adds to the energy density there is its energy times the length of its way through the sphere over
the sphere's volume, which is right on average for any shape of room and any direction. Reflections
that were never scattered belong to the image sources up to the order that these cover.

Where few rays carry most of what is left, because the others met what absorbs, they are split and
the others thinned out (splitting and Russian roulette, Kahn 1956): the sum stays what it was on
average, and late decays stay known in rooms that absorb on few sides.

A direction after a surface is either the mirrored one or one drawn from Lambert's law, in the
proportion of the scattering coefficient (Kuttruff, Room Acoustics, 6th ed., 9.8): an isotropic
field stays isotropic, which blending both directions into one would not give.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.samples import Samples
from sonalyze_simulation.engine.arrivals import Arrivals, Gathering, joined
from sonalyze_simulation.engine.hits import first_hits
from sonalyze_simulation.engine.scene import Scene

FULL_CIRCLE: Final = 2 * np.pi
GOLDEN_ANGLE: Final = np.pi * (3 - np.sqrt(5))

FAINTEST: Final = 1e-6
"""Share of its energy from which on a ray is no longer followed: 60 dB, where T30 needs 35."""


LOPSIDED: Final = 0.5
"""Effective share of a batch's rays below which they are split and thinned out."""

ROUNDS_BETWEEN: Final = 4
"""Reflections between two looks at which rays go on, and at how lopsided batches are."""

MIXING: Final = 0.02
"""Mean scattering from which split rays part soon; without it they would go the same way."""


@dataclass(frozen=True, slots=True)
class Receivers:
    """Spheres around microphones: centres, shape (3, m), and volumes of air in them, shape (m,)."""

    center_m: Samples
    radius_m: Samples
    volume_m3: Samples


@dataclass(slots=True)
class _Rays:
    origin_m: Samples
    direction: Samples
    energy: Samples
    way_m: Samples
    scattered: NDArray[np.bool_]
    batch: NDArray[np.intp]

    def keep(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> None:
        self.origin_m = self.origin_m[:, which]
        self.direction = self.direction[:, which]
        self.energy = self.energy[:, which]
        self.way_m = self.way_m[which]
        self.scattered = self.scattered[which]
        self.batch = self.batch[which]


def trace(  # noqa: PLR0913  the physics of one source
    scene: Scene,
    source_m: Samples,
    receivers: Receivers,
    *,
    rays: int,
    batches: int,
    longest_m: float,
    covered_order: int,
    loss_per_m: Samples,
    rng: np.random.Generator,
    most_bounces: int | None = None,
    reached: Callable[[float], None] = lambda _: None,
) -> Arrivals:
    """Follow rays from a source until they have gone far enough or are too faint.

    Parameters
    ----------
    scene : Scene
        The room.
    source_m : ndarray, shape (3,)
        A source that radiates equally into all directions.
    receivers : Receivers
        Who listens.
    rays, batches : int
        How many rays, in as many batches, each of which is spread evenly over all directions.
    longest_m : float
        Length of the way after which a ray ends.
    covered_order : int
        Up to this order mirrored reflections are left to the image sources; -1 for none.
    loss_per_m : ndarray, shape (bands,)
        Energy that the air takes, 1/m.
    rng : numpy.random.Generator
        Where directions are drawn.
    most_bounces : int, optional
        Reflections after which a ray ends.
    reached : callable
        Told the fraction that is done: how far the loudest ray has decayed, in level.

    Returns
    -------
    Arrivals
        Of all receivers, in the order of reflections.
    """
    state = _started(source_m, rays // batches, batches, loss_per_m.size, rng)
    kept = 1.0 - scene.absorption.T
    scattering = scene.scattering.mean(axis=1)
    normals, _ = scene.planes
    splits = float(scattering @ scene.areas_m2 / scene.areas_m2.sum()) > MIXING
    found = Gathering()
    order = 0
    while state.way_m.size:
        hits = first_hits(scene, state.origin_m, state.direction)
        reach_m = np.minimum(hits.distance_m, longest_m)
        heard = state.scattered if order <= covered_order else None
        within_m = np.minimum(reach_m, longest_m - state.way_m)
        found.add(_arrivals(state, receivers, within_m, loss_per_m, heard))
        if most_bounces is not None and order >= most_bounces:
            break
        state.origin_m += state.direction * reach_m
        state.way_m += reach_m
        state.energy *= kept[:, hits.surface]
        escaped = np.isinf(hits.distance_m)
        if escaped.any():
            state.energy[:, escaped] = 0.0
        _redirect(state, normals[hits.surface].T, scattering[hits.surface], rng)
        order += 1
        if order % ROUNDS_BETWEEN == 0:
            goes_on = (state.way_m < longest_m) & (state.energy.max(axis=0) > FAINTEST / rays)
            if not goes_on.all():
                state.keep(goes_on)
            if splits and state.way_m.size:
                _balance(state, rays // batches, rng)
            reached(_fraction(state, rays))
    return found.all()


def _balance(state: _Rays, size: int, rng: np.random.Generator) -> None:
    """Split strong rays and thin out weak ones in batches where few carry most energy."""
    totals = np.maximum(state.energy.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    weight = (state.energy / totals).mean(axis=0)
    total = np.bincount(state.batch, weight)
    effective = total**2 / np.maximum(np.bincount(state.batch, weight**2), 1e-300)
    lopsided = effective < LOPSIDED * size
    if not lopsided.any():
        return
    chosen, factor = [], []
    for batch in range(total.size):
        members = np.flatnonzero(state.batch == batch)
        drawn, strength = members, np.ones(members.size)
        if lopsided[batch] and members.size:
            share = weight[members] / total[batch]
            places = (np.arange(size) + rng.random()) / size
            risen = np.cumsum(share)
            # The first that reaches a place has a share of its own, whatever rounding did.
            number = np.searchsorted(risen, np.minimum(places, 1.0) * risen[-1])
            drawn, strength = members[number], 1 / (size * share[number])
        chosen.append(drawn)
        factor.append(strength)
    state.keep(np.concatenate(chosen))
    state.energy *= np.concatenate(factor)


def _fraction(state: _Rays, rays: int) -> float:
    if not state.way_m.size:
        return 1.0
    left = float(state.energy.max()) * rays
    return min(1.0, float(np.log(left) / np.log(FAINTEST)))


def _started(
    source_m: Samples, rays: int, batches: int, bands: int, rng: np.random.Generator
) -> _Rays:
    """Spread each batch's directions evenly over a sphere that is turned at random."""
    number = np.arange(rays) + 0.5
    height = 1 - 2 * number / rays
    radius, azimuth = np.sqrt(1 - height**2), number * GOLDEN_ANGLE
    even = np.stack((radius * np.cos(azimuth), radius * np.sin(azimuth), height))
    turns = [np.linalg.qr(rng.standard_normal((3, 3)))[0] for _ in range(batches)]
    total = rays * batches
    return _Rays(
        np.repeat(source_m[:, np.newaxis], total, axis=1),
        np.hstack([turn @ even for turn in turns]),
        np.full((bands, total), 1.0 / total),
        np.zeros(total),
        np.zeros(total, dtype=bool),
        np.repeat(np.arange(batches), rays),
    )


def _arrivals(
    state: _Rays,
    receivers: Receivers,
    reach_m: Samples,
    loss_per_m: Samples,
    heard: NDArray[np.bool_] | None,
) -> Arrivals:
    """Find the spheres that rays cross before they meet a surface."""
    found = []
    for number, (center_m, radius_m, volume_m3) in enumerate(
        zip(receivers.center_m.T, receivers.radius_m, receivers.volume_m3, strict=True)
    ):
        to_center = center_m[:, np.newaxis] - state.origin_m
        along_m = np.einsum("ij,ij->j", to_center, state.direction)
        half_m2 = radius_m**2 - np.einsum("ij,ij->j", to_center, to_center) + along_m**2
        crossing = np.flatnonzero(half_m2 > 0 if heard is None else (half_m2 > 0) & heard)
        half_m = np.sqrt(half_m2[crossing])
        enter_m = np.maximum(along_m[crossing] - half_m, 0.0)
        leave_m = np.minimum(along_m[crossing] + half_m, reach_m[crossing])
        inside = leave_m > enter_m
        crossing, enter_m, leave_m = crossing[inside], enter_m[inside], leave_m[inside]
        way_m = state.way_m[crossing] + 0.5 * (enter_m + leave_m)
        weight = 2 * FULL_CIRCLE * (leave_m - enter_m) / volume_m3
        air = np.exp(-np.outer(loss_per_m, way_m))
        found.append(
            Arrivals(
                way_m,
                np.full(crossing.size, number),
                state.batch[crossing],
                state.energy[:, crossing] * air * weight,
            )
        )
    return joined(found)


def _redirect(state: _Rays, normal: Samples, scattering: Samples, rng: np.random.Generator) -> None:
    """Mirror every ray, then draw a new direction for those that the surface scatters."""
    closing = np.einsum("ij,ij->j", state.direction, normal)
    state.direction -= 2 * closing * normal
    drawn = np.flatnonzero(rng.random(scattering.size) < scattering)
    if drawn.size:
        state.direction[:, drawn] = _lambert(normal[:, drawn], rng)
        state.scattered[drawn] = True


def _lambert(normal: Samples, rng: np.random.Generator) -> Samples:
    """Draw directions with the cosine law: a point on the unit sphere on top of the normal."""
    height = rng.uniform(-1.0, 1.0, normal.shape[1])
    azimuth = rng.uniform(0.0, FULL_CIRCLE, normal.shape[1])
    radius = np.sqrt(1 - height**2)
    direction = normal + np.stack((radius * np.cos(azimuth), radius * np.sin(azimuth), height))
    length = np.sqrt(np.einsum("ij,ij->j", direction, direction))
    return np.asarray(direction / np.maximum(length, np.finfo(np.float64).tiny))
