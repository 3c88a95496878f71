import numpy as np
import pytest
from rooms import shoebox, surface

from sonalyze_simulation.engine.estimates import estimates, schroeder_hz, unevenness
from sonalyze_simulation.engine.scene import Scene

NO_LOSS = np.zeros(8)


def test_the_formulae_of_a_cube_in_closed_form() -> None:
    """V = 1000, S = 600, absorption 0.3, c = 343.2."""
    found = estimates(shoebox(10, 10, 10, surface(0.3)), 343.2, NO_LOSS)

    assert found.sabine_s == pytest.approx(0.16103 * 1000 / 180, rel=1e-3)
    assert found.eyring_s == pytest.approx(0.16103 * 1000 / (-600 * np.log(0.7)), rel=1e-3)
    assert found.kuttruff_s == pytest.approx(found.eyring_s / (1 + 0.2 * np.log(0.7)), rel=1e-9)


def test_where_all_sides_are_alike_fitzroy_is_eyring() -> None:
    found = estimates(shoebox(10, 7, 3, surface(0.3)), 343.2, NO_LOSS)

    assert found.fitzroy_s == pytest.approx(found.eyring_s)


def test_where_one_side_absorbs_fitzroy_expects_more() -> None:
    hard, soft = surface(0.04), surface(0.7)
    corners = np.array([[0.0, 0], [12, 0], [12, 9], [0, 9]])
    room = Scene(corners, 3.5, (hard,) * 4, surface(0.3), soft)

    found = estimates(room, 343.2, NO_LOSS)

    assert (found.fitzroy_s > 2 * found.eyring_s).all()
    assert unevenness(room) == pytest.approx(0.5 - 0.04)


def test_air_shortens_the_decay() -> None:
    room = shoebox(10, 7, 3, surface(0.05))
    loss_per_m = np.linspace(0.0, 0.02, 8)

    found = estimates(room, 343.2, loss_per_m)

    assert (np.diff(found.sabine_s) < 0).all()


def test_single_modes_end_at_schroeders_frequency() -> None:
    assert schroeder_hz(0.5, 50.0) == pytest.approx(200.0)


def test_what_absorbs_more_never_decays_more_slowly() -> None:
    found = [
        estimates(shoebox(10, 7, 3, surface(absorption)), 343.2, NO_LOSS).kuttruff_s[0]
        for absorption in (0.5, 0.8, 0.95, 0.99, 1.0)
    ]

    assert np.isfinite(found).all()
    assert (np.diff(found) <= 0).all()
