import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from simulated_rooms import polygon, request, shoebox

from sonalyze_contracts.errors import Invalid
from sonalyze_simulation.domain.defects import InvalidRequest
from sonalyze_simulation.domain.requests import resolved

STEADY = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""The same examples every time, on a machine that may be busy."""

TEXT = st.text(max_size=6)
NUMBERS = st.integers() | st.floats()
LEAVES = st.none() | st.booleans() | NUMBERS | TEXT
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
)
POINTS = st.fixed_dictionaries({}, optional={"x": LEAVES, "y": LEAVES, "z": LEAVES}) | JSON
WALLS = st.fixed_dictionaries({}, optional={"start": POINTS, "end": POINTS}) | JSON
PIECES = st.fixed_dictionaries(
    {},
    optional={
        "id": JSON,
        "type": st.sampled_from(["sofa", "door"]) | JSON,
        "position": POINTS,
        "rotation": POINTS,
        "dimensions": st.fixed_dictionaries(
            {}, optional={"width": LEAVES, "depth": LEAVES, "height": LEAVES}
        )
        | JSON,
    },
)
DEVICES = st.fixed_dictionaries({}, optional={"id": JSON, "position": POINTS, "position_m": POINTS})
APP_ROOMS = st.fixed_dictionaries(
    {},
    optional={
        "dimensions": JSON,
        "walls": st.lists(WALLS, max_size=6) | JSON,
        "materials": st.dictionaries(st.sampled_from(["wall", "floor"]), JSON) | JSON,
        "furniture": st.lists(PIECES, max_size=3) | JSON,
        "devices": st.dictionaries(st.sampled_from(["mics", "sources"]), JSON) | JSON,
    },
)
APP_PAYLOADS = st.fixed_dictionaries(
    {"rooms": st.lists(APP_ROOMS | JSON, max_size=2) | JSON},
    optional={
        "room_model": JSON,
        "speakers": st.lists(DEVICES, max_size=3) | JSON,
        "mics": DEVICES | JSON,
        "coordinate_system": JSON,
        "max_order": JSON,
    },
)
REQUESTS = st.fixed_dictionaries(
    {
        "room": st.just(shoebox())
        | st.fixed_dictionaries(
            {"type": st.sampled_from(["shoebox", "polygon"]) | JSON},
            optional={
                "dimensions_m": JSON,
                "corners_m": st.lists(st.lists(NUMBERS, max_size=3), max_size=5) | JSON,
                "height_m": JSON,
                "wall_materials": JSON,
                "default_material": JSON,
            },
        ),
        "sources": JSON | st.just(request()["sources"]),
        "microphones": JSON | st.just(request()["microphones"]),
    },
    optional={"furniture": JSON, "seed": JSON, "max_order": JSON, "rays": JSON},
)


def test_the_documents_example_is_a_request() -> None:
    found = resolved(request())

    assert found.request.sources[0].id == "s1"
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"sources": []}, "'sources': List should have at least 1 item after validation, not 0"),
        ({"sources": [{"id": "s"}]}, "Missing 'sources.0.position_m'"),
        ({"room": {}}, "'room': 'type' must be 'shoebox' or 'polygon'"),
        ({"room": {"type": "shoebox"}}, "Missing 'room.dimensions_m'"),
        (
            {"room": shoebox(dimensions_m=[5, 4, -1])},
            "'room.dimensions_m.2': Input should be greater than 0",
        ),
        (
            {"room": shoebox(default_material={"scattering": 0.1})},
            "'room.default_material': Missing 'absorption' or 'id'",
        ),
        (
            {"room": shoebox(default_material={"absorption": [0.1, 2]})},
            "'room.default_material.absorption.1': Input should be less than or equal to 1",
        ),
        (
            {"room": polygon((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), wall_materials=[0.1])},
            "'room': 'wall_materials' must hold one material for each corner",
        ),
        ({"sources": request()["sources"] * 2}, "Two sources are called 's1'"),
    ],
)
def test_every_fault_has_its_place_in_the_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        resolved(request(**fields))

    assert refusal.value.message == sentence


@pytest.mark.parametrize("name", ["\ud800", "a\x00b"])
def test_a_name_that_no_encoder_can_write_is_refused_however_it_comes(name: str) -> None:
    rooms = [{"devices": {"mics": {"id": name, "position": [1, 1, 1]}}}]

    for payload in ({"rooms": rooms}, {"room_model": json.dumps({"rooms": rooms})}):
        with pytest.raises(Invalid, match="half a character"):
            resolved(payload)


def test_many_faults_are_counted() -> None:
    with pytest.raises(InvalidRequest, match=r"; and \d+ more$"):
        resolved(request(microphones=[{}] * 9))


@STEADY
@given(APP_PAYLOADS)
@example({"rooms": [{"walls": [{"start": [1e308, 0], "end": [-1e308, 0]}]}]})
@example({"rooms": [{"dimensions": {"width": 10**400}}]})
@example({"rooms": [{}], "mics": {"id": 10**5000, "position": [0, 0]}})
def test_no_payload_of_an_app_raises_anything_but_our_conditions(payload: dict[str, Any]) -> None:
    try:
        found = resolved(payload)
    except Invalid as refusal:
        assert refusal.message  # noqa: PT017  either outcome is right
    else:
        assert found.request.sources


@STEADY
@given(REQUESTS)
def test_no_request_raises_anything_but_our_conditions(body: dict[str, Any]) -> None:
    try:
        found = resolved(body)
    except Invalid as refusal:
        assert refusal.message  # noqa: PT017  either outcome is right
    else:
        assert resolved(found.request.model_dump(mode="json")).request == found.request
