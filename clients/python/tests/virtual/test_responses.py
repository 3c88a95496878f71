import builtins
import math
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.fft import irfft, rfft, rfftfreq

from sonalyze.virtual.air import SPEED_OF_SOUND_M_S
from sonalyze.virtual.errors import RoomSimulatorMissing
from sonalyze.virtual.placement import positions
from sonalyze.virtual.room import RESPONSE_RATE_HZ, VirtualRoom
from sonalyze.virtual.rooms import ROOMS, room_named
from sonalyze.virtual.surfaces import Surfaces

Samples = NDArray[np.float64]

LIVING = room_named("living")
SPEAKER = (1.2, 1.1, 1.2)
MICROPHONE = (3.9, 2.8, 1.1)
OCTAVES_HZ = (250, 500, 1000, 2000, 4000)


def energy_per_10_ms(response: Samples, center_hz: float) -> Samples:
    """Energy of one octave over time, by a zero-phase third-order band."""
    padded = np.pad(response, (4800, 48_000))
    frequency_hz = np.maximum(rfftfreq(len(padded), 1 / RESPONSE_RATE_HZ), 1e-9)
    low, high = center_hz * 10**-0.15, center_hz * 10**0.15
    detuning = (frequency_hz**2 - low * high) / (frequency_hz * (high - low))
    octave = irfft(rfft(padded) / np.sqrt(1 + detuning**6), len(padded))[4800:]
    blocks = len(response) // 480
    return np.sum(octave[: 480 * blocks].reshape(blocks, 480) ** 2, axis=1)


def decay_db(response: Samples, center_hz: float) -> Samples:
    remaining = np.cumsum(energy_per_10_ms(response, center_hz)[::-1])[::-1]
    return 10 * np.log10(remaining / remaining[0])


def reverberation_time_s(response: Samples, center_hz: float, low_db: float = -35.0) -> float:
    level_db = decay_db(response, center_hz)
    inside = (level_db <= -5) & (level_db >= low_db)
    time_s = 0.01 * np.arange(len(level_db))
    return -60 / np.polyfit(time_s[inside], level_db[inside], 1)[0]


def lined_with(absorption: float) -> VirtualRoom:
    return replace(LIVING, surfaces=Surfaces(*[(absorption,) * 7] * 6))


def test_the_same_seed_gives_the_same_response_to_the_bit() -> None:
    first = LIVING.response(SPEAKER, MICROPHONE, seed=3)
    LIVING.response(MICROPHONE, SPEAKER, seed=9)

    again = LIVING.response(SPEAKER, MICROPHONE, seed=3)

    assert first.tobytes() == again.tobytes()


def test_another_seed_gives_another_tail_and_the_same_first_sound() -> None:
    one = LIVING.response(SPEAKER, MICROPHONE, seed=1)
    other = LIVING.response(SPEAKER, MICROPHONE, seed=2)

    direct = round(math.dist(SPEAKER, MICROPHONE) / SPEED_OF_SOUND_M_S * RESPONSE_RATE_HZ)
    np.testing.assert_allclose(one[direct - 2 : direct + 3], other[direct - 2 : direct + 3])
    assert abs(np.corrcoef(one[4800:], other[4800:])[0, 1]) < 0.1


@pytest.mark.parametrize("distance_m", [1.0, 1.7, 2.9])
def test_direct_sound_arrives_when_sound_does(distance_m: float) -> None:
    response = LIVING.response(SPEAKER, (1.2 + distance_m, 1.1, 1.2))

    arrival = distance_m / SPEED_OF_SOUND_M_S * RESPONSE_RATE_HZ
    assert abs(np.argmax(np.abs(response)) - arrival) <= 1
    assert np.max(np.abs(response[: int(arrival) - 40])) < 1e-3 * np.max(np.abs(response))


def test_direct_sound_halves_when_the_distance_doubles() -> None:
    def direct_at_1_khz(distance_m: float) -> float:
        response = LIVING.response(SPEAKER, (1.2 + distance_m, 1.1, 1.2))
        arrival = round(distance_m / SPEED_OF_SOUND_M_S * RESPONSE_RATE_HZ)
        # The first reflection, from the southern wall, comes 2.2 ms later or more.
        time_s = np.arange(arrival - 96, arrival + 97) / RESPONSE_RATE_HZ
        window = response[arrival - 96 : arrival + 97]
        return abs(np.sum(window * np.exp(-2j * np.pi * 1000 * time_s)))

    nearer, farther = direct_at_1_khz(1.4), direct_at_1_khz(2.8)

    assert 20 * math.log10(nearer / farther) == pytest.approx(6.02, abs=0.1)
    assert nearer == pytest.approx(1 / 1.4, rel=0.02)


