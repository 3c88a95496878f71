"""Analytic responses whose truth is known, made from a seed of their own.

Noise that decays exponentially, in each octave at a rate of its own, behind a direct sound and
above a noise floor; some decay at two rates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from accuracy_truth import SMOOTH_S, in_octave, octave_power, peak_power
from numpy.typing import NDArray
from scipy import fft

Array = NDArray[np.float64]

SEED: Final = 202_605
ANALYTIC_RATE_HZ: Final = 24_000
"""Carries the octave of 8 kHz, which speech transmission needs."""

REVERBERATION_S: Final = (0.2, 8.0)
INR_DB: Final = (15.0, 70.0)
DRR_DB: Final = (-10.0, 5.0)
DECAY_SPREAD: Final = 1.25
"""Octaves of one response differ by up to this factor."""

FULL_DECAY_DB: Final = 80.0
"""How far the noise-free response is followed."""

BEHIND_NOISE_S: Final = 0.5
"""How long a noisy response goes on after its decay has reached the noise."""

LEAD: Final = 1_000
OCTAVES_HZ: Final = (63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)


@dataclass(frozen=True, slots=True)
class Case:
    """A response as it is and as it would be without noise, and what noise there is."""

    name: str
    clean: Array
    """The room's response, from which the truth comes."""
    clean_rate_hz: int
    noisy: Array
    """What is evaluated: a response, or one channel of a recording."""
    rate_hz: int
    inr_db: dict[float, float]
    """Peak of each band over its noise."""


def octave_shares(size: int, rate_hz: float) -> Array:
    """Give amplitudes that part a spectrum into octaves and add up to its energy."""
    frequency_hz = fft.rfftfreq(size, 1 / rate_hz)
    power = np.array([octave_power(frequency_hz, hz) ** 4 for hz in OCTAVES_HZ])
    return np.asarray(np.sqrt(power / np.maximum(power.sum(axis=0), 1e-300)))


def analytic_cases(count: int) -> Iterator[Case]:
    """Draw analytic responses; every third has a second slope."""
    for number in range(count):
        random = np.random.default_rng([SEED, number])
        clean, name = analytic_response(random, has_two_slopes=not number % 3)
        inr_db = float(random.uniform(*INR_DB))
        yield with_noise(f"{name}, INR {inr_db:.0f} dB", clean, inr_db, random)


def analytic_response(random: np.random.Generator, *, has_two_slopes: bool) -> tuple[Array, str]:
    """Draw a noise-free response, and say which."""
    reverberation_s = float(np.exp(random.uniform(*np.log(REVERBERATION_S))))
    drr_db = float(random.uniform(*DRR_DB))
    spread = random.uniform(1 / DECAY_SPREAD, DECAY_SPREAD, len(OCTAVES_HZ))
    times_s = np.clip(reverberation_s * spread, *REVERBERATION_S)
    name = f"T {reverberation_s:.2f} s, DRR {drr_db:.0f} dB"
    slopes = [(0.0, times_s)]
    if has_two_slopes:
        ratio, level_db = random.uniform(1.6, 3.0), random.uniform(-25.0, -10.0)
        slopes.append((level_db, np.minimum(ratio * times_s, REVERBERATION_S[1])))
        name += f", then {ratio:.1f} times as long from {level_db:.0f} dB"
    length_s = max(float(of_s.max()) * (FULL_DECAY_DB + at_db) / 60 for at_db, of_s in slopes)
    count = round(length_s * ANALYTIC_RATE_HZ)
    time_s = np.arange(count) / ANALYTIC_RATE_HZ
    power = sum(
        10 ** (at_db / 10) * np.exp(-np.outer(6 * np.log(10) / of_s, time_s))
        for at_db, of_s in slopes
    )
    size = fft.next_fast_len(count, real=True)
    noise = fft.rfft(random.standard_normal(size)) * octave_shares(size, ANALYTIC_RATE_HZ)
    bands = fft.irfft(noise, size)[:, :count] * np.sqrt(power)
    # The direct sound is one impulse; its energy in an octave is the share of the spectrum there.
    direct = np.mean(octave_shares(size, ANALYTIC_RATE_HZ) ** 2, axis=1)
    bands *= np.sqrt(direct * 10 ** (-drr_db / 10) / np.sum(bands**2, axis=1))[:, np.newaxis]
    response = np.concatenate([np.zeros(LEAD), bands.sum(axis=0)])
    response[LEAD] += 1.0
    return response, name


def with_noise(name: str, clean: Array, inr_db: float, random: np.random.Generator) -> Case:
    """Add noise that lies so far below the peak of each band, and end where nothing else is."""
    rate_hz = ANALYTIC_RATE_HZ
    bands = [_inside(clean, hz) for hz in OCTAVES_HZ]
    powers = [peak_power(band, rate_hz) * 10 ** (-inr_db / 10) for band in bands]
    decayed = max(_last_above(band, power) for band, power in zip(bands, powers, strict=True))
    length = decayed + round(BEHIND_NOISE_S * rate_hz)
    size = fft.next_fast_len(length, real=True)
    white = fft.rfft(random.standard_normal(size)) * octave_shares(size, rate_hz)
    parts = fft.irfft(white, size)[:, :length]
    parts *= np.sqrt(np.array(powers) / np.mean(parts**2, axis=1))[:, np.newaxis]
    floor = parts.sum(axis=0)
    noisy = floor.copy()
    noisy[: min(clean.size, length)] += clean[:length]
    inr = {
        hz: inr_db + 10 * np.log10(power / np.mean(_inside(floor, hz) ** 2))
        for hz, power in zip(OCTAVES_HZ, powers, strict=True)
    }
    return Case(name, clean, rate_hz, noisy, rate_hz, inr)


def _inside(response: Array, nominal_hz: float) -> Array:
    band, lead = in_octave(response, ANALYTIC_RATE_HZ, nominal_hz)
    return band[lead : lead + response.size]


def _last_above(band: Array, power: float) -> int:
    """Give where a band's power over 10 ms falls below some power for good."""
    width = round(SMOOTH_S * ANALYTIC_RATE_HZ)
    slots = np.mean(band[: band.size // width * width].reshape(-1, width) ** 2, axis=1)
    return int(np.flatnonzero(slots > power)[-1] + 1) * width
