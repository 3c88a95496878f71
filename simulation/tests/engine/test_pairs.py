import numpy as np
import pytest

from sonalyze_acoustics.metrics import band_metrics
from sonalyze_simulation.engine.images import Images
from sonalyze_simulation.engine.pairs import RATE_HZ, band_responses, heard
from sonalyze_simulation.engine.rays import Arrivals

SPEED_M_S = 343.2
TIME_S = np.arange(1.0, 700.0) / RATE_HZ
DECAY_S = 0.3


@pytest.mark.parametrize("late_slot", [1000, 1001, 1002, 1003])
def test_a_lone_late_arrival_takes_no_figure_away(late_slot: int) -> None:
    """Wherever it falls: the known time is seldom a multiple of four slots."""
    time_s = np.append(TIME_S, (late_slot + 0.5) / RATE_HZ)
    energy = np.append(10 ** (-6 * TIME_S / DECAY_S), 1e-7)
    images = Images(np.array([0.1]), np.ones((8, 1)), np.zeros(1, dtype=np.intp))
    nobody = np.zeros(time_s.size, dtype=np.intp)
    rays = Arrivals(0.1 + time_s * SPEED_M_S, nobody, nobody, np.tile(energy, (8, 1)))

    found = band_metrics(band_responses(heard(images, rays, SPEED_M_S))[4])

    assert found.t30_s == pytest.approx(DECAY_S, rel=0.02)
    assert found.edt_s is not None
