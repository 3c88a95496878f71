import numpy as np
import pytest
from rooms import L_SHAPE, box, point, prism, shoebox, surface

from sonalyze_acoustics.samples import Samples
from sonalyze_simulation.engine.arrivals import Arrivals
from sonalyze_simulation.engine.rays import _lambert, trace
from sonalyze_simulation.engine.receivers import spheres
from sonalyze_simulation.engine.scene import Scene

NO_LOSS = np.zeros(8)
SPEED_M_S = 343.2


def traced(scene: Scene, source: Samples, microphone: Samples, **how: object) -> Arrivals:
    chosen = {
        "rays": 4000, "batches": 1, "longest_m": 200.0, "covered_order": 0,
        "loss_per_m": NO_LOSS, "rng": np.random.default_rng(1),
    } | how  # fmt: skip
    receivers = spheres(scene, source, microphone[:, np.newaxis])
    return trace(scene, source, receivers, **chosen)  # type: ignore[arg-type]  keywords by name


@pytest.mark.parametrize(
    "scene",
    [
        shoebox(5, 4, 2.5, surface(0.0, 0.5)),
        prism(L_SHAPE, 2.5, surface(0.0, 0.5)),
        shoebox(8, 6, 3, surface(0.0, 0.5), (box((4, 3), (2, 1, 2), surface(0.0, 0.5), 0.5),)),
    ],
)
@pytest.mark.parametrize("place", [(2.1, 1.4, 1.3), (2.1, 0.1, 1.3), (0.15, 0.1, 0.12)])
def test_sound_that_nothing_takes_fills_the_room_evenly(
    scene: Scene, place: tuple[float, float, float]
) -> None:
    """A diffuse field has 4 pi c / V per second where the direct sound has 1 / r^2."""
    arrivals = traced(scene, point(1.0, 2.5, 1.1), point(*place), rays=16_000)

    late = arrivals.way_m > 50
    per_metre = arrivals.energy[0, late].sum() / 150

    assert per_metre == pytest.approx(4 * np.pi / scene.volume_m3, rel=0.05)


def test_reflections_that_images_cover_are_left_to_them() -> None:
    mirrors = shoebox(5, 4, 2.5, surface(0.1, 0.0))

    arrivals = traced(mirrors, point(1, 1, 1), point(3, 3, 1.5), covered_order=3)

    assert arrivals.way_m.min() > 4 * 1.0


def test_a_ray_ends_after_the_bounces_it_may_have() -> None:
    mirrors = shoebox(5, 4, 2.5, surface(0.1, 0.0))

    arrivals = traced(mirrors, point(1, 1, 1), point(3, 3, 1.5), covered_order=-1, most_bounces=2)

    assert 0 < arrivals.way_m.max() < 3 * np.sqrt(5**2 + 4**2 + 2.5**2)


def test_scattered_directions_follow_the_cosine_law() -> None:
    normal = np.repeat(point(0, 0, 1)[:, np.newaxis], 100_000, axis=1)

    direction = _lambert(normal, np.random.default_rng(1))

    assert direction[2].min() >= 0
    assert direction[2].mean() == pytest.approx(2 / 3, abs=0.005)
    assert (direction[2] ** 2).mean() == pytest.approx(1 / 2, abs=0.005)
    assert (direction[:2] ** 2).mean(axis=1) == pytest.approx(1 / 4, abs=0.005)


def test_no_ray_escapes_and_none_gets_into_an_obstacle() -> None:
    walls = surface(0.02, 0.3)
    stool = box((1.5, 4.0), (0.6, 0.6, 0.5), walls, angle_rad=0.7)
    room = prism(L_SHAPE, 2.5, walls, (stool,))

    arrivals = traced(room, point(1, 1, 1), point(4.5, 1.5, 1.2), rays=20_000, longest_m=250.0)

    per_metre = [
        arrivals.energy[0, (arrivals.way_m > low) & (arrivals.way_m <= low + 50)].sum()
        for low in (50, 100, 150, 200)
    ]
    free_path_m = 4 * room.volume_m3 / room.areas_m2.sum()
    expected = 50 / free_path_m * np.log(1 - 0.02)
    assert np.log(per_metre[-1] / per_metre[0]) / 3 == pytest.approx(expected, rel=0.05)


def test_the_same_seed_gives_the_same_to_the_bit_and_another_one_does_not() -> None:
    room = prism(L_SHAPE, 2.5, surface(0.2, 0.3))

    first, again, other = (
        traced(room, point(1, 1, 1), point(4.5, 1.5, 1.2), rng=np.random.default_rng(seed))
        for seed in (7, 7, 8)
    )

    assert np.array_equal(first.energy, again.energy)
    assert np.array_equal(first.way_m, again.way_m)
    assert not np.array_equal(first.way_m, other.way_m)


def test_batches_share_nothing_but_the_room() -> None:
    room = shoebox(5, 4, 2.5, surface(0.2, 0.3))

    arrivals = traced(room, point(1, 1, 1), point(3, 3, 1.5), rays=10_000, batches=5)

    heard = [arrivals.energy[0, arrivals.batch == batch].sum() for batch in range(5)]
    assert np.ptp(heard) < 0.2 * np.mean(heard)
    assert len(set(heard)) == 5
