"""How a band's energy decays into its noise: level, slope and the point where they meet.

Lundeby et al. (Acustica 81, 344, 1995), with its known traps closed: the noise never exceeds 1.3
times the mean of the last tenth (a first crossing that is too early would put reverberation into
it), bins are as long as the band's own fluctuation, and it takes two bins in a row to reach the
noise. The slope is that of greatest likelihood instead of a line through logarithms. All bands are
fitted at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sonalyze_acoustics.binning import Bins, binned
from sonalyze_acoustics.likelihood import (
    LARGEST_EXPONENT,
    LEAST,
    Covariance,
    Exponential,
    line_through,
    scored,
)
from sonalyze_acoustics.samples import Samples

Indices: TypeAlias = NDArray[np.intp]
"""Bin numbers, one per band."""

BIN_S: Final = 0.010
"""Shorter averaging makes a single dip look like the noise floor."""

FEWEST_BINS: Final = 4
"""A slope and a noise need two bins each."""

LAST_TENTH: Final = 0.9
NOISE_LIMIT: Final = 1.3
LEAST_NOISE: Final = 0.5
"""Where a response ends soon after it has met its noise, the decay is still heard in the noise; but
no more of that is taken for decay than this leaves."""

ROUNDS: Final = 4
LATE_RANGE_DB: Final = 25.0
FLOOR_MARGIN_DB: Final = 5.0
SLOWEST: Final = 0.25
"""A late slope below this share of the whole decay's is none."""

CHANCE: Final = 3.0
"""Standard deviations by which two stretches of the same noise may differ."""

SHORTEST_RANGE: Final = 8
"""Bins in the late range: fewer cannot tell a slope from a dip."""

FIRST_STEPS: Final = 5
STEPS: Final = 2
"""Of scoring: in the first round, which starts from a line, and in the others."""

SETTLED: Final = 0.3
"""Bins by which no crossing moves any more when the rounds are over."""


@dataclass(frozen=True, slots=True)
class LateDecay:
    """Late part of a decay, energy density A exp(-kt) + N, with t from the first sample.

    `end_s` is where decay and noise are equal; nothing after it is evaluated. `unexplained` is
    the energy after it that is neither this decay nor this noise. The errors are standard
    uncertainties, that of the level at `centre_s`, where it is independent of the rate's.
    """

    noise: float
    amplitude: float
    rate_per_s: float
    end_s: float
    unexplained: float = 0.0
    noise_error: float = 0.0
    """In shares of the noise."""
    level_error: float = 0.0
    """In shares of the energy density at `centre_s`."""
    rate_error_per_s: float = 0.0
    centre_s: float = 0.0
    known_s: float = 0.0
    """Until when there is energy to look at, noise included; 0 where nothing follows the end."""

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
    return late_decays([energy], [sample_rate_hz], [bandwidth_hz])[0]


