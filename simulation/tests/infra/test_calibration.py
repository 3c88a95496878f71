"""The pace of a machine, found again from times that were made of it."""

from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from sonalyze_simulation.domain.cost import Pace
from sonalyze_simulation.infra import work
from sonalyze_simulation.infra.calibration import holds, main
from sonalyze_simulation.infra.pace import pace_in
from sonalyze_simulation.infra.random_rooms import random_rooms
from sonalyze_simulation.infra.stopwatch import UNITS, Timed, pace_of, timed

TRUE = Pace(
    start_s=4e-3,
    bounce_s=8e-8,
    wall_bounce_s=1e-8,
    obstacle_bounce_s=6e-8,
    microphone_bounce_s=2e-8,
    evaluation_s=3e-3,
    image_s=2e-6,
    mirrored_s=2e-7,
)


def rooms_that_take(pace: Pace, noise: float = 0.0) -> list[Timed]:
    random = np.random.default_rng(7)
    low = np.array([1, 1e5, 6e5, 0, 1e5, 1, 0, 1])
    high = np.array([1, 4e6, 4e7, 4e7, 2e7, 36, 1e5, 2e5])
    drawn = [tuple(random.uniform(low, high).tolist()) for _ in range(40)]
    return [
        Timed(units, Timed(units, 0.0).estimate_s(pace) * (1 + noise * random.uniform(-1, 1)))
        for units in drawn
    ]


def test_the_pace_that_made_the_times_is_found() -> None:
    found = pace_of(rooms_that_take(TRUE))

    assert asdict(found) == pytest.approx(asdict(TRUE), rel=1e-6)


def test_no_unit_takes_less_than_nothing_however_the_times_scatter() -> None:
    rooms = rooms_that_take(TRUE, noise=0.3)

    found = pace_of(rooms)

    assert all(seconds > 0 for seconds in asdict(found).values())
    ratios = [room.estimate_s(found) / room.took_s for room in rooms]
    assert holds(ratios)


def test_every_room_that_is_drawn_can_be_computed() -> None:
    prepared = [
        work.prepare(body, asdict(Pace()), 1, float("inf")) for body in islice(random_rooms(3), 200)
    ]

    assert all(room["seconds"] > 0 for room in prepared)


def test_the_same_seed_draws_the_same_rooms() -> None:
    assert list(islice(random_rooms(5), 3)) == list(islice(random_rooms(5), 3))
    assert next(random_rooms(5)) != next(random_rooms(6))


def test_the_units_of_a_room_add_up_to_its_estimate() -> None:
    body = next(random_rooms(2)) | {"rays": 200}

    room = timed(body)

    prepared = work.prepare(body, asdict(TRUE), 1, float("inf"))
    assert room.estimate_s(TRUE) == pytest.approx(prepared["seconds"])
    assert room.took_s > 0
    assert len(room.units) == len(UNITS)


@pytest.mark.parametrize(
    ("ratios", "is_enough"),
    [
        ([1.0] * 17 + [1.6] * 3, True),
        ([1.0] * 16 + [1.6] * 4, False),
        ([1.0] * 19 + [0.51], True),
        ([1.0] * 19 + [0.49], False),
    ],
)
def test_estimates_have_to_be_near_and_never_less_than_half(
    ratios: list[float], *, is_enough: bool
) -> None:
    assert holds(ratios) is is_enough


def test_what_is_written_is_what_the_service_reads_and_only_if_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / "pace.json"

    code = main([str(file), "--rooms", "3"])

    said = capsys.readouterr().out
    assert said.count("estimated") == 3
    assert file.exists() is (code == 0)
    if file.exists():
        assert asdict(pace_in(file)).keys() == asdict(Pace()).keys()
