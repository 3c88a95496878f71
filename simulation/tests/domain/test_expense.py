import pytest
from prepared_rooms import prepared

from sonalyze_simulation.domain.conditions import SimulationTooExpensive
from sonalyze_simulation.domain.expense import require_affordable
from sonalyze_simulation.domain.prepared import Prepared


def refusal_of(simulation: Prepared) -> SimulationTooExpensive:
    with pytest.raises(SimulationTooExpensive) as refusal:
        require_affordable(simulation, most_seconds=60)
    return refusal.value


def test_what_is_within_the_limit_passes() -> None:
    require_affordable(prepared(seconds=60), most_seconds=60)


def test_fewer_rays_and_microphones_are_suggested_in_proportion() -> None:
    refusal = refusal_of(prepared(seconds=120, rays=100_000, microphones=8))

    assert refusal.facts["estimated_seconds"] == 120
    assert refusal.facts["suggestion"] == {
        "rays": 45_000,
        "allow_degraded": True,
        "microphones": 4,
    }
    assert "45000 rays" in refusal.message
    assert "4 microphones" in refusal.message


def test_where_degrading_was_allowed_it_is_not_suggested_again() -> None:
    refusal = refusal_of(prepared(seconds=120, allow_degraded=True))

    assert "allow_degraded" not in refusal.facts["suggestion"]


def test_images_alone_are_cheaper_to_a_lower_order() -> None:
    refusal = refusal_of(prepared(seconds=1e6, rays=0, order=5))

    assert refusal.facts["suggestion"] == {"max_order": 4}


def test_where_nothing_is_left_to_lower_a_simpler_room_is_suggested() -> None:
    assert "simpler room" in refusal_of(prepared(seconds=1e6, rays=0, order=0)).message
