from itertools import product

import numpy as np
import pyroomacoustics
import pytest
from rooms import L_SHAPE, box, point, prism, shoebox, surface

from sonalyze_simulation.engine.images import (
    _of_any,
    covered_order,
    first_missing_m,
    images_of,
    images_up_to,
)
from sonalyze_simulation.engine.scene import Scene, Surface

NO_LOSS = np.zeros(8)
SOURCE = point(1.2, 1.3, 1.1)
MICROPHONE = point(3.3, 2.6, 1.5)


def test_the_direct_sound_falls_by_6_db_with_each_doubling_of_the_distance() -> None:
    room = shoebox(40, 20, 10, surface(0.2))
    source = point(5, 10, 5)

    levels = [
        10 * np.log10(images_of(room, source, source + point(r, 0, 0), 0, NO_LOSS).energy[0, 0])
        for r in (1, 2, 4, 8, 16)
    ]

    assert levels[0] == pytest.approx(0.0)
    assert np.diff(levels) == pytest.approx(-6.02, abs=0.01)


def test_first_order_images_have_their_exact_distances_and_strengths() -> None:
    absorptions = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    south, east, north, west, floor, ceiling = (surface(value, 0.25) for value in absorptions)
    corners = np.array([[0.0, 0], [5, 0], [5, 4], [0, 4]])
    room = Scene(corners, 2.5, (south, east, north, west), floor, ceiling)
    x, y, z = SOURCE
    mirrored = [(x, -y, z), (10 - x, y, z), (x, 8 - y, z), (-x, y, z), (x, y, -z), (x, y, 5 - z)]
    expected = sorted(
        (float(np.linalg.norm(np.array(place) - MICROPHONE)), 0.75 * (1 - absorption))
        for place, absorption in zip(mirrored, absorptions, strict=True)
    )

    found = images_of(room, SOURCE, MICROPHONE, 1, NO_LOSS)

    first = found.order == 1
    strength = found.energy[0, first] * found.distance_m[first] ** 2
    assert found.distance_m[first] == pytest.approx([r for r, _ in expected])
    assert strength == pytest.approx([share for _, share in expected])


@pytest.mark.parametrize("seed", range(12))
def test_mirroring_surface_by_surface_finds_what_the_closed_form_finds(seed: int) -> None:
    """At places drawn at random: no path of theirs runs through an edge."""
    rng = np.random.default_rng(seed)
    size = np.array([5.0, 4.0, 2.5])
    walls = tuple(surface(value, 0.1) for value in rng.uniform(0.0, 0.9, 6))
    room = Scene(np.array([[0.0, 0], [5, 0], [5, 4], [0, 4]]), 2.5, walls[:4], *walls[4:])
    source, microphone = size * rng.uniform(0.1, 0.9, 3), size * rng.uniform(0.1, 0.9, 3)

    closed = images_of(room, source, microphone, 3, NO_LOSS)
    distance_m, energy, _ = _of_any(room, source, microphone, 3)

    order = np.argsort(distance_m)
    assert distance_m[order] == pytest.approx(closed.distance_m)
    strength = (energy / distance_m**2)[:, order]
    assert strength == pytest.approx(closed.energy)


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_an_l_shaped_room_has_the_images_of_an_independent_tool(order: int) -> None:
    room = prism(L_SHAPE, 2.5, surface(0.2))
    oracle = pyroomacoustics.Room.from_corners(
        np.array(L_SHAPE, dtype=float).T, fs=16_000, max_order=order,
        materials=pyroomacoustics.Material(0.2), air_absorption=False,
    )  # fmt: skip
    oracle.extrude(2.5, materials=pyroomacoustics.Material(0.2))
    source, microphone = point(4.8, 1.1, 1.2), point(1.3, 2.2, 1.6)
    oracle.add_source(source)
    oracle.add_microphone(microphone)
    oracle.image_source_model()
    heard = oracle.visibility[0][0].astype(bool)
    places = oracle.sources[0].images[:, heard]
    expected = np.sort(np.linalg.norm(places - microphone[:, np.newaxis], axis=0))

    found = images_of(room, source, microphone, order, NO_LOSS)

    assert found.distance_m == pytest.approx(expected, abs=1e-4)


def test_round_the_corner_there_is_no_direct_sound() -> None:
    room = prism(L_SHAPE, 2.5, surface(0.2))

    found = images_of(room, point(5.5, 1.5, 1.2), point(1.5, 5.5, 1.2), 2, NO_LOSS)

    assert found.order.min() > 0