def late_decays(
    energies: Sequence[Samples], rates_hz: Sequence[float], bandwidths_hz: Sequence[float]
) -> tuple[LateDecay, ...]:
    """Fit the late parts of many bands' decays and their noise, all at once.

    Parameters
    ----------
    energies : sequence of ndarray
        Energy density of each band from the onset to the end of what is valid.
    rates_hz : sequence of float
        Rate of each in Hz.
    bandwidths_hz : sequence of float
        Bandwidth of each in Hz, which says how long its energy must be averaged.

    Returns
    -------
    tuple of LateDecay
        Noise, slope and the end of the evaluation of each.
    """
    bins = binned(energies, rates_hz, bandwidths_hz, BIN_S)
    enough = bins.count >= FEWEST_BINS
    fitted = iter(_fitted(bins.of(enough)) if enough.any() else ())
    return tuple(
        next(fitted) if is_enough else LateDecay(0.0, 0.0, 0.0, energy.size / rate_hz)
        for is_enough, energy, rate_hz in zip(enough, energies, rates_hz, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    """What a round found: noise and crossing per band; decays over the whole and the late range."""

    noise: Samples
    settled: Indices
    crossing_s: Samples
    decays: Exponential
    covariance: Covariance
    row: Indices
    """Which of the two decays is each band's."""

    def of_row(self, values: Samples) -> Samples:
        """Return what belongs to each band's own decay, from both rows."""
        return np.asarray(np.take_along_axis(values, self.row[np.newaxis], axis=0)[0])

    @property
    def decay(self) -> Exponential:
        """Return each band's own decay."""
        both = self.decays
        return Exponential(
            self.of_row(both.level), self.of_row(both.rate_per_s), self.of_row(both.origin_s)
        )


def _fitted(bins: Bins) -> tuple[LateDecay, ...]:
    """Do rounds of Lundeby's until no crossing moves."""
    sums = np.pad(np.cumsum(bins.energy, axis=-1), ((0, 0), (1, 0)))
    last = _mean_from(
        bins, sums, np.minimum((LAST_TENTH * bins.count).astype(np.intp), bins.count - 1)
    )
    fit = _refined(bins, sums, last, None)
    for _ in range(1, ROUNDS):
        before_s = fit.crossing_s
        fit = _refined(bins, sums, last, fit)
        if np.all(np.abs(fit.crossing_s - before_s) < SETTLED * bins.width_s):
            break
    return _late_decays(bins, sums, fit)


def _refined(bins: Bins, sums: Samples, last: Samples, before: _Fit | None) -> _Fit:
    """Do one round: range above the noise, slope in it, crossing, noise after the crossing."""
    noise = last if before is None else before.noise
    peak, first, stop = _late_range(bins, noise)
    index = np.arange(int(stop.max()))
    until = index < stop[:, np.newaxis]
    whole, late = (until & (index >= limit[:, np.newaxis]) for limit in (peak, first))
    shape = np.stack((whole, late)) * bins.shape[:, np.newaxis]
    energy, time_s = bins.energy[:, : index.size], bins.time_s[:, : index.size]
    if before is None:
        start, steps = line_through(energy, time_s, noise, shape), FIRST_STEPS
    else:
        start, steps = before.decays, STEPS
    decays, covariance = scored(start, energy, time_s, noise, shape, steps=steps)
    # Single late reflections can make a few bins look level; a real second slope that slow would
    # not reach the noise where this decay does.
    row = (decays.rate_per_s[1] > SLOWEST * decays.rate_per_s[0]).astype(np.intp)
    fit = _Fit(noise, bins.count, noise, decays, covariance, row)
    decays_at_all = fit.decay.rate_per_s > 0
    rate_per_s = np.where(decays_at_all, fit.decay.rate_per_s, 1.0)
    end_s = bins.count * bins.width_s
    above = fit.decay.log_amplitude() - np.log(np.maximum(noise, LEAST))
    ten_db_s = np.log(10.0) / rate_per_s
    # What has reached the noise is not followed by much more of a decay, whatever its slope.
    latest_s = np.minimum(stop * bins.width_s + ten_db_s, end_s)
    crossing_s = np.clip(above / rate_per_s, bins.time_s[:, 1], latest_s)
    settled_s = np.minimum(crossing_s + ten_db_s, LAST_TENTH * end_s)
    settled = np.minimum(np.ceil(settled_s / bins.width_s - 0.5).astype(np.intp), bins.count - 1)
    heard = np.minimum(_mean_from(bins, sums, settled), NOISE_LIMIT * last)
    left = _mean_after(fit.decay, settled * bins.width_s, end_s)
    return replace(
        fit,
        noise=np.where(decays_at_all, np.maximum(heard - left, LEAST_NOISE * heard), noise),
        settled=settled,
        crossing_s=np.where(decays_at_all, crossing_s, (stop - 0.5) * bins.width_s),
    )


def _mean_after(decay: Exponential, start_s: Samples, stop_s: Samples) -> Samples:
    """Return the mean density that decays still have between two instants."""
    rate_per_s = np.where(decay.rate_per_s > 0, decay.rate_per_s, np.inf)
    kept = -np.expm1(-np.minimum(rate_per_s * (stop_s - start_s), LARGEST_EXPONENT))
    length = rate_per_s * np.maximum(stop_s - start_s, LEAST)
    return np.asarray(decay.at(start_s[:, np.newaxis])[:, 0] * kept / length)


def _late_range(bins: Bins, noise: Samples) -> tuple[Indices, Indices, Indices]:
    """Return the maximum, and the bins between 25 and 5 dB above the noise after it.

    Where a decay ends in a cliff, as truncated simulations do, the range reaches further up.
    """
    index = np.arange(bins.energy.shape[-1])
    peak = np.argmax(bins.energy, axis=-1)
    after = index >= peak[:, np.newaxis]
    low = bins.energy < (noise * 10 ** (FLOOR_MARGIN_DB / 10))[:, np.newaxis]
    both = after & low & (index < (bins.count - 1)[:, np.newaxis])
    both[:, :-1] &= low[:, 1:]
    stop = np.where(both.any(axis=-1), np.argmax(both, axis=-1), bins.count)
    high = bins.energy > (noise * 10 ** (LATE_RANGE_DB / 10))[:, np.newaxis]
    high &= after & (index < stop[:, np.newaxis])
    highest = np.where(high.any(axis=-1), index[-1] - np.argmax(high[:, ::-1], axis=-1), peak)
    first = np.maximum(peak, np.minimum(highest, stop - SHORTEST_RANGE))
    return peak, first, stop


def _mean_from(bins: Bins, sums: Samples, first: Indices) -> Samples:
    """Return each band's mean from a bin to its last."""
    rows = np.arange(first.size)
    return np.asarray((sums[rows, bins.count] - sums[rows, first]) / (bins.count - first))


def _late_decays(bins: Bins, sums: Samples, fit: _Fit) -> tuple[LateDecay, ...]:
    """Put the last round's result into words."""
    decay = fit.decay
    decays_at_all = decay.rate_per_s > 0
    rate_per_s = np.where(decays_at_all, decay.rate_per_s, 0.0)
    amplitude = decay.amplitude() * decays_at_all
    tail = amplitude * np.exp(-rate_per_s * fit.crossing_s) / np.where(decays_at_all, rate_per_s, 1)
    unexplained = _unexplained(bins, sums, fit.crossing_s, tail)
    level_error = np.sqrt(fit.of_row(fit.covariance.level))
    rate_error = np.sqrt(fit.of_row(fit.covariance.rate))
    settled_s = fit.settled * bins.width_s
    left = _mean_after(decay, settled_s, bins.count * bins.width_s)
    lever_s = settled_s - fit.of_row(fit.covariance.origin_s)
    with np.errstate(over="ignore"):
        # Of a decay that noise hides all through, nothing is known.
        of_left = np.minimum(np.hypot(level_error, lever_s * rate_error) * left, fit.noise)
    by_chance = 1 / np.sqrt(bins.shape * (bins.count - fit.settled))
    noise_error = np.hypot(by_chance, of_left / np.maximum(fit.noise, LEAST))
    columns = (
        fit.noise, amplitude, rate_per_s, fit.crossing_s, unexplained,
        noise_error, level_error, rate_error, fit.of_row(fit.covariance.origin_s),
        bins.count * bins.width_s,
    )  # fmt: skip
    return tuple(LateDecay(*map(float, row)) for row in zip(*columns, strict=True))


def _unexplained(bins: Bins, sums: Samples, end_s: Samples, tail: Samples) -> Samples:
    """Return what lies after the end beyond the decay's tail and what the noise does by chance.

    A reverberation little above the noise hides behind a strong direct sound: its slope is missed,
    but the first quarter of what follows is louder than the second half.
    """
    quarter_s = 0.25 * (bins.count * bins.width_s - end_s)
    limits = np.stack((end_s, end_s + quarter_s, end_s + 2 * quarter_s, end_s + 4 * quarter_s))
    place = limits / bins.width_s
    below = np.minimum(place.astype(np.intp), bins.count - 1)
    rows = np.arange(bins.count.size)
    held = sums[rows, below] + (place - below) * bins.energy[rows, below]
    parts = np.diff(held, axis=0) * bins.width_s
    settled = 0.5 * parts[2]
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = CHANCE * settled * np.sqrt(1.5 * bins.width_s / (bins.shape * quarter_s))
    surplus = parts[0] - settled - chance - tail
    return np.where(quarter_s > 0, np.maximum(surplus, 0.0), 0.0)
