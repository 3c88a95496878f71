import math
from typing import Any

import pytest
from app_payloads import app_room, meant, payload, said

from sonalyze_simulation.domain.app_payload import translated

DEFAULT = {"absorption": 0.20, "scattering": 0.05}


def test_materials_are_an_id_in_one_of_three_forms_or_figures() -> None:
    given = {"wall": "brick", "floor": {"material_id": "carpet"}, "ceiling": {"id": "glass"}}

    room = meant(payload(app_room(materials=given)))["room"]

    assert room["wall_material"] == {"id": "brick"}
    assert room["floor_material"] == {"id": "carpet"}
    assert room["ceiling_material"] == {"id": "glass"}


def test_materials_may_be_figures() -> None:
    given = {"wall": {"absorption": 0.4, "scattering": 0.3}, "floor": {"absorption": 0.1}}

    room = meant(payload(app_room(materials=given)))["room"]

    assert room["wall_material"] == {"absorption": 0.4, "scattering": 0.3}
    assert room["floor_material"] == {"absorption": 0.1, "scattering": 0.0}


def test_materials_stand_in_the_model_or_in_the_room() -> None:
    room = app_room(materials={"wall": "brick", "floor": "carpet"})

    found = meant({"room_model": {"rooms": [room], "materials": {"wall": "glass"}}})["room"]

    assert found["wall_material"] == {"id": "glass"}
    assert found["floor_material"] == {"id": "carpet"}


@pytest.mark.parametrize("given", ["cheese", {"id": "cheese"}, {"absorption": 2}, 5, [], {}])
def test_materials_that_are_unknown_absorb_a_fifth_and_say_so(given: object) -> None:
    request, warnings = translated(payload(app_room(materials={"wall": given})))

    assert request["room"]["wall_material"] == DEFAULT
    assert warnings == ("The material of the wall is not known; a fifth absorbs",)


def test_materials_that_are_missing_absorb_a_fifth() -> None:
    room = meant(payload())["room"]

    assert room["wall_material"] == room["floor_material"] == room["ceiling_material"] == DEFAULT


def piece(**fields: object) -> dict[str, Any]:
    return {
        "id": "f1",
        "type": "sofa",
        "position": {"x": 1.0, "y": 0.4, "z": 2.0},
        "rotation": {"y": 0.5},
        "dimensions": {"width": 0.8, "depth": 0.6, "height": 0.9},
    } | fields


def read(*pieces: object) -> list[dict[str, Any]]:
    boxes: list[dict[str, Any]] = meant(payload(app_room(furniture=list(pieces))))["furniture"]
    return boxes


def test_furniture_is_a_box_on_the_floor_turned_the_other_way() -> None:
    (box,) = read(piece())

    assert box["min_m"] == pytest.approx([0.6, 1.7, 0])
    assert box["max_m"] == pytest.approx([1.4, 2.3, 0.9])
    assert box["rotation_rad"] == pytest.approx(-0.5)
    assert box["id"] == "f1"


def test_furniture_turns_as_three_js_turns_it() -> None:
    angle = 0.3
    corner_x, corner_z = 0.4, 0.3
    three_x = corner_x * math.cos(angle) + corner_z * math.sin(angle)
    three_z = -corner_x * math.sin(angle) + corner_z * math.cos(angle)

    (box,) = read(piece(rotation={"y": angle}))

    turn = box["rotation_rad"]
    assert corner_x * math.cos(turn) - corner_z * math.sin(turn) == pytest.approx(three_x)
    assert corner_x * math.sin(turn) + corner_z * math.cos(turn) == pytest.approx(three_z)


@pytest.mark.parametrize(
    ("kind", "absorption", "scattering"),
    [
        ("table", 0.10, 0.10),
        ("desk", 0.10, 0.10),
        ("chair", 0.15, 0.15),
        ("shelf", 0.12, 0.20),
        ("wardrobe", 0.10, 0.08),
        ("sofa", 0.40, 0.25),
        ("bed", 0.50, 0.30),
        ("bathtub", 0.03, 0.05),
        ("toilet", 0.03, 0.05),
        ("sink", 0.03, 0.05),
        ("shower", 0.05, 0.10),
        ("stove", 0.02, 0.05),
        ("fridge", 0.02, 0.03),
        ("piano", 0.15, 0.10),
        ("Sofa", 0.40, 0.25),
        (None, 0.15, 0.10),
    ],
)
def test_furniture_is_made_of_what_its_type_is(
    kind: str | None, absorption: float, scattering: float
) -> None:
    (box,) = read(piece(type=kind))

    assert box["material"] == {"absorption": absorption, "scattering": scattering}


@pytest.mark.parametrize("kind", ["door", "window", "speaker", "microphone", "Door"])
def test_furniture_of_these_types_is_no_obstacle(kind: str) -> None:
    assert read(piece(type=kind)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"position": None},
        {"position": {"x": "left"}},
        {"dimensions": None},
        {"dimensions": {"width": 1, "depth": 0, "height": 1}},
    ],
)
def test_furniture_without_a_place_or_a_size_is_left_out_and_said(fields: dict[str, Any]) -> None:
    given = payload(app_room(furniture=[piece(**fields)]))

    assert meant(given)["furniture"] == []
    assert said(given) == ("'f1' has no usable position or dimensions and is left out",)


def test_furniture_without_an_id_is_called_by_its_type() -> None:
    (box,) = read(piece(id=None))

    assert box["id"] == "sofa-1"


def test_furniture_without_a_rotation_stands_straight() -> None:
    (box,) = read(piece(rotation=None))

    assert box["rotation_rad"] == 0


def test_furniture_may_stand_in_the_model() -> None:
    model = {"rooms": [app_room()], "furniture": [piece()]}

    assert len(meant({"room_model": model})["furniture"]) == 1
