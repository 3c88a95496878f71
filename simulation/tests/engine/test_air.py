import numpy as np
import pytest

from sonalyze_simulation.engine.air import DECIBEL_PER_NEPER, Air


@pytest.mark.parametrize(
    ("octave", "loss_db_per_km"), [(-3, 0.445), (-1, 2.73), (0, 4.66), (2, 29.4), (3, 104.0)]
)
def test_air_takes_what_the_table_of_the_standard_says(octave: int, loss_db_per_km: float) -> None:
    """ISO 9613-1, table 1: 20 degrees, 50 % relative humidity, exact midband frequencies."""
    loss_per_m = Air(20.0, 50.0).absorption_per_m(np.array([1000 * 10 ** (0.3 * octave)]))[0]

    assert loss_per_m * DECIBEL_PER_NEPER * 1000 == pytest.approx(loss_db_per_km, rel=0.01)


def test_sound_is_faster_in_warm_air() -> None:
    assert Air(0.0).speed_of_sound_m_s == pytest.approx(331.3, abs=0.2)
    assert Air(30.0).speed_of_sound_m_s == pytest.approx(349.0, abs=0.2)
