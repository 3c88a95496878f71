import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rooms import L_SHAPE, box, point, prism, shoebox, surface

from sonalyze_simulation.engine.hits import first_hits
from sonalyze_simulation.engine.rays import _redirect, _started
from sonalyze_simulation.engine.scene import Scene


@pytest.mark.parametrize(
    ("scene", "volume_m3", "area_m2"),
    [
        (shoebox(5, 4, 2.5, surface(0.1)), 50.0, 85.0),
        (prism(L_SHAPE, 2.5, surface(0.1)), 67.5, 114.0),
        (
            shoebox(5, 4, 2.5, surface(0.1), (box((2, 2), (1, 1, 1), surface(0.1)),)),
            49.0,
            89.0,
        ),
    ],
)
def test_volume_and_area_are_those_of_the_air(
    scene: Scene, volume_m3: float, area_m2: float
) -> None:
    assert scene.volume_m3 == pytest.approx(volume_m3)
    assert scene.areas_m2.sum() == pytest.approx(area_m2)


def test_rays_fly_four_times_volume_over_area_between_two_surfaces() -> None:
    """Of isotropic rays in a room of any shape: 4 V / S (Kuttruff, Room Acoustics, 5.2)."""
    walls = surface(0.0)
    stools = (box((1.5, 4.0), (0.6, 0.6, 0.5), walls, 0.7), box((4.5, 1.5), (1, 0.5, 2), walls))
    room = prism(L_SHAPE, 2.5, walls, stools)
    rng = np.random.default_rng(3)
    state = _started(point(1, 1, 1), 10_000, 1, 8, rng)
    normals, _ = room.planes
    flown_m = []

    for _ in range(40):
        hits = first_hits(room, state.origin_m, state.direction)
        state.origin_m += state.direction * hits.distance_m
        _redirect(state, normals[hits.surface].T, np.full(10_000, 0.5), rng)
        flown_m.append(hits.distance_m.mean())

    expected_m = 4 * room.volume_m3 / room.areas_m2.sum()
    assert np.mean(flown_m[10:]) == pytest.approx(expected_m, rel=0.01)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(0, 2 * np.pi), st.floats(-1.5, 1.5))
def test_every_ray_in_a_shoebox_meets_its_hull(
    x: float, y: float, azimuth: float, elevation: float
) -> None:
    size = point(5, 4, 2.5)
    origin = size * [x, y, 0.5]
    direction = point(
        np.cos(elevation) * np.cos(azimuth),
        np.cos(elevation) * np.sin(azimuth),
        np.sin(elevation),
    )

    hits = first_hits(
        shoebox(5, 4, 2.5, surface(0.1)), origin[:, np.newaxis], direction[:, np.newaxis]
    )

    met = origin + direction * hits.distance_m[0]
    assert np.min(np.abs(np.concatenate((met, met - size)))) < 1e-9
    assert (met > -1e-9).all()
    assert (met < size + 1e-9).all()


def test_a_turned_box_is_met_where_its_sides_are() -> None:
    stool = box((2.0, 2.0), (1.0, 1.0, 1.0), surface(0.1), angle_rad=np.pi / 4)
    room = shoebox(5, 4, 2.5, surface(0.1), (stool,))
    origin = np.array([[0.5, 0.5, 0.5], [2.0, 2.0, 2.0]]).T
    direction = np.array([[np.sqrt(0.5), np.sqrt(0.5), 0.0], [0.0, 0.0, -1.0]]).T

    hits = first_hits(room, origin, direction)

    assert hits.distance_m == pytest.approx([1.5 * np.sqrt(2) - 0.5, 1.0])
    assert list(hits.surface - 6) == [0, 5]


def test_the_normals_of_all_surfaces_point_into_the_air() -> None:
    walls = surface(0.1)
    room = prism(L_SHAPE, 2.5, walls, (box((1.5, 4.5), (1, 1, 1), walls, 0.3),))
    normals, offsets = room.planes
    inside = {0: (3, 1, 1), 3: (1, 4, 1), 6: (1, 1, 1), 7: (1, 1, 1), 13: (1.5, 4.5, 2)}

    heights = [normals[surface] @ place - offsets[surface] for surface, place in inside.items()]

    assert min(heights) > 0
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1.0)
