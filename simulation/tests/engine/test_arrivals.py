import numpy as np
import pytest

from sonalyze_simulation.engine.arrivals import CELL_M, Arrivals, Gathering

BANDS = 8


def drawn(seed: int, count: int = 2_000) -> Arrivals:
    """Draw arrivals at three receivers in two batches, within thirty metres."""
    rng = np.random.default_rng(seed)
    return Arrivals(
        rng.uniform(0, 30, count),
        rng.integers(0, 3, count),
        rng.integers(0, 2, count),
        rng.uniform(0, 1, (BANDS, count)),
    )


def of(arrivals: Arrivals, receiver: int, batch: int) -> Arrivals:
    ours = (arrivals.receiver == receiver) & (arrivals.batch == batch)
    return Arrivals(*(part[..., ours] for part in arrivals))


def gathered(most_held: int) -> Arrivals:
    gathering = Gathering(most_held)
    for seed in range(10):
        gathering.add(drawn(seed))
    return gathering.all()


def test_arrivals_that_are_few_are_kept_as_they_came() -> None:
    found = gathered(most_held=100_000)

    assert found.way_m.size == 20_000
    assert found.way_m[:2_000] == pytest.approx(drawn(0).way_m)


def test_arrivals_that_are_many_take_no_more_than_their_cells() -> None:
    found = gathered(most_held=1_000)

    assert found.way_m.size <= 4 * 3 * 2 * 30 / CELL_M


@pytest.mark.parametrize("receiver", [0, 1, 2])
@pytest.mark.parametrize("batch", [0, 1])
def test_adding_up_moves_no_energy_beyond_a_cell(receiver: int, batch: int) -> None:
    every = of(gathered(most_held=100_000), receiver, batch)
    fewer = of(gathered(most_held=1_000), receiver, batch)

    assert fewer.energy.sum(axis=1) == pytest.approx(every.energy.sum(axis=1))
    for limit_m in (5.0, 10.0, 20.0):
        early = fewer.energy[0, fewer.way_m < limit_m].sum()
        assert early <= every.energy[0, every.way_m < limit_m + CELL_M].sum() + 1e-9
        assert early >= every.energy[0, every.way_m < limit_m - CELL_M].sum() - 1e-9
