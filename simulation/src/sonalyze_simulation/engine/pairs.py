"""What one microphone hears of one source, as energy over time in every octave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.bands import BROADBAND, OCTAVES, Band
from sonalyze_acoustics.decay import LateDecay
from sonalyze_acoustics.response_bands import DIRECT_S, EARLY_S, BandResponse
from sonalyze_acoustics.samples import Samples
from sonalyze_simulation.engine.images import Images

RATE_HZ: Final = 2_000
"""Of energy over time: early limits fall between two slots of half a millisecond."""

LATE_SHARE: Final = 0.3
"""The last part of the decay, in level, that tells how it goes on."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Arrivals at one microphone: times after the source's sound, and energies, (bands, n)."""

    time_s: Samples
    energy: Samples
    batch: NDArray[np.intp]
    first_s: float
    is_direct: bool
    end_s: float
    """Until when every arrival is known."""


def heard(  # noqa: PLR0913  two kinds of arrivals of one pair
    images: Images,
    way_m: Samples,
    energy: Samples,
    batch: NDArray[np.intp],
    *,
    speed_m_s: float,
    longest_m: float,
) -> Heard:
    """Join images and rays; images belong to every batch (-1)."""
    time_s = np.concatenate((images.distance_m, way_m)) / speed_m_s
    is_direct = bool(images.order.size) and images.order[0] == 0
    first_s = float(images.distance_m[0]) / speed_m_s if is_direct else float(time_s.min())
    return Heard(
        time_s,
        np.hstack((images.energy, energy)),
        np.concatenate((np.full(images.distance_m.size, -1), batch)),
        first_s,
        is_direct,
        longest_m / speed_m_s,
    )


def band_responses(
    pair: Heard, batch: int | None = None, batches: int = 1
) -> tuple[BandResponse, ...]:
    """Give what the figures are made from: one response per octave, and the broadband one last.

    With a batch, only its rays count, as if there were no others.
    """
    weight = np.ones(pair.time_s.size)
    if batch is not None:
        weight = np.where(pair.batch < 0, 1.0, np.where(pair.batch == batch, float(batches), 0.0))
    # A sphere around the microphone hears what is on its way to it a little early.
    after_s = np.maximum(pair.time_s - pair.first_s, 0.0)
    slots = int((pair.end_s - pair.first_s) * RATE_HZ)
    slot = (after_s * RATE_HZ).astype(np.intp)
    slot[np.isclose(slot + 1, after_s * RATE_HZ, rtol=0, atol=1e-6)] += 1
    within = slot < slots
    widths = np.array([band.bandwidth_hz for band in OCTAVES])
    energies = np.vstack((pair.energy, widths @ pair.energy / widths.sum()))
    density = np.array(
        [
            np.bincount(slot[within], weights=(row * weight)[within], minlength=slots) * RATE_HZ
            for row in energies
        ]
    )
    return tuple(
        _response(band, row) for band, row in zip((*OCTAVES, BROADBAND), density, strict=True)
    )


def _response(band: Band, density: Samples) -> BandResponse:
    decay = _late(density)
    stop = max(1, round(decay.end_s * RATE_HZ))
    limits = np.array([round(limit_s * RATE_HZ) for limit_s in (*EARLY_S, DIRECT_S)])
    known = density[:stop]
    early = np.array([known[:limit].sum() for limit in limits]) / RATE_HZ
    late = np.array([known[limit:].sum() for limit in limits]) / RATE_HZ + decay.tail_energy()
    return BandResponse(
        band, float(RATE_HZ), density, 0.0, decay, early, late, np.zeros(3), float(density.max())
    )


def _late(density: Samples) -> LateDecay:
    """Fit the slope of the last part of the decay curve, which tells what follows the end.

    The curve that lacks the tail bends down at its end; three rounds of adding the tail that the
    slope so far gives bring the slope to rest.
    """
    density = density[: int(np.flatnonzero(density)[-1]) + 1] if density.any() else density[:1]
    energy = density / RATE_HZ
    curve = np.cumsum(energy[::-1])[::-1]
    time_s = np.arange(density.size) / RATE_HZ
    end_s = density.size / RATE_HZ
    tail = rate_per_s = 0.0
    for _ in range(3):
        level = np.log(np.maximum(curve + tail, np.finfo(np.float64).tiny))
        floor = level[-1]
        late = level < floor + LATE_SHARE * (level[0] - floor)
        if late.sum() < 8 or level[0] <= floor:  # noqa: PLR2004  a line through few points is none
            return LateDecay(0.0, 0.0, 0.0, end_s)
        rate_per_s = -float(np.polyfit(time_s[late], level[late], 1)[0])
        begin = int(np.argmax(late))
        if rate_per_s <= 0:
            return LateDecay(0.0, 0.0, 0.0, end_s)
        held = float(curve[begin])
        decayed = np.exp(-rate_per_s * (end_s - time_s[begin]))
        tail = held * decayed / (1 - decayed)
    amplitude = tail * rate_per_s * np.exp(rate_per_s * end_s)
    return LateDecay(0.0, float(amplitude), rate_per_s, end_s)
