"""Every line of the documents about requests and answers, over HTTP, with real numbers."""

import json
from typing import Any

import httpx2
import pytest
from simulated_rooms import box, polygon, request, shoebox, source
from simulation_process import Running

pytestmark = pytest.mark.asyncio(loop_scope="session")

EXAMPLE = """{
    "room": {
      "type": "shoebox",
      "dimensions_m": [5.0, 4.0, 2.5],
      "default_material": {"absorption": 0.2}
    },
    "sources": [{"id": "s1", "position_m": [2.5, 0.5, 1.2]}],
    "microphones": [{"id": "m1", "position_m": [2.5, 3.5, 1.2]}]
  }"""
METRICS = ["rt60_s", "edt_s", "d50", "c50_db", "c80_db", "drr_db", "sti", "sti_method"]
FEW_RAYS = 300
SQUARE = ((0, 0), (5, 0), (5, 4), (0, 4))
WALLS = ("west", "east", "south", "north", "floor", "ceiling")
APP_ROOM = {
    "rooms": [
        {
            "dimensions": {"width": 5, "depth": 4, "height": 2.5},
            "walls": [
                {"start": {"x": 0, "z": 0}, "end": {"x": 5, "z": 0}},
                {"start": {"x": 5, "z": 0}, "end": {"x": 5, "z": 4}},
                {"start": [5, 4], "end": [0, 4]},
                {"start": [0, 4], "end": [0, 0]},
            ],
            "materials": {"wall": "brick", "floor": {"material_id": "carpet"}},
            "furniture": [
                {
                    "id": "t",
                    "type": "table",
                    "position": {"x": 2, "y": 0, "z": 2},
                    "rotation": {"y": 0.5},
                    "dimensions": {"width": 1, "depth": 0.6, "height": 0.7},
                }
            ],
        }
    ]
}


async def answered(running: Running, **fields: object) -> dict[str, Any]:
    answer = await posted(running, **fields)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def posted(running: Running, **fields: object) -> httpx2.Response:
    return await running.service.client.post(
        "/simulate", json=request(**({"rays": FEW_RAYS} | fields))
    )


async def test_the_example_of_the_documents_works_verbatim(running: Running) -> None:
    answer = await running.service.client.post(
        "/simulate", content=EXAMPLE, headers={"Content-Type": "application/json"}
    )

    (pair,) = answer.json()["pairs"]
    metrics = pair["metrics"]
    assert answer.status_code == 200
    assert (pair["source_id"], pair["microphone_id"]) == ("s1", "m1")
    assert list(metrics) == METRICS
    assert metrics["sti_method"] == "mtf"
    assert all(isinstance(metrics[name], float) for name in METRICS[:-1])
    assert 0.35 < metrics["rt60_s"] < 0.65
    assert pair["line_of_sight"] is True
    assert len(pair["bands"]) == len(answer.json()["estimates"]["bands_hz"]) == 8


async def test_the_example_works_as_an_event(running: Running) -> None:
    client = running.service.client
    over_http = await client.post("/simulate", json=json.loads(EXAMPLE))

    over_event = await client.post(
        "/gateway/handle",
        json={
            "client": {"device_id": "phone", "connection_id": "c", "ip": "192.0.2.1"},
            "message": {"event": "simulation.run", "data": json.loads(EXAMPLE)},
        },
    )

    assert over_event.json() == over_http.json()


async def test_the_same_request_is_the_same_to_the_bit_in_another_process(
    running: Running,
) -> None:
    answers = [(await posted(running)).content for _ in range(3)]

    assert len(set(answers)) == 1


async def test_furniture_makes_a_difference(running: Running) -> None:
    screen = box([0.2, 1.8, 0], [4.8, 2.2, 2.2], material={"absorption": 0.9})

    bare = await answered(running)
    furnished = await answered(running, furniture=[screen])

    assert furnished["pairs"][0]["line_of_sight"] is False
    assert furnished["pairs"][0]["metrics"]["rt60_s"] != bare["pairs"][0]["metrics"]["rt60_s"]


@pytest.mark.parametrize("corners", [SQUARE, SQUARE[::-1]])
async def test_a_polygon_of_either_orientation_is_a_room(
    running: Running, corners: tuple[tuple[float, float], ...]
) -> None:
    materials = {f"{part}_material": {"absorption": 0.2} for part in ("wall", "floor", "ceiling")}

    answer = await answered(running, room=polygon(*corners, **materials))

    assert answer["volume_m3"] == pytest.approx(50)
    assert answer["pairs"][0]["metrics"]["sti"] is not None


@pytest.mark.parametrize("wall", WALLS)
async def test_every_wall_can_have_its_material(running: Running, wall: str) -> None:
    lined = shoebox(wall_materials={wall: {"absorption": 0.9, "scattering": 0.3}})

    bare, answer = await answered(running), await answered(running, room=lined)

    assert answer["estimates"]["eyring_s"][4] < bare["estimates"]["eyring_s"][4]


