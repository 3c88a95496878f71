import numpy as np
import pytest
from rooms import point, shoebox, surface

from sonalyze_simulation.engine.air import Air
from sonalyze_simulation.engine.pairs import Heard
from sonalyze_simulation.engine.simulation import Plan, simulate_source
from sonalyze_simulation.engine.synthesis import impulse_response


def heard(rays: int = 500) -> Heard:
    room, microphone = shoebox(5, 4, 2.5, surface(0.2, 0.3)), point(3.5, 2.4, 1.25)[:, np.newaxis]
    plan = Plan(order=3, rays=rays)
    return simulate_source(room, point(1, 1, 1), microphone, plan=plan, air=Air())[0].heard


@pytest.mark.parametrize("rate_hz", [1, 7, 8_000, 44_100, 192_000])
@pytest.mark.parametrize("duration_s", [0.001, 0.25, 1.0])
def test_a_response_of_any_rate_and_length_is_finite(rate_hz: int, duration_s: float) -> None:
    found = impulse_response(heard(), rate_hz, duration_s, np.random.default_rng(1))

    assert found.size == max(1, round(rate_hz * duration_s))
    assert np.isfinite(found).all()


@pytest.mark.parametrize("rays", [0, 500])
def test_a_longer_response_begins_as_a_shorter_one(rays: int) -> None:
    pair = heard(rays)

    short, long = (
        impulse_response(pair, 16_000, duration_s, np.random.default_rng(1))
        for duration_s in (0.5, 4.0)
    )

    assert long[:4_000] == pytest.approx(short[:4_000], abs=0.01 * np.abs(short).max())


def test_the_direct_sound_is_at_its_time_and_as_loud_as_its_distance_says() -> None:
    pair = heard(rays=0)

    found = impulse_response(pair, 48_000, 0.5, np.random.default_rng(1))

    direct = round(pair.first_s * 48_000)
    distance_m = np.linalg.norm([2.5, 1.4, 0.25])
    assert abs(int(np.argmax(np.abs(found[: direct + 50]))) - direct) <= 1
    assert found[: direct + 24].sum() == pytest.approx(1 / distance_m, rel=0.1)
