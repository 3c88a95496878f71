"""How a band's energy decays into its noise: level, slope and the point where they meet.

Lundeby et al. (Acustica 81, 344, 1995), with its known traps closed: the noise never exceeds 1.3
times the mean of the last tenth (a first crossing that is too early would put reverberation into
it), bins are as long as the band's own fluctuation, and it takes two bins in a row to reach the
noise. The slope is the maximum of the likelihood instead of a line through logarithms: energy in
a bin is gamma distributed, which makes sum(ln y + e/y), y = A exp(-kt) + N, the thing to minimise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sonalyze_acoustics.samples import Samples

BIN_S: Final = 0.010
"""Shorter averaging makes a single dip look like the noise floor."""

LAST_TENTH: Final = 0.9
NOISE_LIMIT: Final = 1.3
ITERATIONS: Final = 6
LATE_RANGE_DB: Final = 25.0
FLOOR_MARGIN_DB: Final = 5.0
SLOWEST: Final = 0.25
"""A late slope below this share of the whole decay's is none."""

CHANCE: Final = 3.0
"""Standard deviations by which two stretches of the same noise may differ."""

SHORTEST_RANGE: Final = 8
"""Bins in the late range: fewer cannot tell a slope from a dip."""


@dataclass(frozen=True, slots=True)
class LateDecay:
    """Late part of a decay, energy density A exp(-kt) + N, with t from the first sample.

    `end_s` is where decay and noise are equal; nothing after it is evaluated. `unexplained` is
    the energy after it that is neither this decay nor this noise.
    """

    noise: float
    amplitude: float
    rate_per_s: float
    end_s: float
    unexplained: float = 0.0

    def tail_energy(self) -> float:
        """Return the energy that the decay still holds after `end_s` (ISO 3382-1, 5.3.3)."""
        if self.rate_per_s <= 0:
            return 0.0
        return self.amplitude * float(np.exp(-self.rate_per_s * self.end_s)) / self.rate_per_s


def late_decay(energy: Samples, sample_rate_hz: float, bandwidth_hz: float) -> LateDecay:
    """Fit the late part of one band's decay and its noise.

    Parameters
    ----------
    energy : ndarray, shape (n,), float64
        Energy density from the onset to the end of what is valid.
    sample_rate_hz : float
        Its rate in Hz.
    bandwidth_hz : float
        Bandwidth of the band, which says how long its energy must be averaged.

    Returns
    -------
    LateDecay
        Noise, slope and the end of the evaluation.
    """
    width = max(1, round(max(BIN_S, 2.0 / bandwidth_hz) * sample_rate_hz))
    count = energy.size // width
    if count < 4:  # noqa: PLR2004 - a slope and a noise need two bins each
        return LateDecay(0.0, 0.0, 0.0, energy.size / sample_rate_hz)
    bins: Samples = energy[: count * width].reshape(count, width).mean(axis=-1)
    time_s = np.asarray((np.arange(count) + 0.5) * (width / sample_rate_hz), dtype=np.float64)
    last = float(bins[min(int(LAST_TENTH * count), count - 1) :].mean())
    found = LateDecay(last, 0.0, 0.0, float(time_s[-1]))
    for _ in range(ITERATIONS):
        found = _refined(found, bins, time_s, last)
    return replace(found, unexplained=_unexplained(found, energy, sample_rate_hz, bandwidth_hz))


def _unexplained(
    found: LateDecay, energy: Samples, sample_rate_hz: float, bandwidth_hz: float
) -> float:
    """Return what lies after the end beyond the decay's tail and what the noise does by chance.

    A reverberation little above the noise hides behind a strong direct sound: its slope is missed,
    but the first quarter of what follows is louder than the second half.
    """
    after = energy[round(found.end_s * sample_rate_hz) :]
    quarter = after.size // 4
    if not quarter:
        return 0.0
    settled = float(after[2 * quarter :].mean())
    surplus = float(after[:quarter].mean()) - settled
    quarter_s = quarter / sample_rate_hz
    chance = CHANCE * settled * float(np.sqrt(1.5 / (bandwidth_hz * quarter_s)))
    return max(0.0, (surplus - chance) * quarter_s - found.tail_energy())