@pytest.mark.parametrize(
    "material",
    [
        {"absorption": 0.3},
        {"absorption": 0.3, "scattering": 0.5},
        {"absorption": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]},
        {"absorption": {"125": 0.1, "1000": 0.4}, "scattering": 0.2},
        {"id": "brick"},
        {"material_id": "curtain_heavy"},
        "carpet",
        0.25,
    ],
)
async def test_a_material_can_be_said_in_every_documented_way(
    running: Running, material: object
) -> None:
    answer = await answered(running, room=shoebox(default_material=material))

    assert answer["pairs"][0]["metrics"]["rt60_s"] is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"sample_rate_hz": 8_000},
        {"max_order": 0},
        {"max_order": 3, "method": "ism"},
        {"method": "raytracing"},
        {"method": "hybrid"},
        {"air_absorption": False},
        {"rir_duration_s": 0.5},
        {"use_raytracing": True},
        {"use_raytracing": True, "raytracing_bounces": 30},
        {"use_raytracing": True, "raytracing_bounces": 1000},
        {"temperature_c": 5, "humidity_percent": 20},
        {"furniture": [box([1, 1, 0], [1.5, 1.5, 1])]},
        {"furniture": []},
        {"unknown_field": {"of": "a newer app"}},
    ],
)
async def test_every_documented_field_is_taken(running: Running, fields: dict[str, Any]) -> None:
    answer = await answered(running, **fields)

    assert answer["sample_rate_hz"] == fields.get("sample_rate_hz", 16_000)
    assert len(answer["pairs"]) == 1


async def test_a_response_comes_where_it_is_asked_for(running: Running) -> None:
    answer = await answered(
        running, include_rir=True, rir_duration_s=0.25, include_decay_curves=True
    )

    (pair,) = answer["pairs"]
    assert len(pair["rir"]) == 4_000
    assert len(pair["decay_curves"]) == 8


async def test_pairs_are_ordered_by_microphone_then_by_source(running: Running) -> None:
    answer = await answered(
        running,
        sources=source(1, 1, name="s1") + source(1, 2, name="s2"),
        microphones=source(3, 1, name="m1") + source(3, 2, name="m2"),
    )

    found = [(pair["microphone_id"], pair["source_id"]) for pair in answer["pairs"]]
    assert found == [("m1", "s1"), ("m1", "s2"), ("m2", "s1"), ("m2", "s2")]


@pytest.mark.parametrize("as_text", [False, True])
async def test_an_app_s_own_room_is_understood(running: Running, *, as_text: bool) -> None:
    model = json.dumps(APP_ROOM) if as_text else APP_ROOM
    body = {"room_model": model, "rir_duration_s": 1.0}

    answer = await running.service.client.post("/simulate", json=body)

    (pair,) = answer.json()["pairs"]
    assert (pair["source_id"], pair["microphone_id"]) == ("src-default", "mic-default")
    assert answer.json()["volume_m3"] == pytest.approx(50, rel=0.02)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"room": None}, "room"),
        ({"room": {"type": "sphere"}}, "shoebox"),
        ({"room": shoebox(dimensions_m=[5, 4])}, "dimensions_m"),
        ({"room": shoebox(dimensions_m=[5, 4, -1])}, "dimensions_m"),
        ({"room": polygon((0, 0), (1, 0))}, "corners_m"),
        ({"room": polygon((0, 0), (4, 4), (4, 0), (0, 4))}, "cross"),
        ({"room": polygon(*SQUARE, height_m=0)}, "height_m"),
        ({"room": shoebox(default_material={"absorption": 1.5})}, "absorption"),
        ({"room": shoebox(default_material={"scattering": 0.5})}, "absorption"),
        ({"room": shoebox(default_material="unobtainium")}, "unobtainium"),
        ({"sources": []}, "sources"),
        ({"microphones": []}, "microphones"),
        ({"sources": source(9, 9)}, "s1"),
        ({"microphones": source(0, 1, name="m1")}, "m1"),
        ({"microphones": source(2.5, 0.5, name="m1")}, "m1"),
        ({"furniture": [box([1, 1, 1], [0, 0, 0])]}, "max_m"),
        ({"sample_rate_hz": 0}, "sample_rate_hz"),
        ({"max_order": -1}, "max_order"),
        ({"rir_duration_s": 0}, "rir_duration_s"),
        ({"rays": 1}, "rays"),
        ({"seed": -1}, "seed"),
    ],
)
async def test_what_is_wrong_is_told_in_a_sentence(
    running: Running, fields: dict[str, Any], said: str
) -> None:
    answer = await posted(running, **fields)

    problem = answer.json()
    assert answer.status_code == 400, answer.text
    assert problem["code"] == "bad_request"
    assert said in problem["detail"]


async def test_what_would_take_too_long_is_refused_with_an_estimate_and_a_way_out(
    running: Running,
) -> None:
    costly = {
        "room": shoebox(dimensions_m=[30, 20, 10], default_material={"absorption": 0.01}),
        "rays": 1_000_000,
    }

    refused = await posted(running, **costly)

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "simulation_too_expensive")
    assert problem["details"]["estimated_seconds"] > 60
    assert "allow_degraded" in problem["detail"]
