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
from sonalyze_simulation.engine.arrivals import Arrivals
from sonalyze_simulation.engine.images import Images

RATE_HZ: Final = 2_000
"""Of energy over time: early limits fall between two slots of half a millisecond."""


LEAST_LEFT: Final = 1e-9
"""Share of an octave's energy that is looked at, 90 dB. Rays go on until they are faint in the
octave that is absorbed least: what they carry of another by then can be next to nothing."""


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
    is_complete: bool
    """Whether nothing that matters comes after."""


def heard(
    images: Images, rays: Arrivals | None, speed_m_s: float, complete_m: float = np.inf
) -> Heard:
    """Join images, which belong to every batch (-1), and rays.

    ``complete_m`` is the way from which on arrivals are missing.
    """
    way_m, energy, batch = images.distance_m, images.energy, np.full(images.order.size, -1)
    if rays is not None:
        way_m = np.concatenate((way_m, rays.way_m))
        energy = np.hstack((energy, rays.energy))
        batch = np.concatenate((batch, rays.batch))
    is_direct = bool(images.order.size) and int(images.order[0]) == 0
    first_m = float(images.distance_m[0] if is_direct else way_m.min(initial=complete_m))
    first_m = first_m if np.isfinite(first_m) else 0.0
    last_m = min(float(way_m.max(initial=first_m)), complete_m)
    time_s = way_m / speed_m_s
    return Heard(
        time_s,
        energy,
        batch,
        first_s=first_m / speed_m_s,
        is_direct=is_direct,
        end_s=last_m / speed_m_s,
        is_complete=bool(np.isinf(complete_m)),
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
    # The last slot is known as a whole only where nothing follows.
    slots = max(1, int((pair.end_s - pair.first_s) * RATE_HZ) + pair.is_complete)
    slot = (after_s * RATE_HZ).astype(np.intp)
    slot[np.isclose(slot + 1, after_s * RATE_HZ, rtol=0, atol=1e-6)] += 1
    within = slot < slots
    widths = np.array([band.bandwidth_hz for band in OCTAVES])
    energies = np.vstack((pair.energy, widths @ pair.energy / widths.sum()))
    density = np.array(
        [
            np.bincount(slot[within], weights=(row * weight)[within], minlength=slots) * RATE_HZ
            for row in energies
        ],
        dtype=np.float64,
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
        band,
        float(RATE_HZ),
        density,
        onset=0.0,
        decay=decay,
        early_energy=early,
        late_energy=late,
        late_error=np.zeros(limits.size),
        peak_power=float(density.max()),
        is_filtered=False,
    )


def _late(density: Samples) -> LateDecay:
    """Say how the decay goes on: as it went from the second quarter of its time to the last.

    Neighbouring quarters would do where the decay is smooth; few rays make its end uneven.
    """
    left = np.cumsum(density[::-1])[::-1]
    known = int(np.count_nonzero(left > LEAST_LEFT * left[0]))
    quarter = known // 4
    end_s = max(1, known) / RATE_HZ
    second = float(density[quarter : 2 * quarter].sum()) / RATE_HZ
    last = float(density[3 * quarter : known].sum()) / RATE_HZ
    if not 0 < last < second:
        return LateDecay(0.0, 0.0, 0.0, end_s)
    rate_per_s = 0.5 * float(np.log(second / last)) * RATE_HZ / quarter
    kept = float(np.sqrt(last / second))
    tail_energy = last * kept / (1 - kept)
    amplitude = tail_energy * rate_per_s * np.exp(rate_per_s * end_s)
    return LateDecay(0.0, float(amplitude), rate_per_s, end_s)
