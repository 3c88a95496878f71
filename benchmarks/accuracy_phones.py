"""Emulated phone recordings whose truth is known: rooms, places, phones, and what noise they had.

Four rooms stand in the catalogue of virtual rooms, ten only here, so that nothing was tuned to
them: from a booth of 0.2 s to a stone church of 4 s. Phones are drawn as everywhere else:
latency, clock, small loudspeaker, soft clipping, noise, rate, channels.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
from accuracy_cases import Case
from accuracy_figures import BANDS_HZ
from accuracy_truth import in_octave, peak_power
from numpy.typing import NDArray
from scipy import fft

from sonalyze.virtual import surfaces as of
from sonalyze.virtual.channel import Recording, what_the_microphone_records
from sonalyze.virtual.profile import PhoneProfile
from sonalyze.virtual.room import RESPONSE_RATE_HZ, Position, VirtualRoom
from sonalyze.virtual.rooms import ROOMS
from sonalyze.virtual.surfaces import Absorption, Surfaces
from sonalyze_acoustics import SignalSpec, measurement_signal, one_channel

Array = NDArray[np.float64]

SEED: Final = 52_026
SPEC: Final = SignalSpec()
SWEEP_START_S, SWEEP_S = 2.5, 10.0
FULL_SCALE: Final = 32_768.0

PADDED: Final[Absorption] = (0.25, 0.50, 0.70, 0.80, 0.85, 0.85, 0.85)
STONE: Final[Absorption] = (0.02, 0.02, 0.03, 0.03, 0.04, 0.05, 0.05)
TILES: Final[Absorption] = (0.01, 0.01, 0.02, 0.02, 0.03, 0.03, 0.03)
BOOKS: Final[Absorption] = (0.30, 0.40, 0.40, 0.30, 0.30, 0.20, 0.20)
EVEN: Final[Absorption] = (0.15, 0.15, 0.15, 0.15, 0.15, 0.15, 0.15)
"""Of no material: all octaves alike but for the air."""

HARD, CARPET, BOARD = of.RENDERED_BRICK, of.CARPET_ON_FOAM, of.PLASTERBOARD_CEILING

SIDES: Final[dict[str, tuple[Position, tuple[Absorption, ...], float]]] = {
    "booth": ((2.4, 1.9, 2.2), (BOOKS, BOOKS, HARD, of.PLASTERBOARD, CARPET, BOARD), 0.5),
    "bathroom": ((2.7, 2.1, 2.4), (TILES,) * 4 + (TILES, BOARD), 0.4),
    "bedroom": ((3.9, 3.3, 2.5), (of.PLASTERBOARD, of.CURTAIN, BOOKS, HARD, CARPET, BOARD), 0.5),
    "kitchen": ((4.1, 2.9, 2.5), (HARD, of.WINDOW_GLASS, TILES, HARD, of.LINOLEUM, BOARD), 0.4),
    "study": ((4.6, 3.1, 2.7), (BOOKS, BOOKS, of.WINDOW_GLASS, HARD, CARPET, HARD), 0.6),
    "meeting": (
        (7.3, 4.8, 2.9),
        (of.WINDOW_GLASS, HARD, of.PLASTERBOARD, HARD, of.NEEDLE_FELT, of.FISSURED_TILE),
        0.4,
    ),
    "workshop": ((11.2, 8.3, 4.6), (HARD, HARD, HARD, of.WOODEN_LINING, STONE, BOARD), 0.5),
    "even": ((8.2, 5.9, 3.7), (EVEN,) * 6, 0.5),
    "theatre": (
        (21.0, 14.2, 8.1),
        (HARD, of.CURTAIN, of.WOODEN_LINING, of.WOODEN_LINING, of.UPHOLSTERED_CHAIRS, BOARD),
        0.6,
    ),
    "church": (
        (27.5, 12.6, 11.3),
        (STONE, STONE, of.WOODEN_LINING, STONE, of.PLASTIC_CHAIRS, STONE),
        0.6,
    ),
}
"""Size, sides in the order of `Surfaces`, scattering."""

TESTED: Final = (
    *ROOMS.values(),
    *(
        VirtualRoom(name, size_m, Surfaces(*sides), scattering)
        for name, (size_m, sides, scattering) in SIDES.items()
    ),
)
DISTANT: Final = 2
"""Microphones per room at the distance that ISO 3382 asks for, where the room is large enough."""

DRAWN: Final = 60
WALL_MARGIN_M: Final = 0.4
NEAR_M: Final = (0.6, 1.2)
"""One more stands at about such a distance from the loudspeaker."""

NOISY_DB: Final = (10.0, 35.0)
"""Signal to noise of the second round of recordings, in rooms that are in use."""


def phone_cases(rooms: int, per_room: int, *, is_noisy: bool = False) -> Iterator[Case]:
    """Record in each room at several places, each time with other phones."""
    signal = measurement_signal(SPEC)
    for number, room in enumerate(TESTED[:rooms]):
        random = np.random.default_rng([SEED, number, is_noisy])
        speaker, places = _places(room, random)
        for index, place in enumerate(places[:per_room]):
            seed = int(random.integers(1 << 30))
            phone, playing = PhoneProfile.drawn(seed), PhoneProfile.drawn(seed + 1)
            if is_noisy:
                phone = replace(phone, signal_to_noise_db=float(random.uniform(*NOISY_DB)))
            response = room.response(speaker, place, seed)
            yield _case(f"{room.name} {index + 1}", signal, response, (phone, playing), seed)


def _places(room: VirtualRoom, random: np.random.Generator) -> tuple[Position, list[Position]]:
    """Draw a loudspeaker, two places far from it and one near it."""
    low = np.full(3, WALL_MARGIN_M)
    high = np.array(room.size_m) - low
    speaker, *drawn = random.uniform(low, high, (1 + DRAWN, 3))
    distance_m = np.linalg.norm(np.array(drawn) - speaker, axis=1)
    far_m = min(room.minimum_distance_m, float(np.quantile(distance_m, 0.75)))
    near_m = float(random.uniform(*NEAR_M))
    chosen = [
        *np.flatnonzero(distance_m >= far_m)[:DISTANT],
        int(np.argmin(np.abs(distance_m - near_m))),
    ]
    return _at(speaker), [_at(drawn[index]) for index in chosen]


def _at(point: Array) -> Position:
    x, y, z = (round(float(at), 3) for at in point)
    return (x, y, z)


def _case(
    name: str,
    signal: Array,
    response: Array,
    phones: tuple[PhoneProfile, PhoneProfile],
    seed: int,
) -> Case:
    phone, playing = phones
    recorded = _heard(what_the_microphone_records(signal, response, phone, seed, playing))
    quiet = replace(phone, signal_to_noise_db=None)
    silent = _heard(what_the_microphone_records(signal, response, quiet, seed, playing))
    label = (
        f"{name}, SNR {phone.signal_to_noise_db:.0f} dB, {phone.clock_skew_ppm:.0f} ppm, "
        f"{phone.sample_rate_hz} Hz"
    )
    inr_db = _inr_db(silent, recorded - silent, phone)
    return Case(label, response, RESPONSE_RATE_HZ, recorded, phone.sample_rate_hz, inr_db)


def _heard(recording: Recording) -> Array:
    """Give what is evaluated of a file, as the service reads it."""
    frames = recording.samples.T / FULL_SCALE
    return one_channel(lambda: [frames], len(frames))


def _inr_db(sound: Array, noise: Array, phone: PhoneProfile) -> dict[float, float]:
    """Give how far the noise lies below the peak of each band once the sweep is deconvolved.

    Sound and noise are deconvolved apart, with the sweep as the recorder's clock hears it.
    """
    clock_hz = phone.sample_rate_hz * (1 + 1e-6 * phone.clock_skew_ppm)
    start = round((phone.latency_s + SWEEP_START_S) * clock_hz)
    time_s = np.arange(round(SWEEP_S * clock_hz)) / clock_hz
    low_hz, high_hz = SPEC.sweep_band_hz
    growth_s = SWEEP_S / np.log(high_hz / low_hz)
    sweep = np.sin(2 * np.pi * low_hz * growth_s * np.expm1(time_s / growth_s))
    size = fft.next_fast_len(sound.size, real=True)
    spectrum = fft.rfft(sweep, size)
    energy = np.abs(spectrum) ** 2
    inverse = np.conj(spectrum) / (energy + 1e-6 * np.median(energy))
    both = fft.irfft(fft.rfft(np.stack([sound, noise]), size) * inverse, size)
    kept = np.roll(both, -start, axis=-1)[:, : phone.sample_rate_hz]
    rate_hz = float(phone.sample_rate_hz)
    return {
        hz: float(
            10
            * np.log10(
                peak_power(in_octave(kept[0], rate_hz, hz)[0], rate_hz)
                / (np.sum(in_octave(kept[1], rate_hz, hz)[0] ** 2) / kept.shape[-1])
            )
        )
        for hz in BANDS_HZ
    }
