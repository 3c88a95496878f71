"""What is no measurement, and must be refused instead of answered."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from sonalyze_acoustics import (
    SignalSpec,
    Unevaluable,
    evaluate_deconvolution,
    evaluate_impulse_response,
    evaluate_recording,
    measurement_signal,
)
from sonalyze_acoustics.signal import chirp

Array = NDArray[np.float64]
Random = np.random.Generator

SEED: Final = 77_026
RATE_HZ: Final = 48_000
LENGTH: Final = 16 * RATE_HZ
SPEC: Final = SignalSpec()


class Kind(NamedTuple):
    """A kind of input that is no measurement."""

    name: str
    make: Callable[[Random], Array]
    evaluate: Callable[[Array], object]


def as_recording(samples: Array) -> object:
    """Evaluate as a recording of the measurement signal."""
    return evaluate_recording(samples, RATE_HZ, SPEC)


def as_response(samples: Array) -> object:
    """Evaluate as an impulse response."""
    return evaluate_impulse_response(samples, RATE_HZ)


def against_noise(samples: Array) -> object:
    """Evaluate as a recording of a reference that was never played."""
    reference = np.random.default_rng(SEED).standard_normal(5 * RATE_HZ)
    return evaluate_deconvolution(samples, 0.1 * reference, RATE_HZ)


def silence(_: Random) -> Array:
    """Give digital silence."""
    return np.zeros(LENGTH)


def noise(random: Random) -> Array:
    """Let air conditioning hum."""
    return 0.05 * random.standard_normal(LENGTH)


def speech(random: Random) -> Array:
    """Speak syllables: glottal pulses through three resonances, fricatives, pauses; in a room."""
    samples = np.zeros(LENGTH)
    start = round(0.3 * RATE_HZ)
    while start < LENGTH - RATE_HZ:
        length = int(random.uniform(0.08, 0.35) * RATE_HZ)
        time_s = np.arange(length) / RATE_HZ
        if random.random() < 0.7:  # noqa: PLR2004  vowels are more frequent than fricatives
            glide = random.uniform(95, 210) * (1 + 0.2 * random.standard_normal() * time_s)
            pulses = np.diff(np.floor(np.cumsum(glide) / RATE_HZ), prepend=0.0)
            syllable = sum(
                oaconvolve(pulses, _resonance(random.uniform(*hz)))[:length]
                for hz in ((300, 800), (900, 2200), (2300, 3300))
            )
        else:
            syllable = 0.3 * random.standard_normal(length)
        samples[start : start + length] += np.hanning(length) * syllable
        start += length + int(random.exponential(0.06) * RATE_HZ)
    return in_a_room(0.1 * samples / np.abs(samples).max(), random)


def _resonance(center_hz: float) -> Array:
    time_s = np.arange(round(0.02 * RATE_HZ)) / RATE_HZ
    return np.asarray(np.exp(-300 * time_s) * np.sin(2 * np.pi * center_hz * time_s))


def music(random: Random) -> Array:
    """Play chords with harmonics, sliding notes, and a drum on every beat."""
    samples = np.zeros(LENGTH)
    time_s = np.arange(RATE_HZ) / RATE_HZ
    for start in range(0, LENGTH - RATE_HZ, RATE_HZ // 3):
        for _ in range(3):
            note_hz = 110 * 2 ** (random.integers(0, 36) / 12) * 2 ** (time_s * random.normal(0, 1))
            phase = 2 * np.pi * np.cumsum(note_hz) / RATE_HZ
            tone = sum(np.sin(n * phase) / n for n in range(1, 8))
            samples[start : start + RATE_HZ] += 0.05 * tone * np.exp(-4 * time_s)
        drum = 0.3 * random.standard_normal(2_400) * np.exp(-np.arange(2_400) / 500)
        samples[start : start + drum.size] += drum
    return in_a_room(samples, random)


def claps(random: Random) -> Array:
    """Clap."""
    samples = np.zeros(LENGTH)
    for start in random.integers(0, LENGTH - RATE_HZ, 8):
        samples[start : start + 96] += random.standard_normal(96)
    return in_a_room(samples, random)


def tones(random: Random) -> Array:
    """Ring like a telephone."""
    time_s = np.arange(LENGTH) / RATE_HZ
    ring = np.sin(2 * np.pi * random.uniform(400, 4_000) * time_s) * (np.mod(time_s, 1) < 0.5)  # noqa: PLR2004  half of each second
    return in_a_room(0.2 * ring, random)


def chirps_alone(random: Random) -> Array:
    """Play both chirps and nothing between them."""
    samples = np.zeros(LENGTH)
    for start_s in (0.5, 15.0):
        start = round(start_s * RATE_HZ)
        samples[start : start + chirp(SPEC).size] += chirp(SPEC)
    return in_a_room(samples, random)


def another_range(random: Random) -> Array:
    """Play the signal with a sweep of another range."""
    low_hz, high_hz = random.choice([[200, 12_000], [20, 12_000], [100, 20_000], [50, 16_000]])
    return played(measurement_signal(SignalSpec(RATE_HZ, float(low_hz), float(high_hz))), random)


def backwards(random: Random) -> Array:
    """Play the signal backwards."""
    return played(measurement_signal(SPEC)[::-1], random)


def faster(random: Random) -> Array:
    """Play the signal at another speed: a file at 44.1 kHz played at 48 kHz."""
    return played(measurement_signal(SignalSpec(44_100)), random)


def linear_sweep(random: Random) -> Array:
    """Play a sweep of somebody else, linear in frequency."""
    time_s = np.arange(10 * RATE_HZ) / RATE_HZ
    sweep = np.sin(2 * np.pi * (20 * time_s + 0.5 * (19_980 / 10) * time_s**2))
    return played(np.concatenate([np.zeros(2 * RATE_HZ), 0.5 * sweep]), random)


def cut_short(random: Random) -> Array:
    """Give a recording that ends inside the sweep."""
    whole = played(measurement_signal(SPEC), random)
    return whole[: round(random.uniform(4.0, 12.5) * RATE_HZ)]


def played(signal: Array, random: Random) -> Array:
    """Play a signal half a second after the recording began."""
    samples = np.zeros(LENGTH)
    kept = signal[: LENGTH - RATE_HZ // 2]
    samples[RATE_HZ // 2 : RATE_HZ // 2 + kept.size] = 0.3 * kept
    return in_a_room(samples, random)


def in_a_room(samples: Array, random: Random) -> Array:
    """Add reverberation of half a second and a little noise."""
    count = round(0.6 * RATE_HZ)
    response = random.standard_normal(count) * np.exp(-13.8 * np.arange(count) / RATE_HZ) * 0.02
    response[0] = 1.0
    heard = oaconvolve(samples, response)[: samples.size]
    return np.asarray(heard + 2e-4 * random.standard_normal(heard.size))


KINDS: Final = (
    Kind("silence", silence, as_recording),
    Kind("noise", noise, as_recording),
    Kind("speech-like", speech, as_recording),
    Kind("music-like", music, as_recording),
    Kind("claps", claps, as_recording),
    Kind("tones", tones, as_recording),
    Kind("chirps without a sweep", chirps_alone, as_recording),
    Kind("a sweep of another range", another_range, as_recording),
    Kind("played backwards", backwards, as_recording),
    Kind("played at another speed", faster, as_recording),
    Kind("somebody else's sweep", linear_sweep, as_recording),
    Kind("ends inside the sweep", cut_short, as_recording),
    Kind("noise as a response", noise, as_response),
    Kind("speech-like as a response", speech, as_response),
    Kind("speech-like against a reference", speech, against_noise),
    Kind("noise against a reference", noise, against_noise),
)


def answered(per_kind: int) -> Iterator[tuple[str, int, list[str]]]:
    """Evaluate each kind some times; give how many were answered, and the codes of refusal."""
    for number, kind in enumerate(KINDS):
        codes, answers = [], 0
        for repeat in range(per_kind):
            samples = kind.make(np.random.default_rng([SEED, number, repeat]))
            try:
                kind.evaluate(samples)
                answers += 1
            except Unevaluable as refusal:
                codes.append(refusal.code)
        yield kind.name, answers, sorted(set(codes))
