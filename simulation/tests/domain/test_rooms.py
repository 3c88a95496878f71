import pytest
from simulated_rooms import box, polygon, request, room, shoebox

from sonalyze_contracts.simulations import SimulationRequest
from sonalyze_simulation.domain.rooms import room_of


def absorption(**fields: object) -> list[float]:
    found = room(**fields)
    return [finish.absorption[3] for finish in (*found.walls, found.floor, found.ceiling)]


def test_a_shoebox_begins_at_the_origin_with_its_south_side() -> None:
    sides = {"south": 0.1, "east": 0.2, "north": 0.3, "west": 0.4, "floor": 0.5, "ceiling": 0.6}

    found = room(room=shoebox(wall_materials=sides))

    assert found.corners_m == ((0, 0), (5, 0), (5, 4), (0, 4))
    assert found.height_m == 2.5
    assert absorption(room=shoebox(wall_materials=sides)) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


def test_a_side_without_a_material_has_the_default_one() -> None:
    sides = {"floor": {"absorption": 0.5}}

    assert absorption(room=shoebox(wall_materials=sides)) == [0.2] * 4 + [0.5, 0.2]


def test_a_polygon_has_one_material_for_all_its_walls_or_one_for_each() -> None:
    corners = [(0.0, 0.0), (5.0, 0.0), (5.0, 4.0)]

    assert absorption(room=polygon(*corners, wall_material=0.3)) == [0.3] * 3 + [0.2] * 2
    assert absorption(
        room=polygon(*corners, wall_materials=[0.1, 0.3, 0.5], floor_material=0.6)
    ) == [*(0.1, 0.3, 0.5, 0.6, 0.2)]


def test_furniture_has_a_middle_a_size_and_a_name() -> None:
    found = room(furniture=[box([1, 1, 0], [2, 3, 0.7], rotation_rad=0.5)]).obstacles[0]

    assert (found.center_m, found.size_m) == ((1.5, 2.0), (1.0, 2.0))
    assert (found.bottom_m, found.top_m, found.rotation_rad) == (0, 0.7, 0.5)
    assert found.name == "furniture-1"
    assert found.finish.absorption == (0.15,) * 8
    assert found.finish.scattering == (0.10,) * 8


@pytest.mark.parametrize("name", ["sofa", "a b"])
def test_furniture_keeps_its_own_name(name: str) -> None:
    assert room(furniture=[box([1, 1, 0], [2, 2, 1], id=name)]).obstacles[0].name == name


def test_guessed_octaves_are_said_once() -> None:
    six = {"absorption": [0.1] * 6}

    _, warnings = room_of(
        SimulationRequest.model_validate(request(room=shoebox(default_material=six)))
    )

    assert len(warnings) == 1
    assert warnings[0].startswith("The material of the room is not given at 63, 8000 Hz;")
