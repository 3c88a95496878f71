from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter, ValidationError

from sonalyze_contracts.asyncapi import event_schemas
from sonalyze_contracts.simulation_answers import SimulationAnswer
from sonalyze_contracts.simulation_jobs import (
    SimulationAccepted,
    SimulationRun,
    SimulationStart,
)
from sonalyze_contracts.simulation_materials import Material
from sonalyze_contracts.simulations import (
    HIGHEST_RATE_HZ,
    LONGEST_RESPONSE_S,
    MOST_BOUNCES,
    MOST_CORNERS,
    MOST_FURNITURE,
    MOST_MICROPHONES,
    MOST_ORDER,
    MOST_RAYS,
    MOST_RESPONSE_VALUES,
    MOST_SEED,
    MOST_SOURCES,
    PolygonRoom,
    ShoeboxRoom,
    SimulationRequest,
)


def request(**fields: object) -> dict[str, Any]:
    return {
        "room": {
            "type": "shoebox",
            "dimensions_m": [5.0, 4.0, 2.5],
            "default_material": {"absorption": 0.2},
        },
        "sources": [{"id": "s1", "position_m": [2.5, 0.5, 1.2]}],
        "microphones": [{"id": "m1", "position_m": [2.5, 3.5, 1.2]}],
    } | fields


def parsed(**fields: object) -> SimulationRequest:
    return SimulationRequest.model_validate(request(**fields))


def shoebox(**fields: object) -> dict[str, Any]:
    return {"type": "shoebox", "dimensions_m": [5, 4, 2.5]} | fields


def polygon(**fields: object) -> dict[str, Any]:
    return {"type": "polygon", "corners_m": [[0, 0], [5, 0], [5, 4]], "height_m": 2.5} | fields


def places(count: int) -> list[dict[str, Any]]:
    return [{"id": str(number), "position_m": [1, 1, 1]} for number in range(count)]


def box(**fields: object) -> dict[str, Any]:
    return {"type": "box", "min_m": [0, 0, 0], "max_m": [1, 1, 1]} | fields


def test_the_example_of_the_documents_has_the_documented_defaults() -> None:
    simulation = parsed()

    assert simulation.sample_rate_hz == 16_000
    assert simulation.max_order == 12
    assert simulation.air_absorption
    assert simulation.rir_duration_s == 2.0
    assert not simulation.include_rir
    assert not simulation.use_raytracing
    assert simulation.raytracing_bounces == 3
    assert simulation.furniture == []


def test_what_we_added_is_optional() -> None:
    simulation = parsed()

    assert (simulation.method, simulation.seed, simulation.rays) == ("auto", 0, None)
    assert (simulation.temperature_c, simulation.humidity_percent) == (20.0, 50.0)
    assert not simulation.include_decay_curves
    assert not simulation.allow_degraded


def test_a_shoebox_absorbs_a_fifth_unless_told_otherwise() -> None:
    room = parsed(room=shoebox(wall_materials={"west": {"absorption": 0.5}})).room

    assert isinstance(room, ShoeboxRoom)
    assert room.default_material == Material(absorption=0.2)
    assert room.wall_materials.west == Material(absorption=0.5)
    assert room.wall_materials.east is None


def test_a_polygon_absorbs_a_fifth_unless_told_otherwise() -> None:
    room = parsed(room=polygon()).room

    assert isinstance(room, PolygonRoom)
    assert room.wall_material == room.floor_material == room.ceiling_material
    assert room.wall_material.absorption == 0.2


def test_furniture_is_a_box_of_the_documented_material() -> None:
    furniture = parsed(furniture=[box()]).furniture[0]

    assert furniture.material == Material(absorption=0.15, scattering=0.10)
    assert furniture.rotation_rad == 0


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (0.3, Material(absorption=0.3)),
        ("carpet", Material(id="carpet")),
        ({"material_id": "carpet"}, Material(material_id="carpet")),
        ({"absorption": [0.1] * 8, "scattering": [0.2] * 6}, None),
        ({"absorption": {"125": 0.1, "1000.0": 0.2}, "scattering": 0.1}, None),
    ],
)
def test_a_material_is_a_number_an_id_or_an_object(given: object, meant: Material | None) -> None:
    room = parsed(room=shoebox(default_material=given)).room

    assert isinstance(room, ShoeboxRoom)
    assert meant is None or room.default_material == meant


@pytest.mark.parametrize(
    "material",
    [
        {},
        {"scattering": 0.1},
        {"absorption": 1.01},
        {"absorption": -0.01},
        {"absorption": 0.1, "scattering": 2},
        {"absorption": [0.1] * 7},
        {"absorption": {"100": 0.1}},
        {"absorption": {"loud": 0.1}},
        {"absorption": {}},
        {"absorption": float("nan")},
        {"absorption": True},
        True,
        [],
        "",
    ],
)
def test_other_materials_are_refused(material: object) -> None:
    with pytest.raises(ValidationError):
        parsed(room=shoebox(default_material=material))


