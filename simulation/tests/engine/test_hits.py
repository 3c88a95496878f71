import numpy as np
import pytest
from rooms import L_SHAPE, box, prism, shoebox, surface

from sonalyze_simulation.engine.hits import AT_ONCE, first_hits

WALLS = surface(0.2)


@pytest.mark.parametrize("room", [shoebox(5, 4, 2.5, WALLS), prism(L_SHAPE, 2.5, WALLS)])
def test_many_rays_meet_what_each_alone_meets(room: object) -> None:
    rng = np.random.default_rng(1)
    count = AT_ONCE + 10
    origin_m = rng.uniform(0.1, 2.4, (3, count))
    direction = rng.standard_normal((3, count))
    direction /= np.linalg.norm(direction, axis=0)

    together = first_hits(room, origin_m, direction)  # type: ignore[arg-type]  of either kind
    alone = first_hits(room, origin_m[:, -20:], direction[:, -20:])  # type: ignore[arg-type]  of either kind

    assert together.distance_m[-20:] == pytest.approx(alone.distance_m)
    assert (together.surface[-20:] == alone.surface).all()


def test_rays_that_start_where_a_box_touches_walls_stay_in_the_air() -> None:
    cupboard = box((0.5, 0.5), (1.0, 1.0, 2.5), WALLS)
    room = shoebox(5, 4, 2.5, WALLS, (cupboard,))
    edge_m = np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [1.0, 1.0, 0.0]]).T
    into = np.array([[-1.0, -1.0, 0.1], [-1.0, 0.5, 0.1], [0.5, -1.0, 0.1], [-1.0, -0.9, 0.1]]).T
    into /= np.linalg.norm(into, axis=0)

    found = first_hits(room, edge_m, into)

    assert found.distance_m == pytest.approx(0.0, abs=1e-6)
