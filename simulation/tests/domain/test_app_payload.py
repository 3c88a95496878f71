import json
from collections.abc import Callable
from typing import Any

import pytest
from app_payloads import app_room, corners, meant, payload

from sonalyze_contracts.simulations import SimulationRequest
from sonalyze_simulation.domain.app_payload import translated
from sonalyze_simulation.domain.defects import NoRoom, UnreadableRoomModel
from sonalyze_simulation.domain.requests import resolved


@pytest.mark.parametrize("key", ["room_model", "roomModel"])
@pytest.mark.parametrize("written", [lambda model: model, json.dumps])
def test_the_model_is_an_object_or_its_text_under_either_name(
    key: str, written: Callable[[dict[str, Any]], object]
) -> None:
    request = meant({key: written({"rooms": [app_room()]})})

    assert request["room"]["height_m"] == 2.5


def test_the_model_is_the_payload_itself_if_that_has_rooms() -> None:
    assert meant(payload())["room"]["height_m"] == 2.5


def test_the_model_counts_before_the_payloads_own_rooms() -> None:
    model = {"rooms": [app_room(dimensions={"height": 9})]}

    assert meant(payload(room_model=model))["room"]["height_m"] == 9


def test_the_model_has_a_room_that_is_its_first() -> None:
    rooms = [app_room(), app_room(dimensions={"height": 9})]

    assert meant({"rooms": rooms})["room"]["height_m"] == 2.5


@pytest.mark.parametrize("given", [{}, {"room": None}, {"room": "hall", "rooms": "many"}])
def test_the_model_is_missing(given: dict[str, Any]) -> None:
    with pytest.raises(NoRoom, match="Missing 'room'"):
        translated(given)


@pytest.mark.parametrize(
    "model", ["{", "[" * 100_000, "[]", 3, True, [], {}, {"rooms": []}, {"rooms": [1]}]
)
def test_the_model_cannot_be_read(model: object) -> None:
    with pytest.raises(UnreadableRoomModel):
        translated({"room_model": model})


def test_the_model_is_not_looked_for_if_the_room_is_an_object() -> None:
    room = {"type": "shoebox", "dimensions_m": [5, 4, 3]}
    places = [{"id": "1", "position_m": [1, 1, 1]}], [{"id": "1", "position_m": [2, 2, 1]}]

    found = resolved(
        payload(room=None) | {"room": room, "sources": places[0]} | {"microphones": places[1]}
    )

    assert found.request.room.type == "shoebox"


def test_dimensions_span_a_rectangle_around_the_origin() -> None:
    room = {"dimensions": {"width": 6, "depth": 2, "height": 3}}

    request = meant(payload(room))

    assert corners(payload(room)) == {(-3, -1), (3, -1), (3, 1), (-3, 1)}
    assert request["room"]["height_m"] == 3


@pytest.mark.parametrize(
    "given", [None, {}, [], "big", {"width": 0, "depth": -1, "height": "tall"}]
)
def test_dimensions_fall_back_one_by_one(given: object) -> None:
    request = meant(payload({"dimensions": given}))

    assert corners(payload({"dimensions": given})) == {(-2, -2), (2, -2), (2, 2), (-2, 2)}
    assert request["room"]["height_m"] == 2.8


def test_dimensions_may_be_written_as_text() -> None:
    assert meant(payload({"dimensions": {"height": "3.1"}}))["room"]["height_m"] == 3.1


OPTIONS: dict[str, object] = {
    "sample_rate_hz": 8000,
    "max_order": 3,
    "air_absorption": False,
    "rir_duration_s": 1.0,
    "include_rir": True,
}


@pytest.mark.parametrize(("name", "value"), OPTIONS.items())
def test_options_are_the_payloads_before_the_models(name: str, value: object) -> None:
    of_model = {"rooms": [app_room()], name: value}
    default = SimulationRequest.model_fields[name].default

    assert meant({"room_model": of_model})[name] == value
    assert meant({"room_model": of_model, name: default})[name] == default
    assert meant({"room_model": of_model, name: None})[name] == value


@pytest.mark.parametrize(
    ("name", "value"), [("use_raytracing", True), ("raytracing_bounces", 9), ("seed", 3)]
)
def test_options_of_rays_are_the_payloads_only(name: str, value: object) -> None:
    assert meant({"room_model": {"rooms": [app_room()]}, name: value})[name] == value
    assert name not in meant({"room_model": {"rooms": [app_room()], name: value}})


def test_options_have_the_same_defaults() -> None:
    found = resolved(payload()).request

    assert (found.sample_rate_hz, found.max_order, found.rir_duration_s) == (16_000, 12, 2.0)
    assert (found.air_absorption, found.include_rir, found.raytracing_bounces) == (
        True,
        False,
        3,
    )
