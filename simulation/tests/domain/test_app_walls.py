import pytest
from app_payloads import SQUARE, WALLS, app_room, at, corners, payload, said, wall

from sonalyze_simulation.domain.app_payload import translated
from sonalyze_simulation.domain.defects import TooManyWalls


def test_walls_give_the_outline() -> None:
    assert corners(payload()) == set(SQUARE)
    assert said(payload()) == ()


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [2, 0, 3, 1], [3, 1, 0, 2]])
@pytest.mark.parametrize("turned", [(), (0,), (1, 3), (0, 1, 2, 3)])
def test_walls_come_in_any_order_and_direction(order: list[int], turned: tuple[int, ...]) -> None:
    walls = [
        wall(WALLS[index]["end"], WALLS[index]["start"]) if index in turned else WALLS[index]
        for index in order
    ]

    assert corners(payload(app_room(walls=walls))) == set(SQUARE)


def test_walls_meet_within_a_millimetre() -> None:
    walls = [*WALLS[:3], wall(at(0.0009, 3), at(0, 0))]

    assert len(corners(payload(app_room(walls=walls)))) == 4
    assert said(payload(app_room(walls=walls))) == ()


def test_walls_may_be_lists_or_lack_z() -> None:
    lists = [
        wall(list(one), list(two)) for one, two in zip(SQUARE, SQUARE[1:] + SQUARE[:1], strict=True)
    ]
    flat = [
        wall({"x": one[0], "y": one[1]}, {"x": two[0], "y": two[1]})
        for one, two in zip(SQUARE, SQUARE[1:] + SQUARE[:1], strict=True)
    ]

    assert corners(payload(app_room(walls=lists))) == set(SQUARE)
    assert corners(payload(app_room(walls=flat))) == set(SQUARE)


def test_walls_that_are_no_outline_leave_it_to_the_dimensions() -> None:
    walls = [WALLS[0], WALLS[2]]

    assert corners(payload(app_room(walls=walls))) == {
        (-2, -1.5),
        (2, -1.5),
        (2, 1.5),
        (-2, 1.5),
    }
    assert said(payload(app_room(walls=walls))) == (
        "The walls give no outline; the dimensions count",
    )


@pytest.mark.parametrize("walls", [None, 3, "walls", [], [1, None, {}], [wall([1], {"x": 1})]])
def test_walls_that_are_none_leave_it_to_the_dimensions(walls: object) -> None:
    assert len(corners(payload(app_room(walls=walls)))) == 4


def test_walls_there_and_back_are_no_outline() -> None:
    walls = [wall([0, 0], [4, 0]), wall([4, 0], [2, 0]), wall([2, 0], [0, 0])]

    assert corners(payload(app_room(walls=walls))) == {
        (-2, -1.5),
        (2, -1.5),
        (2, 1.5),
        (-2, 1.5),
    }


def test_walls_with_one_gap_are_closed_across_it() -> None:
    given = payload(app_room(walls=WALLS[1:]))

    assert corners(given) == set(SQUARE)
    assert said(given) == ("The walls leave a gap, which is closed by a straight wall",)


def test_walls_inside_are_left_out() -> None:
    inner = [wall([1, 1], [2, 1]), wall([2, 1], [2, 2])]
    given = payload(app_room(walls=[*inner, *WALLS]))

    assert corners(given) == set(SQUARE)
    assert "left out" in said(given)[0]


def test_a_single_wall_inside_is_left_out() -> None:
    given = payload(app_room(walls=[wall([1, 1], [2, 1]), *WALLS]))

    assert corners(given) == set(SQUARE)
    assert said(given) == ("Walls inside the room are left out",)


def test_walls_are_too_many() -> None:
    with pytest.raises(TooManyWalls):
        translated(payload(app_room(walls=WALLS * 1000)))
