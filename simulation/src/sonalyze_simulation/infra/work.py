"""The children's side of a simulation: JSON in, JSON out. The parent names it, never imports it.

A simulation is prepared once, which judges the room and says what it will take, and then computed
source by source, in as many processes as there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from sonalyze_acoustics.bands import OCTAVES
from sonalyze_acoustics.evaluation import BandMetrics, MidFrequency
from sonalyze_chassis.progress import report
from sonalyze_contracts.bands import BandResult
from sonalyze_contracts.simulation_answers import (
    BandSpread,
    DecayCurveOfBand,
    Estimates,
    SimulatedMetrics,
    SimulatedPair,
)
from sonalyze_contracts.simulations import SimulationRequest
from sonalyze_simulation.domain.cost import Pace, seconds_for_all
from sonalyze_simulation.domain.prepared import Prepared
from sonalyze_simulation.domain.requests import resolved
from sonalyze_simulation.domain.rooms import room_of
from sonalyze_simulation.engine import estimates as theory
from sonalyze_simulation.engine.curves import thinned
from sonalyze_simulation.engine.simulation import PairEvaluation, Plan, simulate_source
from sonalyze_simulation.engine.synthesis import impulse_response
from sonalyze_simulation.infra.geometry import Placed, scene_of
from sonalyze_simulation.infra.planning import Planned, air_of, degraded, expected, planned
from sonalyze_simulation.infra.remarks import remarks_on, remarks_on_pair
from sonalyze_simulation.infra.responses import wav_of

SINGLE_NUMBERS: Final = {
    "rt60_s": "t20_s",
    "edt_s": "edt_s",
    "d50": "d50",
    "c50_db": "c50_db",
    "c80_db": "c80_db",
    "drr_db": "drr_db",
}
"""Each single number, and the figure of the octaves whose absence explains its own."""


MID: Final = slice(3, 5)

UNKNOWN: Final = "The octaves do not hold it."


def prepare(
    body: dict[str, Any], pace: dict[str, float], processes: int, most_seconds: float
) -> dict[str, Any]:
    """Judge a request, choose how to compute it, and say what it will take.

    Raises
    ------
    Invalid
        With a sentence for what is wrong with the request or its room.
    """
    understood = resolved(body)
    request = understood.request
    room, guessed = room_of(request)
    placed = scene_of(room)
    expects = expected(placed.scene, air_of(request))
    way = planned(request, placed.scene, expects)
    seconds_of: Callable[[Planned], float] = partial(
        _seconds, pace=Pace(**pace), sources=len(request.sources), processes=processes
    )
    if request.allow_degraded and seconds_of(way) > most_seconds and way.plan.is_traced:
        fewest_s = seconds_of(degraded(way, placed.scene, 0.0))
        spare = (most_seconds - fewest_s) / (seconds_of(way) - fewest_s)
        way = degraded(way, placed.scene, max(spare, 0.0))
    return Prepared(
        request=request.model_dump(mode="json"),
        order=way.plan.order,
        rays=way.plan.rays,
        method=way.method.value,
        seconds=seconds_of(way),
        volume_m3=placed.scene.volume_m3,
        surface_m2=float(placed.scene.areas_m2.sum()),
        schroeder_hz=_schroeder_hz(expects, placed),
        estimates=_estimates(expects).model_dump(mode="json"),
        warnings=[
            *understood.warnings,
            *guessed,
            *placed.warnings,
            *way.warnings,
            *remarks_on(placed.scene, expects),
        ],
    ).as_json()


def simulate(prepared: dict[str, Any], source: int) -> list[dict[str, Any]]:
    """Compute what every microphone hears of one source."""
    task = Prepared.of_json(prepared)
    request = SimulationRequest.model_validate(task.request)
    placed = _placed(request)
    report(0.0, "rays" if task.rays else "images")
    heard = _heard(request, placed, task, source, lambda share: report(0.9 * share, "rays"))
    report(0.9, "evaluating")
    expects = expected(placed.scene, air_of(request))
    pairs = []
    for number, evaluation in enumerate(heard):
        remarks = remarks_on_pair(evaluation, expects)
        rir = _response(request, evaluation, source, number) if request.include_rir else None
        pair = SimulatedPair(
            source_id=request.sources[source].id,
            microphone_id=request.microphones[number].id,
            metrics=_metrics(evaluation),
            reasons=_reasons(evaluation),
            bands=[_told(band) for band in evaluation.bands],
            spread=_spread(evaluation),
            line_of_sight=evaluation.is_direct,
            warnings=remarks,
            rir=None if rir is None else rir.tolist(),
            decay_curves=_curves(evaluation) if request.include_decay_curves else None,
        )
        pairs.append(pair.model_dump(mode="json"))
    report(1.0, "evaluating")
    return pairs


def _told(band: BandMetrics) -> BandResult:
    """Leave out what is known of recordings only: how sure a simulation is, its spread says."""
    return BandResult.model_validate(replace(band, uncertainty={}, shape=None))


def response_wav(prepared: dict[str, Any], source: int, microphone: int) -> str:
    """Compute one response again, as 32 bit WAV in base64: the same request is the same sound."""
    task = Prepared.of_json(prepared)
    request = SimulationRequest.model_validate(task.request)
    placed = _placed(request)
    heard = _heard(request, placed, task, source, lambda share: report(share, "rays"))
    return wav_of(_response(request, heard[microphone], source, microphone), request.sample_rate_hz)


def responses(
    prepared: dict[str, Any], source: int
) -> list[np.ndarray[tuple[int], np.dtype[np.float32]]]:
    """Compute the responses of one source again, one for each microphone."""
    task = Prepared.of_json(prepared)
    request = SimulationRequest.model_validate(task.request)
    placed = _placed(request)
    heard = _heard(request, placed, task, source, lambda share: report(share, "rays"))
    return [_response(request, pair, source, number) for number, pair in enumerate(heard)]


def _placed(request: SimulationRequest) -> Placed:
    room, _ = room_of(request)
    return scene_of(room)


def _heard(
    request: SimulationRequest,
    placed: Placed,
    task: Prepared,
    source: int,
    reached: Callable[[float], None],
) -> Sequence[PairEvaluation]:
    return simulate_source(
        placed.scene,
        placed.sources_m[source],
        placed.microphones_m.T,
        plan=Plan(order=task.order, rays=task.rays, seed=request.seed, stream=source),
        air=air_of(request),
        reached=reached,
    )


def _response(
    request: SimulationRequest, evaluation: PairEvaluation, source: int, microphone: int
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    rng = np.random.default_rng([request.seed, source, microphone])
    response = impulse_response(
        evaluation.heard, request.sample_rate_hz, request.rir_duration_s, rng
    )
    return response.astype(np.float32)


def _seconds(way: Planned, pace: Pace, sources: int, processes: int) -> float:
    return seconds_for_all(pace.seconds_for(way.work), sources, processes)


def _estimates(expects: theory.Estimates) -> Estimates:
    return Estimates(
        bands_hz=[band.center_hz for band in OCTAVES],
        sabine_s=_finite(expects.sabine_s),
        eyring_s=_finite(expects.eyring_s),
        kuttruff_s=_finite(expects.kuttruff_s),
        fitzroy_s=_finite(expects.fitzroy_s),
    )


def _schroeder_hz(expects: theory.Estimates, placed: Placed) -> float | None:
    mid_s = float(expects.eyring_s[3:5].mean())
    return theory.schroeder_hz(mid_s, placed.scene.volume_m3) if np.isfinite(mid_s) else None


def _finite(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _metrics(evaluation: PairEvaluation) -> SimulatedMetrics:
    mid, sti = evaluation.mid, evaluation.speech.sti
    return SimulatedMetrics(
        rt60_s=_rt60_s(mid),
        edt_s=mid.edt_s,
        d50=mid.d50,
        c50_db=mid.c50_db,
        c80_db=mid.c80_db,
        drr_db=mid.drr_db,
        sti=sti,
        sti_method=None if sti is None else "mtf",
    )


def _rt60_s(mid: MidFrequency) -> float | None:
    return mid.t20_s if mid.t30_s is None else mid.t30_s


def _reasons(evaluation: PairEvaluation) -> dict[str, str]:
    """Say of every missing single number what its octaves say, or what the STI's note says.

    Most are means of 500 Hz and 1 kHz, whose reasons come first.
    """
    reasons = {}
    metrics = _metrics(evaluation)
    for name, figure in SINGLE_NUMBERS.items():
        if getattr(metrics, name) is None:
            bands = (*evaluation.bands[MID], *reversed(evaluation.bands))
            said = [band.reasons[figure] for band in bands if figure in band.reasons]
            reasons[name] = said[0] if said else UNKNOWN
    if metrics.sti is None:
        reasons["sti"] = evaluation.speech.note or UNKNOWN
    return reasons


def _spread(evaluation: PairEvaluation) -> list[BandSpread]:
    return [
        BandSpread(center_hz=band.center_hz, metrics=dict(spread))
        for band, spread in zip(evaluation.bands, evaluation.spread, strict=True)
    ]


def _curves(evaluation: PairEvaluation) -> list[DecayCurveOfBand]:
    return [
        DecayCurveOfBand(center_hz=center_hz, time_s=time_s, level_db=level_db)
        for center_hz, time_s, level_db in thinned(evaluation.heard)
    ]