def mean_reverberation_times_s(room: VirtualRoom) -> Samples:
    placed = positions(room, speakers=1, microphones=2, seed=1)
    responses = [room.response(placed.speakers[0], at) for at in placed.microphones]
    return np.array(
        [np.mean([reverberation_time_s(h, octave) for h in responses]) for octave in OCTAVES_HZ]
    )


@pytest.mark.parametrize("name", ["living", "classroom", "hall"])
def test_reverberation_times_are_near_those_of_theory(name: str) -> None:
    room = room_named(name)

    times_s = mean_reverberation_times_s(room)

    np.testing.assert_allclose(times_s, room.eyring_s[1:6], rtol=0.15)


def test_under_an_absorbing_ceiling_sound_lasts_longer_than_in_a_diffuse_field() -> None:
    office = room_named("office")

    times_s = mean_reverberation_times_s(office)

    # At 250 and 500 Hz the office is even; above, only tiles and felt absorb.
    np.testing.assert_allclose(times_s[:2], office.eyring_s[1:3], rtol=0.15)
    assert (times_s[2:] > 1.1 * office.eyring_s[3:6]).all()


@pytest.mark.parametrize("name", ROOMS)
def test_every_octave_decays_straight_and_far_enough(name: str) -> None:
    room = room_named(name)
    placed = positions(room, speakers=1, microphones=1, seed=1)
    response = room.response(placed.speakers[0], placed.microphones[0])

    for center_hz in OCTAVES_HZ:
        # Two fade-outs before the end, so that the fade is not mistaken for decay.
        assert decay_db(response, center_hz)[-5] < -65
        t20_s = reverberation_time_s(response, center_hz, low_db=-25.0)
        t30_s = reverberation_time_s(response, center_hz)
        # ISO 3382-2, annex B: a curvature above 10 % is suspicious; 250 Hz is a random one.
        assert t30_s / t20_s == pytest.approx(1, abs=0.15)


def test_nothing_jumps_late_in_the_response() -> None:
    response = LIVING.response(SPEAKER, MICROPHONE)

    level_db = 10 * np.log10(energy_per_10_ms(response, 1000.0))
    time_s = 0.01 * np.arange(len(level_db))
    late = slice(10, -3)
    slope, offset = np.polyfit(time_s[late], level_db[late], 1)
    # 14 degrees of freedom in 10 ms of an octave of noise: 1.6 dB of standard deviation.
    residual_db = level_db[late] - (slope * time_s[late] + offset)
    assert np.std(residual_db) < 2.5
    assert np.max(residual_db) < 6


def test_more_absorption_means_a_shorter_decay() -> None:
    times_s = [
        reverberation_time_s(lined_with(absorption).response(SPEAKER, MICROPHONE), 1000.0)
        for absorption in (0.1, 0.2, 0.4)
    ]

    assert times_s == sorted(times_s, reverse=True)


def test_the_energy_of_the_reverberant_field_is_that_of_theory() -> None:
    room = lined_with(0.15)

    response = room.response(SPEAKER, MICROPHONE)

    # Diffuse field of a source with 1 at 1 m: 16 pi (1 - a) / (-S ln(1 - a)).
    decayed = -room.wall_areas_m2.sum() * math.log(0.85)
    diffuse = 16 * math.pi * 0.85 / decayed
    direct = 1 / math.dist(SPEAKER, MICROPHONE) ** 2
    frequency_hz = rfftfreq(len(response), 1 / RESPONSE_RATE_HZ)
    octave = (frequency_hz > 710) & (frequency_hz < 1410)
    found = np.mean(np.abs(rfft(response)[octave]) ** 2)
    assert 10 * math.log10(found / (direct + diffuse)) == pytest.approx(0, abs=1.0)


def test_without_the_simulator_one_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = builtins.__import__

    def without_pyroomacoustics(name: str, *args: object, **kwargs: object) -> ModuleType:
        if name == "pyroomacoustics":
            raise ImportError(name)
        return genuine(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pyroomacoustics)

    with pytest.raises(RoomSimulatorMissing, match=r"sonalyze\[rooms\]"):
        LIVING.response(SPEAKER, MICROPHONE)
