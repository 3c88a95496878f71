"""What the formulae of statistical room acoustics expect, to stand beside what was computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_acoustics.samples import Samples
from sonalyze_simulation.engine.scene import Scene

DECAY_60_DB: Final = float(np.log(1e6))
"""13.8: nepers of energy in 60 dB."""

VERTICAL: Final = 0.5
"""A normal whose vertical part is larger faces floor or ceiling."""

PATH_VARIANCE: Final = 0.4
"""Relative variance of the free paths between diffuse reflections."""

MOST_ABSORBING: Final = 0.9999
"""Beyond, Eyring's logarithm has no end."""


@dataclass(frozen=True, slots=True)
class Estimates:
    """Reverberation times in seconds, shape (bands,) each, with the absorption of the air."""

    sabine_s: Samples
    eyring_s: Samples
    kuttruff_s: Samples
    fitzroy_s: Samples


def estimates(scene: Scene, speed_m_s: float, loss_per_m: Samples) -> Estimates:
    """Estimate reverberation times from volume, areas and absorption.

    Parameters
    ----------
    scene : Scene
        The room.
    speed_m_s : float
        Speed of sound.
    loss_per_m : ndarray, shape (bands,)
        Energy that the air takes, 1/m.

    Returns
    -------
    Estimates
        By four formulae.

    Notes
    -----
    Sabine; Eyring, JASA 1, 217, 1930; Kuttruff, Room Acoustics, 6th ed., equation 5.24: Eyring's
    exponent corrected for the variance of free paths, here 0.4, between his 0.34 for a cube and
    0.61 for a flat room; Fitzroy, JASA 31, 893, 1959: Eyring's exponent for each pair of opposite
    surfaces, weighted by area, for rooms whose absorption is on few sides. Air: 4 m V.
    """
    area_m2, volume_m3 = scene.areas_m2, scene.volume_m3
    total_m2 = area_m2.sum()
    air_m2 = 4 * loss_per_m * volume_m3
    mean = area_m2 @ scene.absorption / total_m2
    exponent = _exponent(mean)
    reach = 4 * DECAY_60_DB * volume_m3 / speed_m_s
    # Beyond its maximum the correction would let rooms that absorb more decay more slowly.
    within = np.minimum(exponent, 1 / PATH_VARIANCE)
    corrected = within * (1 - 0.5 * PATH_VARIANCE * within)
    return Estimates(
        sabine_s=_time_s(reach, total_m2 * mean + air_m2),
        eyring_s=_time_s(reach, total_m2 * exponent + air_m2),
        kuttruff_s=_time_s(reach, total_m2 * corrected + air_m2),
        fitzroy_s=_fitzroy_s(scene, reach, air_m2),
    )


def schroeder_hz(reverberation_time_s: float, volume_m3: float) -> float:
    """Give the frequency below which single modes are heard: 2000 sqrt(T/V) (Schroeder, 1962)."""
    return 2000.0 * float(np.sqrt(reverberation_time_s / volume_m3))


def unevenness(scene: Scene) -> Samples:
    """Largest difference of the mean absorption of facing pairs of surfaces, shape (bands,)."""
    _, means = _by_direction(scene)
    return np.asarray(means.max(axis=0) - means.min(axis=0))


def _exponent(absorption: Samples) -> Samples:
    return np.asarray(-np.log(1 - np.minimum(absorption, MOST_ABSORBING)))


def _time_s(reach: float, absorbing_m2: Samples) -> Samples:
    with np.errstate(divide="ignore"):
        return np.asarray(reach / absorbing_m2)


def _fitzroy_s(scene: Scene, reach: float, air_m2: Samples) -> Samples:
    """Each pair's share of the area times the time if all surfaces were as this pair."""
    areas, means = _by_direction(scene)
    total_m2 = areas.sum()
    times = np.array([_time_s(reach, total_m2 * _exponent(mean) + air_m2) for mean in means])
    return np.asarray(areas / total_m2 @ times)


def _by_direction(scene: Scene) -> tuple[Samples, Samples]:
    """Areas, shape (3,), and mean absorption, (3, bands), of what faces along each direction.

    The horizontal directions are those in which the walls have their largest extent.
    """
    normals, _ = scene.planes
    area_m2 = scene.areas_m2
    level = np.abs(normals[:, 2]) > VERTICAL
    longest = normals[: len(scene.walls)][int(np.argmax(area_m2[: len(scene.walls)])), :2]
    along = (normals[:, :2] @ longest) ** 2
    weights = np.stack((np.where(level, 0, along), np.where(level, 0, 1 - along), level))
    areas = weights @ area_m2
    held = np.maximum(areas, np.finfo(np.float64).tiny)[:, np.newaxis]
    return areas, np.asarray((weights * area_m2) @ scene.absorption / held)
