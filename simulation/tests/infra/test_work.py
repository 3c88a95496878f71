"""Rooms at the edges of what can be asked, prepared and computed as children do it."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from simulated_rooms import box, polygon, request, shoebox, source

from sonalyze_simulation.domain.cost import Pace
from sonalyze_simulation.infra.work import prepare, simulate

OCTAVES = 8
RAYS = 200


def answered(**fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401  of a request
    """Give what was prepared, and the only pair; both have to be JSON without infinities."""
    body = request(**({"rays": RAYS} | fields))
    prepared = prepare(body, asdict(Pace()), 1, 60.0)
    (pair,) = simulate(prepared, 0)
    json.dumps([prepared, pair], allow_nan=False)
    return prepared, pair


def unexplained(pair: dict[str, Any]) -> set[str]:
    """Name the single numbers that are null without a reason."""
    missing = {name for name, value in pair["metrics"].items() if value is None}
    return missing - set(pair["reasons"]) - {"sti_method"}


BARE = {"absorption": 0.0, "scattering": 0.3}
DEAD = {"absorption": 1.0, "scattering": 0.3}
ONE_BARE = {"absorption": [0.0] + [0.2] * 7, "scattering": 0.3}
ONE_DEAD = {"absorption": [0.2] * 7 + [1.0], "scattering": 0.3}
MIRROR = {"absorption": 0.2, "scattering": 0.0}
ROUGH = {"absorption": 0.2, "scattering": 1.0}


@pytest.mark.parametrize("method", ["hybrid", "ism", "raytracing"])
@pytest.mark.parametrize("has_air", [True, False])
@pytest.mark.parametrize("material", [BARE, DEAD, ONE_BARE, ONE_DEAD, MIRROR, ROUGH])
def test_every_material_has_an_answer(material: dict[str, Any], has_air: bool, method: str) -> None:
    room = shoebox(default_material=material)

    prepared, pair = answered(room=room, air_absorption=has_air, method=method)

    assert unexplained(pair) == set()
    assert pair["metrics"]["sti"] is not None
    assert prepared["seconds"] > 0


def test_a_room_that_absorbs_nothing_is_planned_with_the_usual_rays() -> None:
    body = request(room=shoebox(default_material=BARE), air_absorption=False)

    prepared = prepare(body, asdict(Pace()), 1, 60.0)

    assert prepared["rays"] == 10_000
    assert prepared["estimates"]["eyring_s"] == [None] * OCTAVES


@pytest.mark.parametrize("max_order", [0, 1, 2, 12])
def test_images_of_any_order_have_an_answer_in_any_room(max_order: int) -> None:
    room = polygon((0, 0), (6, 0), (6, 3), (3, 3), (3, 6), (0, 6))

    _, pair = answered(room=room, method="ism", max_order=max_order)

    assert unexplained(pair) == set()
    assert any("Images are complete" in warning for warning in pair["warnings"])


def test_a_partition_leaves_nothing_and_says_so() -> None:
    partition = box([2.4, 0, 0], [2.6, 50, 50])

    _, pair = answered(
        furniture=[partition], sources=source(1, 1), microphones=source(4, 1, name="m")
    )

    assert not pair["line_of_sight"]
    assert unexplained(pair) == set()
    assert "comes to the microphone" in pair["reasons"]["sti"]


def test_the_reason_of_a_mean_is_that_of_its_octaves() -> None:
    _, pair = answered(method="ism", max_order=12)

    assert pair["reasons"]["rt60_s"].startswith("500 Hz: the decay is known for")


def test_images_alone_say_that_scattering_had_no_effect() -> None:
    prepared, _ = answered(room=shoebox(default_material=ROUGH), method="ism")

    assert any("scatter nothing" in warning for warning in prepared["warnings"])


@pytest.mark.parametrize("rate_hz", [1, 192_000])
def test_the_shortest_response_has_a_sample(rate_hz: int) -> None:
    _, pair = answered(include_rir=True, sample_rate_hz=rate_hz, rir_duration_s=0.001)

    assert len(pair["rir"]) == max(1, rate_hz // 1000)


def test_sources_are_the_same_in_whatever_order_they_are_computed() -> None:
    sources = [*source(1, 1, name="a"), *source(2, 1, name="b")]
    prepared = prepare(request(rays=RAYS, sources=sources), asdict(Pace()), 2, 60.0)

    forth = [simulate(prepared, number) for number in (0, 1)]
    back = [simulate(prepared, number) for number in (1, 0)][::-1]

    assert forth == back


def test_how_sure_a_figure_is_the_spread_says_alone() -> None:
    _, pair = answered()

    for band, spread in zip(pair["bands"], pair["spread"], strict=True):
        assert band["uncertainty"] == {}
        assert "shape" not in band
        assert spread["metrics"]["t20_s"] > 0