def test_a_screen_takes_the_direct_sound_away_and_what_it_hides() -> None:
    walls = surface(0.3)
    screen = box((2.5, 2.0), (0.1, 3.0, 2.0), walls)
    source, microphone = point(1, 2, 1.2), point(4, 2, 1.2)

    free = images_of(shoebox(5, 4, 2.5, walls), source, microphone, 1, NO_LOSS)
    hidden = images_of(shoebox(5, 4, 2.5, walls, (screen,)), source, microphone, 1, NO_LOSS)

    assert free.order[0] == 0
    assert 0 not in hidden.order
    over_the_top = 2 * np.hypot(1.5, 2.5 - 1.2)
    assert hidden.distance_m.min() == pytest.approx(over_the_top)


def test_a_table_top_reflects() -> None:
    table = box((2.5, 2.0), (2.0, 1.0, 0.7), surface(0.1))
    room = shoebox(5, 4, 2.5, surface(0.99), (table,))
    source, microphone = point(2.0, 2.0, 1.2), point(3.0, 2.0, 1.2)

    found = images_of(room, source, microphone, 1, NO_LOSS)

    assert np.min(np.abs(found.distance_m - np.hypot(1.0, 1.0))) < 1e-9


@pytest.mark.parametrize("order", range(4))
def test_what_comes_before_the_first_missing_image_is_complete(order: int) -> None:
    room = shoebox(5, 4, 2.5, surface(0.2))
    limit_m = first_missing_m(room, SOURCE, MICROPHONE, order)

    some = images_of(room, SOURCE, MICROPHONE, order, NO_LOSS).distance_m
    more = images_of(room, SOURCE, MICROPHONE, order + 3, NO_LOSS).distance_m

    assert more[more < limit_m] == pytest.approx(some[some < limit_m])


@pytest.mark.parametrize("order", range(5))
def test_in_any_room_what_comes_before_the_first_missing_image_is_complete(order: int) -> None:
    room = prism(L_SHAPE, 2.5, surface(0.2))
    limit_m = first_missing_m(room, SOURCE, MICROPHONE, order)

    some = images_of(room, SOURCE, MICROPHONE, order, NO_LOSS).distance_m
    more = images_of(room, SOURCE, MICROPHONE, 5, NO_LOSS).distance_m

    assert more[more < limit_m] == pytest.approx(some[some < limit_m])
    assert np.isfinite(limit_m)


def test_obstacles_lower_the_order_before_images_are_too_many() -> None:
    walls = surface(0.2)
    grid = product((1.0, 2.5, 4.0), (1.0, 3.0))
    boxes = tuple(box(place, (0.5, 0.5, 0.7), walls) for place in grid)

    assert covered_order(shoebox(5, 4, 2.5, walls), 12) == 12
    assert covered_order(prism(L_SHAPE, 2.5, walls), 12) == 4
    assert covered_order(shoebox(5, 4, 2.5, walls, boxes), 12) == 2


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_the_images_of_a_rectangle_are_counted_before_they_are_made(order: int) -> None:
    found = images_of(shoebox(5, 4, 2.5, surface(0.2)), SOURCE, MICROPHONE, order, NO_LOSS)

    assert found.distance_m.size == images_up_to(order)


def test_a_rectangle_has_no_more_images_than_memory_holds() -> None:
    assert covered_order(shoebox(5, 4, 2.5, surface(0.2)), 200) == 113


def test_air_takes_its_share_of_every_way() -> None:
    room = shoebox(5, 4, 2.5, surface(0.2))
    loss_per_m = np.linspace(0.0, 0.1, 8)

    dry = images_of(room, SOURCE, MICROPHONE, 2, NO_LOSS)
    real = images_of(room, SOURCE, MICROPHONE, 2, loss_per_m)

    assert real.energy == pytest.approx(dry.energy * np.exp(-np.outer(loss_per_m, dry.distance_m)))


def test_each_octave_has_its_own_absorption() -> None:
    room = shoebox(5, 4, 2.5, Surface(tuple(np.linspace(0.1, 0.8, 8)), (0.0,) * 8))

    found = images_of(room, SOURCE, MICROPHONE, 1, NO_LOSS)

    first = found.order == 1
    share = found.energy[:, first] * found.distance_m[first] ** 2
    assert share == pytest.approx(np.tile(1 - np.linspace(0.1, 0.8, 8)[:, np.newaxis], 6))