def _refined(found: LateDecay, bins: Samples, time_s: Samples, last: float) -> LateDecay:
    """Do one round: range above the noise, slope in it, crossing, noise after the crossing."""
    peak, first, stop = _late_range(bins, found.noise)
    end_s = float(time_s[-1] + time_s[0])
    amplitude, rate = _late_slope(bins, time_s, found.noise, (peak, first, stop))
    if rate <= 0:
        return LateDecay(found.noise, 0.0, 0.0, float(time_s[stop - 1]))
    crossing_s = end_s
    if found.noise > 0:
        crossing_s = float(np.clip(np.log(amplitude / found.noise) / rate, time_s[1], end_s))
    settled_s = min(crossing_s + np.log(10.0) / rate, LAST_TENTH * end_s)
    noise = float(bins[min(int(np.searchsorted(time_s, settled_s)), bins.size - 1) :].mean())
    return LateDecay(min(noise, NOISE_LIMIT * last), amplitude, rate, crossing_s)


def _late_slope(
    bins: Samples, time_s: Samples, noise: float, limits: tuple[int, int, int]
) -> tuple[float, float]:
    """Return A and k of the late range, or of the whole decay where the late range is too bumpy.

    Single late reflections can make a few bins look level; a real second slope that slow would
    not reach the noise where this decay does.
    """
    peak, first, stop = limits
    whole = _likeliest(bins[peak:stop], time_s[peak:stop], noise)
    late = _likeliest(bins[first:stop], time_s[first:stop], noise)
    return late if late[1] > SLOWEST * whole[1] else whole


def _late_range(bins: Samples, noise: float) -> tuple[int, int, int]:
    """Return the maximum, and the bins between 25 and 5 dB above the noise after it.

    Where a decay ends in a cliff, as truncated simulations do, the range reaches further up.
    """
    peak = int(np.argmax(bins))
    low = bins[peak:] < noise * 10 ** (FLOOR_MARGIN_DB / 10)
    both = low[:-1] & low[1:]
    stop = peak + (int(np.argmax(both)) if both.any() else low.size)
    high = np.flatnonzero(bins[peak:stop] > noise * 10 ** (LATE_RANGE_DB / 10))
    first = peak + (int(high[-1]) if high.size else 0)
    return peak, max(peak, min(first, stop - SHORTEST_RANGE)), stop


def _likeliest(bins: Samples, time_s: Samples, noise: float) -> tuple[float, float]:
    """Return A and k of greatest likelihood for gamma-distributed bins, the noise given.

    Fisher scoring in level and slope; (0, 0) where there are too few bins for a line.
    """
    if bins.size < 2:  # noqa: PLR2004 - a line needs two points
        return 0.0, 0.0
    above = np.maximum(bins - noise, 0.1 * bins)
    origin_s = float(time_s.mean())
    centred = time_s - origin_s
    slope = float(centred @ np.log(np.maximum(above, 1e-300)) / (centred @ centred))
    level = float(np.log(max(float(np.mean(above * np.exp(-slope * centred))), 1e-300)))
    for _ in range(12):
        decay = np.exp(level + slope * centred)
        share = decay / (decay + noise)
        surplus = (bins - decay - noise) / (decay + noise) * share
        weight = share**2
        m0, m1, m2 = weight.sum(), weight @ centred, weight @ centred**2
        s0, s1 = surplus.sum(), surplus @ centred
        determinant = m0 * m2 - m1**2
        if determinant <= 0:
            break
        step = (m2 * s0 - m1 * s1) / determinant, (m0 * s1 - m1 * s0) / determinant
        level += float(np.clip(step[0], -1.0, 1.0))
        slope += float(np.clip(step[1], -0.5 * abs(slope), 0.5 * abs(slope)))
    return float(np.exp(min(level - slope * origin_s, 700.0))), -slope
