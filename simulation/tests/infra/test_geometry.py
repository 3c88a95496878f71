import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from app_payloads import app_room, at, payload, wall
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_rooms import box, polygon, request, room, shoebox, source

from sonalyze_contracts.errors import Invalid
from sonalyze_simulation.domain import defects
from sonalyze_simulation.domain.requests import resolved
from sonalyze_simulation.domain.rooms import room_of
from sonalyze_simulation.engine.images import is_shoebox
from sonalyze_simulation.engine.scene import Scene
from sonalyze_simulation.infra.geometry import Placed, scene_of

STEADY = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The same examples every time, on a machine that may be busy."""

Corners = list[tuple[float, float]]

ELL: Corners = [(0, 0), (6, 0), (6, 2), (2, 2), (2, 6), (0, 6)]
ELL_PLACES = {"sources": source(1, 1), "microphones": source(1, 5)}


def placed(**fields: object) -> Placed:
    return scene_of(room(**fields))


def scene(**fields: object) -> Scene:
    return placed(**fields).scene


def in_polygon(*corners: tuple[float, float], **fields: object) -> Placed:
    return placed(room=polygon(*corners, **fields), **ELL_PLACES)


def middle_absorption(found: Scene) -> list[float]:
    return [wall.absorption[3] for wall in found.walls]


def test_a_shoebox_is_one_to_the_engine() -> None:
    found = placed()

    assert is_shoebox(found.scene)
    assert found.scene.volume_m3 == pytest.approx(50)
    assert found.sources_m.tolist() == [[2.5, 0.5, 1.2]]
    assert found.microphones_m.tolist() == [[2.5, 3.5, 1.2]]
    assert found.warnings == ()


@pytest.mark.parametrize("start", range(4))
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("angle_rad", [0.0, 0.3, 2.0, -1.0])
def test_a_rectangle_is_a_shoebox_wherever_it_stands(
    start: int, backwards: bool, angle_rad: float
) -> None:
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)

    def moved(x: float, y: float) -> tuple[float, float]:
        return 7 + x * cos - y * sin, -3 + x * sin + y * cos

    corners = [moved(0, 0), moved(5, 0), moved(5, 4), moved(0, 4)]
    corners = corners[start:] + corners[:start]
    drawn = polygon(*(corners[::-1] if backwards else corners))

    found = placed(
        room=drawn,
        sources=source(*moved(2.5, 0.5)),
        microphones=source(*moved(2.5, 3.5)),
        furniture=[box([*moved(1, 1), 0], [moved(1, 1)[0] + 0.1, moved(1, 1)[1] + 0.1, 1])],
    )

    empty = placed(
        room=drawn, sources=source(*moved(2.5, 0.5)), microphones=source(*moved(2.5, 3.5))
    )
    assert is_shoebox(empty.scene)
    assert sorted(empty.scene.corners_m[2]) == pytest.approx([4, 5])
    way_m = found.sources_m[0] - found.microphones_m[0]
    assert float(np.linalg.norm(way_m)) == pytest.approx(3)
    assert found.scene.volume_m3 == pytest.approx(50 - 0.01)


def test_the_materials_of_a_clockwise_outline_stay_at_their_walls() -> None:
    one_way = in_polygon(*ELL, wall_materials=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    # Backwards from the same corners: the wall from each corner to the next is another one.
    other_way = in_polygon(*ELL[::-1], wall_materials=[0.5, 0.4, 0.3, 0.2, 0.1, 0.6])

    def by_wall(found: Scene) -> dict[tuple[float, ...], float]:
        middles = found.corners_m + 0.5 * found.edges_m
        return dict(zip(map(tuple, middles.tolist()), middle_absorption(found), strict=True))

    assert by_wall(one_way.scene) == by_wall(other_way.scene)


@pytest.mark.parametrize("corners", [ELL, ELL[::-1]])
def test_either_orientation_becomes_counter_clockwise(corners: Corners) -> None:
    found = in_polygon(*corners).scene

    assert found.floor_m2 == pytest.approx(20)
    assert not found.is_convex


def test_a_corner_that_does_not_bend_is_left_out() -> None:
    found = in_polygon((0, 0), (3, 0), (6, 0), (6, 6), (0, 6), (0, 3)).scene

    assert is_shoebox(found)


def test_a_corner_between_two_materials_stays() -> None:
    corners: Corners = [(0, 0), (3, 0), (6, 0), (6, 6), (0, 6)]

    found = in_polygon(*corners, wall_materials=[0.1, 0.9, 0.3, 0.4, 0.5]).scene

    assert middle_absorption(found) == [0.1, 0.9, 0.3, 0.4, 0.5]


def test_a_corner_that_is_given_twice_is_one() -> None:
    found = in_polygon((0, 0), (6, 0), (6, 0), (6, 6), (0, 6), (0, 0)).scene

    assert is_shoebox(found)


def test_a_round_wall_keeps_its_corners() -> None:
    circle = [
        (3 + 5 * math.cos(turn), 3 + 5 * math.sin(turn))
        for turn in np.linspace(0, math.tau, 128, endpoint=False)
    ]

    assert len(in_polygon(*circle).scene.walls) == 128


@pytest.mark.parametrize(
    ("corners", "height_m", "defect", "sentence"),
    [
        (
            [(0, 0), (4, 4), (4, 0), (0, 4)],
            2.5,
            defects.CrossingWalls,
            r"The walls cross each other at \(2.00, 2.00\)",
        ),
        (
            [(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)],
            2.5,
            defects.CrossingWalls,
            r"The walls touch each other at \(2.00, 0.00\)",
        ),
        (
            [(0, 0), (2, 2), (4, 0), (4, 4), (2, 2), (0, 4)],
            2.5,
            defects.CrossingWalls,
            r"at \(2.00, 2.00\)",
        ),
        ([(0, 0), (4, 0), (2, 0), (2, 3)], 2.5, defects.CrossingWalls, "each other"),
        ([(0, 0), (1, 1), (2, 2)], 2.5, defects.RoomWithoutArea, "on one line"),
        ([(1, 1), (1, 1), (1, 1)], 2.5, defects.RoomWithoutArea, "on one line"),
        ([(0, 0), (1, 0), (1, 0)], 2.5, defects.RoomWithoutArea, "on one line"),
        ([(0, 0), (0.3, 0), (0.3, 0.3)], 2.5, defects.RoomTooSmall, "The floor has 0.045 m2"),
        ([(0, 0), (9, 0), (9, 0.1), (0, 0.1)], 2.5, defects.RoomTooSmall, "narrower than 0.2 m"),
        ([(0, 0), (600, 0), (600, 9)], 2.5, defects.RoomTooLarge, "600.0 m by 9.0 m"),
        ([(0, 0), (400, 0), (400, 400), (0, 400)], 90, defects.RoomTooLarge, "14400000 m3"),
        ([(0, 0), (6, 0), (6, 6)], 0.4, defects.RoomTooSmall, "0.4 m high"),
        ([(0, 0), (6, 0), (6, 6)], 101, defects.RoomTooLarge, "101 m high"),
    ],
)
def test_every_defect_of_a_room_has_its_sentence(
    corners: Corners, height_m: float, defect: type[Invalid], sentence: str
) -> None:
    with pytest.raises(defect, match=sentence):
        in_polygon(*corners, height_m=height_m)


@pytest.mark.parametrize(
    ("position", "defect", "sentence"),
    [
        ((9, 0.5, 1.2), defects.OutsideRoom, "'s1' at .9, 0.5, 1.2. is outside .*, 4.00 m from"),
        ((2, 2, 2.6), defects.OutsideRoom, "above the ceiling, which is 2.5 m high"),
        ((2, 2, -1), defects.OutsideRoom, "below the floor"),
        ((0, 2, 1.2), defects.OnWall, "is on a wall"),
        ((5.0005, 2, 1.2), defects.OnWall, "is on a wall"),
        ((2, 2, 2.5), defects.OnWall, "is on the ceiling"),
        ((1.5, 1.5, 0.3), defects.InsideFurniture, "is inside 'sofa'"),
        ((1.0, 1.5, 0.3), defects.InsideFurniture, "on its side"),
        ((2.5, 3.505, 1.2), defects.TooClose, "'s1' and microphone 'm1' are at the same place"),
    ],
)
def test_every_defect_of_a_place_has_its_sentence(
    position: tuple[float, float, float], defect: type[Invalid], sentence: str
) -> None:
    sofa = box([1, 1, 0], [2, 2, 0.5], id="sofa")

    with pytest.raises(defect, match=sentence):
        placed(sources=source(*position), furniture=[sofa])


def test_a_microphone_on_the_wall_is_called_one() -> None:
    with pytest.raises(defects.OnWall, match=r"Microphone 'm' at \(5, 2, 1\) is on a wall"):
        placed(microphones=source(5, 2, 1, "m"))


@pytest.mark.parametrize("z", [0.5, 0.495])
def test_what_lies_on_a_table_is_heard_just_above_it(z: float) -> None:
    table = box([1, 1, 0], [2, 2, 0.5], id="table")

    found = placed(sources=source(1.5, 1.5, z), furniture=[table])

    assert found.sources_m[0].tolist() == pytest.approx([1.5, 1.5, 0.51])
    assert found.warnings == ("Source 's1' lies on 'table'; it counts as 1 cm above",)


def test_what_lies_on_the_floor_is_heard_just_above_it() -> None:
    found = placed(microphones=source(1.5, 1.5, 0.0, "m1"))

    assert found.microphones_m[0, 2] == pytest.approx(0.01)
    assert found.warnings == ("Microphone 'm1' lies on the floor; it counts as 1 cm above",)


def test_furniture_flush_with_the_walls_is_as_it_was_given() -> None:
    found = placed(furniture=[box([0, 0, 0], [1, 0.4, 2.5])])

    assert found.warnings == ()
    assert found.scene.volume_m3 == pytest.approx(50 - 1)


def test_furniture_that_sticks_out_is_cut_at_the_walls() -> None:
    found = placed(furniture=[box([-1, 1, -1], [1, 2, 9], id="shelf")])

    cut = found.scene.boxes[0]
    assert found.warnings == ("'shelf' sticks out of the room and is cut there",)
    assert (cut.center_m, cut.half_size_m) == ((0.5, 1.5), (0.5, 0.5))
    assert (cut.bottom_m, cut.top_m) == (0, 2.5)


def test_turned_furniture_is_cut_along_its_own_sides() -> None:
    turned = box([4, 1.5, 0], [6, 2.5, 1], id="shelf", rotation_rad=math.pi / 4)

    found = placed(furniture=[turned])

    cut = found.scene.boxes[0]
    assert found.warnings == ("'shelf' stands in a wall; what is beyond has no effect",)
    assert cut.angle_rad == pytest.approx(math.pi / 4)
    assert 4 * math.prod(cut.half_size_m) < 2


def test_furniture_outside_the_room_is_left_out() -> None:
    found = placed(furniture=[box([8, 8, 0], [9, 9, 1], id="tree"), box([1, 1, 3], [2, 2, 4])])

    assert found.scene.boxes == ()
    assert found.warnings == (
        "'tree' is not in the room, or thinner than 1 mm: left out",
        "'furniture-2' is not in the room, or thinner than 1 mm: left out",
    )


def test_furniture_that_overlaps_is_named() -> None:
    found = placed(
        furniture=[
            box([1, 1, 0], [2, 2, 1], id="table"),
            box([1.5, 1, 0], [2.5, 2, 0.5], id="chair"),
            box([1, 1, 1], [2, 2, 2], id="lamp"),
        ]
    )

    assert found.warnings == ("'table' and 'chair' overlap",)


def test_many_overlaps_are_counted() -> None:
    found = placed(furniture=[box([1, 1, 0], [2, 2, 1])] * 5)

    assert len(found.warnings) == 6
    assert found.warnings[-1] == "5 more pieces of furniture overlap"


def test_furniture_leaves_air() -> None:
    with pytest.raises(defects.RoomFull, match="at most 90% may be taken"):
        placed(furniture=[box([0, 0, 0], [5, 4, 2.4])])


def test_a_floor_is_covered_once() -> None:
    with pytest.raises(defects.RoomFull, match=r"covers 30.0 m2 of a floor of 20.0 m2"):
        placed(furniture=[box([0, 0, 0], [5, 3, 0.1])] * 2)


def test_a_box_keeps_its_turn() -> None:
    found = in_polygon(*ELL)
    turned = scene_of(
        room(
            room=polygon(*ELL),
            furniture=[box([3, 0.5, 0], [4, 1, 1], rotation_rad=0.4)],
            **ELL_PLACES,
        )
    )

    assert turned.scene.boxes[0].angle_rad == 0.4
    assert turned.scene.volume_m3 == pytest.approx(found.scene.volume_m3 - 0.5)


def test_materials_reach_the_scene_octave_by_octave() -> None:
    bands = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8]

    found = scene(room=shoebox(wall_materials={"west": {"absorption": bands}, "floor": "carpet"}))

    assert found.walls[3].absorption == tuple(bands)
    assert found.floor.absorption[3] < found.floor.absorption[4]


@st.composite
def star_shaped(draw: st.DrawFn) -> Corners:
    """Draw a valid polygon around the origin: rising angles, any distances."""
    count = draw(st.integers(3, 12))
    shares = draw(st.lists(st.floats(0.1, 1), min_size=count, max_size=count))
    reach = draw(st.lists(st.floats(1.5, 20), min_size=count, max_size=count))
    angles = np.cumsum(shares) / sum(shares) * math.tau
    steps = np.diff(np.append(angles, angles[0] + math.tau))
    if steps.max() > 0.9 * math.pi:
        angles = np.arange(count) * math.tau / count
    return [
        (far * math.cos(angle), far * math.sin(angle))
        for far, angle in zip(reach, angles.tolist(), strict=True)
    ]


@STEADY
@given(star_shaped(), st.booleans())
def test_a_valid_polygon_is_accepted_in_either_orientation(corners: Corners, turn: bool) -> None:
    drawn = polygon(*(corners[::-1] if turn else corners))

    found = placed(room=drawn, sources=source(0, 0), microphones=source(0.1, 0)).scene

    before = np.roll(np.array(corners), -1, axis=0)
    area_m2 = 0.5 * abs(
        np.sum(np.array(corners)[:, 0] * before[:, 1] - before[:, 0] * np.array(corners)[:, 1])
    )
    assert found.floor_m2 == pytest.approx(area_m2)
    assert found.volume_m3 == pytest.approx(2.5 * area_m2)


@STEADY
@given(star_shaped(), st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), max_size=4))
def test_the_devices_that_are_assumed_for_an_apps_room_are_in_its_air(
    corners: Corners, sofas: Corners
) -> None:
    sofa = {"type": "sofa", "dimensions": {"width": 1, "depth": 0.5, "height": 1.6}}
    drawn = app_room(
        walls=[wall(at(*one), at(*two)) for one, two in pairwise([*corners, corners[0]])],
        furniture=[sofa | {"position": {"x": x, "y": 0, "z": y}} for x, y in sofas],
    )

    try:
        found = scene_of(room_of(resolved(payload(drawn)).request)[0])
    except defects.RoomFull:
        return

    assert found.sources_m.shape == found.microphones_m.shape == (1, 3)


COORDINATES = st.floats(-30, 30) | st.integers(-3, 8)
POINTS = st.tuples(COORDINATES, COORDINATES)
PLACES = st.tuples(COORDINATES, COORDINATES, st.floats(-1, 4))


@STEADY
@given(st.lists(POINTS, min_size=3, max_size=8), PLACES, PLACES, PLACES, st.floats(-7, 7))
def test_no_room_raises_anything_but_our_conditions(
    corners: Corners,
    one: tuple[float, float, float],
    other: tuple[float, float, float],
    size: tuple[float, float, float],
    turn: float,
) -> None:
    low = [min(pair) for pair in zip(one, size, strict=True)]
    high = [max(pair) + 0.01 for pair in zip(one, size, strict=True)]
    body: dict[str, Any] = request(
        room=polygon(*corners),
        sources=source(*one),
        microphones=source(*other),
        furniture=[box(low, high, rotation_rad=turn)],
    )

    try:
        found = scene_of(room_of(resolved(body).request)[0])
    except Invalid as refusal:
        assert refusal.message  # noqa: PT017  either outcome is right
    else:
        assert found.scene.volume_m3 > 0
        assert found.scene.floor_m2 > 0
