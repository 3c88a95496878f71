"""The impulse response of a virtual room, put together from images and energy.

Mirror reflections are placed with sub-sample accuracy and lose the scattered share at each wall.
What they lose arrives as noise shaped by the energy of the rays: of the reverberant energy around
time t, the share 1 - (1 - s)^(c t / l) is diffuse, with the scattering s and the mean free path l.
So the sum keeps the energy that the rays found, mirrors dominate early and noise late.
"""

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from sonalyze.virtual.air import SPEED_OF_SOUND_M_S, energy_decay_in_air_per_m
from sonalyze.virtual.bands import BAND_CENTERS_HZ, TABULATED_BANDS, band_weights
from sonalyze.virtual.propagation import BIN_S, Images, image_sources, reverberant_energy
from sonalyze.virtual.room import RESPONSE_RATE_HZ, Position

if TYPE_CHECKING:
    from sonalyze.virtual.room import VirtualRoom

Samples = NDArray[np.float64]

DECAY_DB: Final = 85.0
"""Simulated by Eyring's time; leaves more than 65 dB where the true decay is a fifth slower."""

_FADE_S: Final = 0.02
_DELAY_TAPS: Final = 64
_DELAY_KAISER_BETA: Final = 8.0
"""Fractional delays: flat to 22 kHz, side lobes below -80 dB."""

_RINGING_S: Final = 0.1
"""Room behind the response for what zero-phase bands put before time zero."""


def impulse_response(
    room: "VirtualRoom", speaker: Position, microphone: Position, seed: int
) -> Samples:
    """Simulate the response between two points at 48 kHz; see ``VirtualRoom.response``."""
    duration_s = float(room.eyring_s[:TABULATED_BANDS].max()) * DECAY_DB / 60
    samples = math.ceil(duration_s * RESPONSE_RATE_HZ)
    images = image_sources(room, speaker, microphone)
    energy = reverberant_energy(room, speaker, microphone, duration_s, seed)
    total = _mirrored(images, room.scattering, samples)
    total += _scattered(room, energy, images, samples, _pair_generator(seed, speaker, microphone))
    fade = round(_FADE_S * RESPONSE_RATE_HZ)
    total[-fade:] *= np.cos(0.5 * np.pi * np.arange(1, fade + 1) / fade) ** 2
    return total


def _pair_generator(seed: int, *points: Position) -> np.random.Generator:
    """Give each pair of points noise of its own: two tails of one room are not alike."""
    micrometres = [round(at * 1e6) for point in points for at in point]
    return np.random.default_rng([seed, *micrometres])


def _mirrored(images: Images, scattering: float, samples: int) -> Samples:
    distances_m = images.distances_m
    air = np.exp(-0.5 * np.outer(energy_decay_in_air_per_m(BAND_CENTERS_HZ), distances_m))
    specular = (1 - scattering) ** (0.5 * images.orders)
    amplitudes = images.amplitudes * air * specular / distances_m
    arrivals = distances_m / SPEED_OF_SOUND_M_S * RESPONSE_RATE_HZ
    padded = next_fast_len(samples + round(_RINGING_S * RESPONSE_RATE_HZ), real=True)
    heard = arrivals < samples - _DELAY_TAPS
    trains = _impulses(arrivals[heard], amplitudes[:, heard], padded)
    spectrum = np.sum(rfft(trains) * band_weights(padded, RESPONSE_RATE_HZ), axis=0)
    return np.asarray(irfft(spectrum, padded)[:samples])


def _impulses(arrivals: Samples, amplitudes: Samples, samples: int) -> Samples:
    """Place impulses between samples with a windowed sinc, one train per band."""
    whole = np.floor(arrivals).astype(np.int64)
    taps = np.arange(_DELAY_TAPS) - _DELAY_TAPS // 2 + 1
    offsets = taps - (arrivals - whole)[:, np.newaxis]
    inside = np.sqrt(np.maximum(0.0, 1 - (offsets / (_DELAY_TAPS / 2)) ** 2))
    window = np.i0(_DELAY_KAISER_BETA * inside) / np.i0(_DELAY_KAISER_BETA)
    pulses = np.sinc(offsets) * window
    # Taps before time zero wrap to the padding at the end, which the caller cuts off.
    places = ((whole[:, np.newaxis] + taps) % samples).ravel()
    return np.array(
        [
            np.bincount(places, (pulses * band[:, np.newaxis]).ravel(), minlength=samples)
            for band in amplitudes
        ]
    )


def _scattered(
    room: "VirtualRoom",
    energy: Samples,
    images: Images,
    samples: int,
    random: np.random.Generator,
) -> Samples:
    padded = next_fast_len(samples, real=True)
    noise = rfft(random.standard_normal(padded))
    bands = irfft(noise * band_weights(padded, RESPONSE_RATE_HZ), padded)[:, :samples]
    time_s = np.arange(samples) / RESPONSE_RATE_HZ
    # Nothing scattered can arrive before the first reflection leaves a wall for the microphone.
    first_s = float(images.distances_m[images.orders == 1].min()) / SPEED_OF_SOUND_M_S
    shares = _diffuse_share(room, time_s) * (time_s >= first_s)
    return np.asarray(np.sum(bands * np.sqrt(_power(energy, time_s) * shares), axis=0))


def _diffuse_share(room: "VirtualRoom", time_s: Samples) -> Samples:
    reflections = SPEED_OF_SOUND_M_S * time_s / room.mean_free_path_m
    return np.asarray(1 - (1 - room.scattering) ** reflections)


def _power(energy: Samples, time_s: Samples) -> Samples:
    """Spread each bin's energy over its samples, after what air takes on the way."""
    centers_s = (np.arange(energy.shape[-1]) + 0.5) * BIN_S
    decay_per_s = energy_decay_in_air_per_m(BAND_CENTERS_HZ) * SPEED_OF_SOUND_M_S
    per_sample = energy * np.exp(-np.outer(decay_per_s, centers_s)) / (BIN_S * RESPONSE_RATE_HZ)
    return np.array([np.interp(time_s, centers_s, band) for band in per_sample])