@pytest.mark.parametrize(
    "fields",
    [
        {"sources": []},
        {"microphones": []},
        {"sources": places(MOST_SOURCES + 1)},
        {"microphones": places(MOST_MICROPHONES + 1)},
        {"sources": places(16), "microphones": places(17)},
        {"sources": [*places(1), *places(1)]},
        {"sources": [{"id": "s", "position_m": [1, 1]}]},
        {"sources": [{"position_m": [1, 1, 1]}]},
        {"sources": [{"id": "s", "position_m": [1, 1, float("inf")]}]},
        {"sources": [{"id": "s", "position_m": [1, 1, 1e300]}]},
        {"furniture": [box()] * (MOST_FURNITURE + 1)},
        {"furniture": [box(max_m=[1, 1, 0])]},
        {"furniture": [box(type="sphere")]},
        {"sample_rate_hz": 0},
        {"sample_rate_hz": HIGHEST_RATE_HZ + 1},
        {"sample_rate_hz": True},
        {"max_order": -1},
        {"max_order": MOST_ORDER + 1},
        {"rir_duration_s": 0},
        {"rir_duration_s": LONGEST_RESPONSE_S + 1},
        {"raytracing_bounces": -1},
        {"rays": 0},
        {"rays": MOST_RAYS + 1},
        {"seed": -1},
        {"seed": MOST_SEED + 1},
        {"temperature_c": 60},
        {"humidity_percent": 0},
        {"method": "guess"},
        {"room": {"type": "sphere"}},
        {"room": {"type": ["shoebox"]}},
        {"room": {}},
        {"room": None},
        {"room": shoebox(dimensions_m=[5, 4])},
        {"room": shoebox(dimensions_m=[5, 4, 0])},
        {"room": polygon(corners_m=[[0, 0], [1, 0]])},
        {"room": polygon(corners_m=[[0, 0]] * (MOST_CORNERS + 1))},
        {"room": polygon(height_m=0)},
        {"room": polygon(wall_materials=[0.1, 0.1])},
        {"include_rir": True, "rir_duration_s": 30, "sample_rate_hz": 192_000},
    ],
)
def test_what_is_outside_the_limits_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        parsed(**fields)


def test_an_answer_may_carry_so_many_samples_and_no_more() -> None:
    parsed(include_rir=True, sample_rate_hz=MOST_RESPONSE_VALUES // 25, rir_duration_s=25)

    with pytest.raises(ValidationError, match="ask for fewer pairs"):
        parsed(include_rir=True, sample_rate_hz=MOST_RESPONSE_VALUES // 25, rir_duration_s=26)


def test_more_bounces_than_the_documented_most_count_as_the_most() -> None:
    assert parsed(raytracing_bounces=99).raytracing_bounces == MOST_BOUNCES == 30


def test_a_whole_number_may_come_with_a_decimal_point() -> None:
    assert parsed(sample_rate_hz=48_000.0).sample_rate_hz == 48_000


def test_a_request_means_the_same_after_a_round_trip() -> None:
    simulation = parsed(room=polygon(wall_materials=["brick", 0.1, {"absorption": [0.1] * 6}]))

    assert SimulationRequest.model_validate(simulation.model_dump(mode="json")) == simulation


@pytest.mark.parametrize("command", [SimulationRun, SimulationStart])
def test_a_command_keeps_an_apps_payload_as_it_came(
    command: type[SimulationRun | SimulationStart],
) -> None:
    payload = {"rooms": [{"walls": []}], "loudspeakers": [{"id": "1"}], "max_order": None}

    asked = command.model_validate(payload)

    assert asked.body == payload
    assert asked.model_dump(mode="json") == payload


def test_a_command_carries_a_request() -> None:
    simulation = parsed()

    asked = SimulationRun.of(simulation)

    assert SimulationRequest.model_validate(asked.body) == simulation


def test_a_command_refuses_what_no_encoder_can_write() -> None:
    with pytest.raises(ValidationError):
        SimulationRun.model_validate({"room": {"type": "\ud800"}})


@pytest.mark.parametrize(
    "payload", [request(), request(room=polygon()), {"rooms": [{}]}, {"room_model": "{}"}]
)
def test_the_published_schema_admits_requests_and_apps_payloads(payload: dict[str, Any]) -> None:
    document = event_schemas()["simulation.run"]

    jsonschema.validate(payload, document["request"] | {"$defs": document["$defs"]})


def test_a_run_answers_with_a_result_or_with_a_job() -> None:
    reply: TypeAdapter[SimulationAnswer | SimulationAccepted] = TypeAdapter(SimulationRun.reply)

    accepted = reply.validate_python({"job_id": "j", "estimated_seconds": 3})

    assert isinstance(accepted, SimulationAccepted)
    assert accepted.status == "accepted"
