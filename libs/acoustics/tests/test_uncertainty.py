"""What is stated as uncertain covers what noise does, and nothing is off by much unflagged."""

from collections.abc import Callable

import numpy as np
import pytest

from sonalyze_acoustics import BandMetrics, BandResponse
from sonalyze_acoustics.metrics import bands_metrics

Draw = Callable[..., BandResponse]
NAMES = ("t20_s", "t30_s", "edt_s", "topt_s", "c50_db", "c80_db", "d50", "d80", "ts_s", "drr_db")
JND = {"c50_db": 1.0, "c80_db": 1.0, "drr_db": 1.0, "d50": 0.05, "d80": 0.05, "ts_s": 0.010}
"""ISO 3382-1 Table A.1; decay times 5 per cent."""


@pytest.fixture(scope="module")
def pairs(band_draw: Draw) -> list[tuple[BandMetrics, BandMetrics]]:
    """400 decays without and with noise, 20 to 70 dB below them."""
    random = np.random.default_rng(1)
    shapes = [
        {
            "reverberation_s": float(np.exp(random.uniform(np.log(0.3), np.log(1.5)))),
            "direct": float(random.choice([0.0, 0.2, 0.5])),
            "seed": seed,
        }
        for seed in range(400)
    ]
    clean = bands_metrics([band_draw(**shape) for shape in shapes])
    noisy = bands_metrics([band_draw(**shape, inr_db=random.uniform(20, 70)) for shape in shapes])
    return list(zip(clean, noisy, strict=True))


def _errors(pairs: list[tuple[BandMetrics, BandMetrics]], name: str) -> np.ndarray:
    """Return value with noise, value without, uncertainty, and 1 for a likelihood's."""
    rows = [
        (found, expected, noisy.uncertainty[name], _is_flagged(noisy, name))
        for clean, noisy in pairs
        if (found := getattr(noisy, name)) is not None
        and (expected := getattr(clean, name)) is not None
    ]
    return np.array(rows, dtype=float)


def _is_flagged(band: BandMetrics, name: str) -> bool:
    return band.shape is not None and band.shape.estimators.get(name) == "likelihood"


@pytest.mark.parametrize("name", NAMES)
def test_the_stated_interval_holds_in_more_than_93_of_100_draws(
    pairs: list[tuple[BandMetrics, BandMetrics]], name: str
) -> None:
    found, expected, uncertainty, _ = _errors(pairs, name).T

    assert found.size > 100
    assert np.mean(np.abs(found - expected) < 1.96 * uncertainty) > 0.93


@pytest.mark.parametrize("name", NAMES)
def test_nothing_unflagged_is_off_by_two_just_noticeable_differences(
    pairs: list[tuple[BandMetrics, BandMetrics]], name: str
) -> None:
    errors = _errors(pairs, name)
    found, expected, _, _ = errors[errors[:, 3] == 0].T

    assert np.all(np.abs(found - expected) < 2 * JND.get(name, 0.05 * expected))


@pytest.mark.parametrize(("name", "needed_db"), [("t20_s", 35.0), ("t30_s", 45.0)])
def test_what_the_noise_allows_is_answered(
    pairs: list[tuple[BandMetrics, BandMetrics]], name: str, needed_db: float
) -> None:
    supported = [noisy for _, noisy in pairs if (noisy.inr_db or 0.0) >= needed_db]

    assert np.mean([getattr(band, name) is not None for band in supported]) >= 0.98


def test_every_figure_has_its_uncertainty_or_its_reason(
    pairs: list[tuple[BandMetrics, BandMetrics]],
) -> None:
    for _, band in pairs:
        for name in NAMES:
            is_given = getattr(band, name) is not None
            assert (name in band.uncertainty) == is_given
            assert (name in band.reasons) != is_given


def test_less_noise_leaves_less_uncertain(band_draw: Draw) -> None:
    loud, quiet = bands_metrics([band_draw(inr_db=40.0), band_draw(inr_db=60.0)])

    for name in quiet.uncertainty:
        assert name not in loud.uncertainty or quiet.uncertainty[name] < loud.uncertainty[name]


def test_bands_are_evaluated_side_by_side_as_they_are_alone(band_draw: Draw) -> None:
    draws = [band_draw(seconds, inr_db=50.0) for seconds in (0.3, 0.6, 1.2)]

    together = bands_metrics(draws)

    for band, draw in zip(together, draws, strict=True):
        assert band == bands_metrics([draw])[0]
