import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from sonalyze.virtual.air import SPEED_OF_SOUND_M_S, air_attenuation_db_per_m
from sonalyze.virtual.bands import BAND_CENTERS_HZ, band_weights
from sonalyze.virtual.errors import OutsideTheRoom, RoomTooCrowded, UnknownRoom
from sonalyze.virtual.placement import NEIGHBOUR_DISTANCE_M, WALL_MARGIN_M, positions
from sonalyze.virtual.rooms import ROOMS, room_named
from sonalyze.virtual.surfaces import Surfaces

LIVING = room_named("living")


def test_an_unknown_room_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(UnknownRoom, match="living, classroom, office, hall"):
        room_named("cathedral")


def test_air_attenuates_as_the_table_of_iso_9613_1_says() -> None:
    db_per_km = 1000 * air_attenuation_db_per_m([125, 250, 500, 1000, 2000, 4000, 8000])

    # ISO 9613-1, table 1, 20 degrees and 50 %.
    np.testing.assert_allclose(db_per_km, [0.445, 1.32, 2.73, 4.66, 9.86, 29.4, 104.0], rtol=0.015)


def test_eyring_without_air_is_the_formula_by_hand() -> None:
    box = replace(LIVING, size_m=(10.0, 8.0, 5.0), surfaces=Surfaces(*[(0.3,) * 7] * 6))

    time_s = box.eyring_s[0]

    # 0.161 V / (-S ln(1 - a)) with V = 400 and S = 340; at 125 Hz air takes nothing.
    assert time_s == pytest.approx(0.161 * 400 / (-340 * math.log(0.7)), rel=0.005)


def test_bands_add_up_to_everything_and_are_one_in_their_middle() -> None:
    weights = band_weights(48_000, 48_000)

    np.testing.assert_allclose(weights.sum(axis=0), 1.0, atol=1e-12)
    for band, center_hz in enumerate(BAND_CENTERS_HZ):
        assert weights[band, round(center_hz)] == 1.0


@pytest.mark.parametrize("name", ROOMS)
def test_phones_stand_clear_of_walls_of_each_other_and_of_the_near_field(name: str) -> None:
    room = room_named(name)

    placed = positions(room, speakers=2, microphones=3, seed=1)

    everyone = placed.speakers + placed.microphones
    assert (len(placed.speakers), len(placed.microphones)) == (2, 3)
    for place in everyone:
        for at, size in zip(place, room.size_m, strict=True):
            assert WALL_MARGIN_M <= at <= size - WALL_MARGIN_M
    for one, other in itertools.combinations(everyone, 2):
        assert math.dist(one, other) >= NEIGHBOUR_DISTANCE_M
    for speaker, microphone in itertools.product(placed.speakers, placed.microphones):
        assert math.dist(speaker, microphone) >= room.minimum_distance_m


def test_the_same_seed_places_phones_alike_and_another_does_not() -> None:
    assert positions(LIVING, 2, 3, seed=5) == positions(LIVING, 2, 3, seed=5)
    assert positions(LIVING, 2, 3, seed=5) != positions(LIVING, 2, 3, seed=6)


def test_where_reverberation_never_governs_phones_come_nearer() -> None:
    dead = replace(LIVING, surfaces=Surfaces(*[(0.98,) * 7] * 6))

    placed = positions(dead, speakers=1, microphones=2, seed=1)

    distances_m = [math.dist(placed.speakers[0], at) for at in placed.microphones]
    assert NEIGHBOUR_DISTANCE_M <= min(distances_m) < dead.minimum_distance_m


def test_a_crowd_does_not_fit() -> None:
    with pytest.raises(RoomTooCrowded, match="200 phones do not fit into living"):
        positions(LIVING, speakers=100, microphones=100, seed=1)


def test_a_point_behind_the_wall_has_no_response() -> None:
    with pytest.raises(OutsideTheRoom, match="outside living"):
        LIVING.response((1.0, 1.0, 1.0), (1.0, 4.2, 1.0))


def test_the_minimum_distance_is_that_of_the_standard() -> None:
    mid_s = LIVING.eyring_s[2:4].mean()

    expected_m = 2 * math.sqrt(LIVING.volume_m3 / (SPEED_OF_SOUND_M_S * mid_s))

    assert LIVING.minimum_distance_m == pytest.approx(expected_m)
