"""One source, all its microphones: traced, mirrored, and evaluated like a measurement.

Rays run in batches that know nothing of each other; how far the batches differ says how far the
figures can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sonalyze_acoustics.bands import OCTAVES
from sonalyze_acoustics.evaluation import BandMetrics, MidFrequency, SpeechTransmission
from sonalyze_acoustics.metrics import band_metrics
from sonalyze_acoustics.response_bands import BandResponse
from sonalyze_acoustics.samples import Samples
from sonalyze_acoustics.single_numbers import mid_frequency
from sonalyze_acoustics.speech import speech_of
from sonalyze_simulation.engine.air import Air
from sonalyze_simulation.engine.arrivals import of_receiver
from sonalyze_simulation.engine.estimates import estimates
from sonalyze_simulation.engine.images import first_missing_m, images_of
from sonalyze_simulation.engine.pairs import Heard, band_responses, heard
from sonalyze_simulation.engine.rays import trace
from sonalyze_simulation.engine.receivers import spheres
from sonalyze_simulation.engine.scene import Scene

BATCHES: Final = 5

WITHIN_90: Final = 3.0
"""Standard errors within which 90 % of very long runs lie. Student's distribution has 2.13 with
four degrees of freedom; decay times in rooms that absorb on few sides need more, as
``benchmarks/simulation_accuracy.py`` shows."""

LONGEST_S: Final = 20.0
"""No decay is followed longer; 60 dB in it is more than the largest cathedrals have."""

DECAY_TIMES: Final = ("t30_s", "t20_s", "edt_s")
MOST_DECAYS: Final = 4.0
"""Times Fitzroy's reverberation time after which no ray is followed: one that never fades, caught
between surfaces that take nothing, would cost more than all others."""

SPREAD_FIGURES: Final = ("t30_s", "t20_s", "edt_s", "c50_db", "c80_db", "d50", "ts_s", "drr_db")

TOO_FEW_RAYS: Final = "Too few rays come to the microphone for this figure; it takes more rays."
NOTHING_HEARD: Final = "Nothing of what the source sounds comes to the microphone."
NO_IMAGE: Final = "No image of the orders that were computed is heard at the microphone."
NOTHING_FOLLOWS: Final = "Nothing follows the direct sound: there is no decay."
NO_LINE_OF_SIGHT: Final = "The microphone does not see the source: there is no direct sound."

OCTAVE_HZ: Final = np.array([band.middle_hz for band in OCTAVES])


@dataclass(frozen=True, slots=True)
class Plan:
    """How a room is computed: images up to an order, and so many rays for the rest."""

    order: int
    rays: int
    seed: int = 0
    stream: int = 0
    """Tells the draws of one source from those of another."""
    most_bounces: int | None = None

    @property
    def is_traced(self) -> bool:
        """Say whether there are rays at all."""
        return self.rays > 0


@dataclass(frozen=True, slots=True)
class PairEvaluation:
    """One microphone's figures; `spread` has half of each figure's 90 % interval per octave."""

    bands: tuple[BandMetrics, ...]
    mid: MidFrequency
    speech: SpeechTransmission
    spread: tuple[Mapping[str, float | None], ...]
    is_direct: bool
    heard: Heard


def simulate_source(  # noqa: PLR0913  the physics of one source
    scene: Scene,
    source_m: Samples,
    microphones_m: Samples,
    *,
    plan: Plan,
    air: Air | None,
    reached: Callable[[float], None] = lambda _: None,
) -> tuple[PairEvaluation, ...]:
    """Compute what microphones hear of a source.

    Parameters
    ----------
    scene : Scene
        The room.
    source_m : ndarray, shape (3,)
        The source.
    microphones_m : ndarray, shape (3, m)
        The microphones.
    plan : Plan
        How.
    air : Air or None
        Of the room; None takes nothing from the sound, and has 20 degrees.
    reached : callable
        Told the fraction that is done.

    Returns
    -------
    tuple of PairEvaluation
        In the order of the microphones.

    Notes
    -----
    Without rays nothing carries what surfaces scatter: they mirror all that they do not absorb.
    """
    speed_m_s = (air or Air()).speed_of_sound_m_s
    loss_per_m = np.zeros(OCTAVE_HZ.size) if air is None else air.absorption_per_m(OCTAVE_HZ)
    arrivals = None
    if plan.is_traced:
        arrivals = trace(
            scene,
            source_m,
            spheres(scene, source_m, microphones_m),
            rays=plan.rays,
            batches=BATCHES,
            longest_m=_longest_s(scene, speed_m_s) * speed_m_s,
            covered_order=plan.order,
            loss_per_m=loss_per_m,
            rng=np.random.default_rng([plan.seed, plan.stream]),
            most_bounces=plan.most_bounces,
            reached=reached,
        )
    evaluated = []
    mirrored = scene if plan.is_traced else scene.smooth
    for number, microphone_m in enumerate(microphones_m.T):
        images = images_of(mirrored, source_m, microphone_m, plan.order, loss_per_m)
        if arrivals is None:
            complete_m = first_missing_m(scene, source_m, microphone_m, plan.order)
            pair = heard(images, None, speed_m_s, complete_m)
        else:
            pair = heard(images, of_receiver(arrivals, number), speed_m_s)
        evaluated.append(_evaluated(pair))
    return tuple(evaluated)


def _longest_s(scene: Scene, speed_m_s: float) -> float:
    dry = estimates(scene, speed_m_s, np.zeros(OCTAVE_HZ.size))
    return float(np.fmin(LONGEST_S, MOST_DECAYS * dry.fitzroy_s.max()))


def _evaluated(pair: Heard) -> PairEvaluation:
    *octaves, broadband = band_responses(pair)
    spread = _spread(pair)
    figures = _figures(octaves, pair)
    found = tuple(_trusted(*known) for known in zip(figures, spread, strict=True))
    # No noise hides anything: what is known counts, however little it decays.
    speech = speech_of(octaves, needed_db=0.0)
    if not pair.energy.any():
        speech = replace(speech, note=_silence(pair))
    known = {band.center_hz: band for band in found}
    mid = mid_frequency(known, broadband)
    return PairEvaluation(
        bands=found,
        mid=mid if pair.is_direct else replace(mid, drr_db=None, direct_to_late_db=None),
        speech=speech,
        spread=spread,
        is_direct=pair.is_direct,
        heard=pair,
    )


def _figures(octaves: list[BandResponse], pair: Heard) -> tuple[BandMetrics, ...]:
    return tuple(_explained(band_metrics(octave), octave, pair) for octave in octaves)


def _explained(band: BandMetrics, octave: BandResponse, pair: Heard) -> BandMetrics:
    """Say why figures are missing where not the length of the decay is why."""
    reasons = dict(band.reasons)
    if octave.peak_power <= 0:
        reasons = dict.fromkeys(reasons, _silence(pair))
    elif pair.is_complete and pair.is_direct and not octave.energy[1:].any():
        reasons = dict.fromkeys(reasons, NOTHING_FOLLOWS)
    if pair.is_direct:
        return replace(band, reasons=reasons)
    return replace(band, drr_db=None, reasons={**reasons, "drr_db": NO_LINE_OF_SIGHT})


def _trusted(band: BandMetrics, spread: Mapping[str, float | None]) -> BandMetrics:
    """Withhold decay times that not every batch has, or that are smaller than their spread."""
    doubtful = [name for name in DECAY_TIMES if _is_doubtful(getattr(band, name), spread, name)]
    return replace(
        band,
        t30_s=None if "t30_s" in doubtful else band.t30_s,
        t20_s=None if "t20_s" in doubtful else band.t20_s,
        edt_s=None if "edt_s" in doubtful else band.edt_s,
        reasons={**band.reasons, **dict.fromkeys(doubtful, TOO_FEW_RAYS)},
    )


def _is_doubtful(value: float | None, spread: Mapping[str, float | None], name: str) -> bool:
    half_s = spread.get(name, 0.0)
    return value is not None and (half_s is None or half_s > value)


def _silence(pair: Heard) -> str:
    return NOTHING_HEARD if pair.is_complete else NO_IMAGE


def _spread(pair: Heard) -> tuple[Mapping[str, float | None], ...]:
    """Estimate each figure's uncertainty from the batches, as if each were a simulation alone."""
    if pair.batch.max(initial=-1) < 0:
        return tuple({} for _ in OCTAVES)
    alone = [
        _figures(list(band_responses(pair, batch, BATCHES)[:-1]), pair) for batch in range(BATCHES)
    ]
    return tuple(
        {
            name: _half_width([getattr(run[number], name) for run in alone])
            for name in SPREAD_FIGURES
        }
        for number in range(len(OCTAVES))
    )


def _half_width(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    return float(WITHIN_90 * np.std(known, ddof=1) / np.sqrt(len(known)))
