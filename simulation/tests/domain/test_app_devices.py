from typing import Any

import pytest
from app_payloads import app_room, meant, payload, wall


@pytest.mark.parametrize("key", ["sources", "loudspeakers", "speakers"])
def test_devices_that_play_have_one_of_three_names(key: str) -> None:
    request = meant(payload(**{key: [{"id": "a", "position": [1, 2, 1.5]}]}))

    assert request["sources"] == [{"id": "a", "position_m": [1, 2, 1.5]}]


@pytest.mark.parametrize("key", ["microphones", "mics", "receivers", "microphone"])
def test_devices_that_listen_have_one_of_four_names(key: str) -> None:
    request = meant(payload(**{key: [{"id": "a", "position": [1, 2, 1.5]}]}))

    assert request["microphones"] == [{"id": "a", "position_m": [1, 2, 1.5]}]


def places(*filled: int) -> dict[str, Any]:
    """Put a source into some of the six places where one is looked for."""
    found: list[dict[str, Any]] = [
        {"sources": {"id": str(place), "position": [1, 1, 1]}} if place in filled else {}
        for place in range(6)
    ]
    room = app_room(**found[4], devices=found[5])
    model = {"rooms": [room], **found[2], "devices": found[3]}
    return {"room_model": model, **found[0], "devices": found[1]}


@pytest.mark.parametrize("first", range(6))
def test_devices_are_looked_for_in_one_place_after_the_other(first: int) -> None:
    request = meant(places(*range(first, 6)))

    assert [source["id"] for source in request["sources"]] == [str(first)]


def test_devices_of_a_second_room_count_too() -> None:
    other = app_room(devices={"speakers": [{"id": "far", "position": [1, 1, 1]}]})

    request = meant({"rooms": [app_room(), other]})

    assert request["sources"][0]["id"] == "far"


def test_devices_without_a_position_are_skipped() -> None:
    entries = [
        {"id": "a"},
        {"id": "b", "position": {"x": None}},
        {"id": "c", "position": [1, 2]},
    ]

    request = meant(payload(speakers=entries))

    assert request["sources"] == [{"id": "c", "position_m": [1, 2, 1.2]}]


def test_a_place_whose_devices_have_no_position_is_passed_by() -> None:
    room = app_room(devices={"speakers": [{"id": "b", "position": [1, 2, 1]}]})

    request = meant(payload(room, speakers=[{"id": "a"}]))

    assert [source["id"] for source in request["sources"]] == ["b"]


def test_devices_without_an_id_are_numbered() -> None:
    entries = [{"position": [1, 1, 1]}, {"position": [2, 1, 1]}]

    request = meant(payload(speakers=entries, mics=entries))

    assert [source["id"] for source in request["sources"]] == ["src-1", "src-2"]
    assert [microphone["id"] for microphone in request["microphones"]] == ["mic-1", "mic-2"]


def test_devices_of_one_name_are_told_apart() -> None:
    entries = [{"id": 7, "position": [1, 1, 1]}, {"id": 7, "position": [2, 1, 1]}]

    assert [source["id"] for source in meant(payload(speakers=entries))["sources"]] == [
        "7",
        "7-2",
    ]


@pytest.mark.parametrize(
    ("entry", "position_m"),
    [
        ({"position_m": [1, 2, 3]}, [1, 2, 3]),
        ({"position_m": {"x": 1, "y": 2, "z": 3}}, [1, 2, 3]),
        ({"position": [1, 2, 3]}, [1, 2, 3]),
        ({"position": [1, 2]}, [1, 2, 1.2]),
        ({"position": {"x": 1, "y": 3, "z": 2}}, [1, 2, 3]),
        ({"position": {"x": 1, "z": 2}}, [1, 2, 1.2]),
        ({"position": {"x": 1, "y": 2}}, [1, 2, 1.2]),
        ({"position": {"x": 1, "y": 2, "z": 3}, "coordinate_system": "xyz"}, [1, 2, 3]),
        ({"position": {"x": 1, "y": 2, "z": 3}, "coordinateSystem": "pyroom"}, [1, 2, 3]),
        ({"position": {"x": 1, "y": 2, "z": 3, "coordinate_system": "Cartesian"}}, [1, 2, 3]),
        ({"position": {"x": 1, "y": 3, "z": 2}, "coordinate_system": "three"}, [1, 2, 3]),
    ],
)
def test_devices_have_a_position_in_one_of_these_forms(
    entry: dict[str, Any], position_m: list[float]
) -> None:
    assert meant(payload(speakers=entry))["sources"][0]["position_m"] == position_m


def test_devices_are_in_the_frame_that_the_payload_or_the_model_names() -> None:
    entry = {"position": {"x": 1, "y": 2, "z": 3}}

    of_payload = meant(payload(speakers=entry, coordinate_system="xyz"))
    of_model = meant({"room_model": payload(coordinateSystem="xyz"), "speakers": entry})

    assert of_payload["sources"][0]["position_m"] == [1, 2, 3]
    assert of_model["sources"][0]["position_m"] == [1, 2, 3]


def test_assumed_devices_are_at_a_quarter_and_three_quarters() -> None:
    request = meant(payload())

    assert request["sources"] == [{"id": "src-default", "position_m": [1.0, 0.75, 1.5]}]
    assert request["microphones"] == [{"id": "mic-default", "position_m": [3.0, 2.25, 1.2]}]


def test_assumed_devices_are_below_a_low_ceiling() -> None:
    request = meant(payload(app_room(dimensions={"height": 1})))

    assert request["sources"][0]["position_m"][2] == pytest.approx(0.9)
    assert request["microphones"][0]["position_m"][2] == pytest.approx(0.9)


def test_assumed_devices_are_moved_into_an_outline_whose_bounds_they_would_leave() -> None:
    ell = [[0, 0], [6, 0], [6, 2], [2, 2], [2, 6], [0, 6]]
    walls = [wall(one, two) for one, two in zip(ell, ell[1:] + ell[:1], strict=True)]

    x, y, _ = meant(payload(app_room(walls=walls)))["microphones"][0]["position_m"]

    assert (0 < x < 6 and 0 < y < 2) or (0 < x < 2 and 0 < y < 6)


def test_assumed_devices_are_moved_out_of_furniture() -> None:
    sofa = {
        "type": "sofa",
        "position": {"x": 1.0, "y": 0, "z": 0.75},
        "dimensions": {"width": 1, "depth": 1, "height": 2},
    }

    x, y, _ = meant(payload(app_room(furniture=[sofa])))["sources"][0]["position_m"]

    assert max(abs(x - 1.0), abs(y - 0.75)) > 0.5


def test_assumed_devices_are_one_each() -> None:
    given = [{"id": "a", "position": [1, 1, 1]}]

    request = meant(payload(speakers=given))

    assert request["sources"][0]["id"] == "a"
    assert request["microphones"][0]["id"] == "mic-default"
