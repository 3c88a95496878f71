"""How a room is computed: how far images go, how many rays there are, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sonalyze_contracts.simulations import FEWEST_RAYS, MOST_RAYS, Method, SimulationRequest
from sonalyze_simulation.domain.cost import Workload
from sonalyze_simulation.engine.air import Air
from sonalyze_simulation.engine.estimates import DECAY_60_DB, Estimates, estimates
from sonalyze_simulation.engine.images import covered_order, images_up_to, is_shoebox
from sonalyze_simulation.engine.rays import FAINTEST
from sonalyze_simulation.engine.receivers import LARGEST_M, SHARE_OF_FREE_PATH
from sonalyze_simulation.engine.scene import Scene
from sonalyze_simulation.engine.simulation import BATCHES, LONGEST_S, OCTAVE_HZ, Plan

USUAL_RAYS: Final = 10_000
"""T30 within 2 to 5 % in rooms whose sides are alike; more where receivers are hit more rarely."""

MOST_TIMES_USUAL: Final = 8.0

SPEED_M_S: Final = Air().speed_of_sound_m_s

CLOSED_FORM_ORDER: Final = 8
"""Images of an empty rectangle cost next to nothing; beyond this order scattering leaves little."""

MIRRORED_ORDER: Final = 3
"""In any other room each further order costs as much again for every surface that there is."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, the method that it amounts to, its work for one source, and what to know of it."""

    plan: Plan
    method: Method
    work: Workload
    warnings: tuple[str, ...]


def air_of(request: SimulationRequest) -> Air | None:
    """Give the room's air; None if it takes nothing."""
    if not request.air_absorption:
        return None
    return Air(request.temperature_c, request.humidity_percent)


def expected(scene: Scene, air: Air | None) -> Estimates:
    """Estimate the reverberation times of a room."""
    loss_per_m = np.zeros(OCTAVE_HZ.size) if air is None else air.absorption_per_m(OCTAVE_HZ)
    return estimates(scene, (air or Air()).speed_of_sound_m_s, loss_per_m)


def planned(request: SimulationRequest, scene: Scene, expects: Estimates) -> Planned:
    """Choose how to compute a room, within what the request allows."""
    method = _method(request)
    order, warnings = _order(request, scene, method)
    rays = 0 if method is Method.IMAGES else request.rays or _rays(scene, expects)
    plan = Plan(order=order, rays=rays, seed=request.seed)
    return Planned(plan, method, workload(scene, plan, len(request.microphones)), warnings)


def degraded(planned_: Planned, scene: Scene, share: float) -> Planned:
    """Take fewer rays, so that this share of the time is enough."""
    rays = max(FEWEST_RAYS, int(planned_.plan.rays * share))
    plan = Plan(order=planned_.plan.order, rays=rays, seed=planned_.plan.seed)
    remark = f"Computed with {rays} rays instead of {planned_.plan.rays}, to be ready in time."
    return Planned(
        plan,
        planned_.method,
        workload(scene, plan, planned_.work.microphones),
        (*planned_.warnings, remark),
    )


def workload(scene: Scene, plan: Plan, microphones: int) -> Workload:
    """Count the work for one source."""
    is_closed = is_shoebox(scene)
    # Where there are no rays, one order more says from when on images are missing.
    order = plan.order if plan.is_traced else covered_order(scene, plan.order + 1)
    return Workload(
        ray_bounces=plan.rays * _bounces(scene),
        walls=len(scene.walls) + 2,
        obstacles=len(scene.boxes),
        microphones=microphones,
        images=images_up_to(plan.order) if is_closed else 0,
        mirrored=0 if is_closed else len(scene.surfaces) ** order,
        evaluations=1 + BATCHES if plan.is_traced else 1,
    )


def _method(request: SimulationRequest) -> Method:
    if request.use_raytracing and request.method is Method.AUTO:
        return Method.HYBRID
    return Method.HYBRID if request.method is Method.AUTO else request.method


def _order(request: SimulationRequest, scene: Scene, method: Method) -> tuple[int, tuple[str, ...]]:
    if method is Method.RAYS:
        return 0, ()
    if method is Method.IMAGES:
        order = covered_order(scene, request.max_order)
        warnings = []
        if order < request.max_order:
            warnings.append(
                f"Images were mirrored up to order {order} instead of {request.max_order}: "
                "in this room there would be too many."
            )
        if scene.scattering.any():
            warnings.append(
                "Images alone scatter nothing: the scattering of the surfaces had no effect."
            )
        return order, tuple(warnings)
    ceiling = CLOSED_FORM_ORDER if is_shoebox(scene) else MIRRORED_ORDER
    if request.use_raytracing:
        ceiling = min(ceiling, request.raytracing_bounces)
    return covered_order(scene, min(request.max_order, ceiling)), ()


def _rays(scene: Scene, expects: Estimates) -> int:
    """Take more rays where spheres are small for the room, and where decays are uneven."""
    free_path_m = 4 * scene.volume_m3 / scene.areas_m2.sum()
    rarity = max(1.0, float(SHARE_OF_FREE_PATH * free_path_m / LARGEST_M) ** 2)
    with np.errstate(invalid="ignore"):
        longer = expects.fitzroy_s / expects.eyring_s
    # In an octave that nothing absorbs there is no decay to be known.
    unevenness = float(np.max(np.where(np.isfinite(expects.eyring_s), longer, 1.0)))
    return min(round(USUAL_RAYS * min(rarity * unevenness, MOST_TIMES_USUAL)), MOST_RAYS)


def _bounces(scene: Scene) -> float:
    """Reflections until rays are too faint: in the octave that is absorbed least, by Fitzroy."""
    dry = estimates(scene, SPEED_M_S, np.zeros(OCTAVE_HZ.size))
    free_path_m = 4 * scene.volume_m3 / scene.areas_m2.sum()
    nepers = -np.log(FAINTEST) / DECAY_60_DB
    longest_s = min(float(dry.fitzroy_s.max()) * nepers, LONGEST_S)
    return float(longest_s * SPEED_M_S / free_path_m)
