"""One slope or two, and times by likelihood where the range is short."""

from collections.abc import Callable

import numpy as np
import pytest

from sonalyze_acoustics import BandMetrics, BandResponse
from sonalyze_acoustics.evaluation import DecayShape
from sonalyze_acoustics.metrics import bands_metrics

Draw = Callable[..., BandResponse]


def _shape(band: BandMetrics) -> DecayShape:
    assert band.shape is not None
    return band.shape


@pytest.mark.parametrize("direct", [0.0, 0.5, 0.85])
def test_a_straight_decay_is_not_called_double(band_draw: Draw, direct: float) -> None:
    """Neither noise nor a strong direct sound make a second slope, in 99 of 100 draws."""
    random = np.random.default_rng(2)
    draws = [
        band_draw(random.uniform(0.3, 1.2), direct=direct, inr_db=random.uniform(25, 70), seed=seed)
        for seed in range(200)
    ]

    bands = [band for band in bands_metrics(draws) if band.shape is not None]

    assert np.mean([len(_shape(band).slopes) == 2 for band in bands]) <= 0.01


@pytest.mark.parametrize(("late_s", "level_db"), [(1.6, -15.0), (2.0, -20.0), (2.0, -28.0)])
@pytest.mark.parametrize("inr_db", [55.0, 70.0])
def test_both_slopes_of_a_double_decay_are_named(
    band_draw: Draw, late_s: float, level_db: float, inr_db: float
) -> None:
    second = (late_s, level_db)
    draws = [
        band_draw(0.4, second=second, inr_db=inr_db, duration_s=4.0, seed=seed)
        for seed in range(20)
    ]
    late = 10 ** (level_db / 10) * late_s
    expected_db = 10 * np.log10(0.8 * late / (0.4 + late))

    pairs = [slopes for band in bands_metrics(draws) if len(slopes := _shape(band).slopes) == 2]

    assert len(pairs) >= 19
    assert np.median([early.time_s for early, _ in pairs]) == pytest.approx(0.4, rel=0.1)
    assert np.median([late.time_s for _, late in pairs]) == pytest.approx(late_s, rel=0.1)
    assert np.median([late.level_db for _, late in pairs]) == pytest.approx(expected_db, abs=1.0)


def test_a_straight_decay_has_one_slope_that_is_its_reverberation_time(band_draw: Draw) -> None:
    draws = [band_draw(0.8, direct=0.3, inr_db=60.0, seed=seed) for seed in range(20)]

    slopes = [_shape(band).slopes for band in bands_metrics(draws)]

    single = [pair[0] for pair in slopes if len(pair) == 1]
    assert len(single) >= 19
    assert np.mean([slope.time_s for slope in single]) == pytest.approx(0.8, rel=0.03)
    assert np.mean([slope.level_db for slope in single]) == pytest.approx(
        10 * np.log10(0.7), abs=0.5
    )


def test_a_short_straight_decay_gives_its_time_by_likelihood_and_says_so(band_draw: Draw) -> None:
    draws = [band_draw(0.8, direct=0.0, inr_db=28.0, seed=seed) for seed in range(40)]

    bands = [band for band in bands_metrics(draws) if band.t20_s is not None]

    assert len(bands) >= 20
    assert all(_shape(band).estimators["t20_s"] == "likelihood" for band in bands)
    assert np.mean([band.t20_s for band in bands]) == pytest.approx(0.8, rel=0.03)
    errors = [abs((band.t20_s or 0.0) / 0.8 - 1) for band in bands]
    assert np.sqrt(np.mean(np.square(errors))) < 0.07


@pytest.mark.parametrize(("late_s", "level_db"), [(0.9, -12.0), (1.6, -18.0), (1.5, -25.0)])
def test_a_double_decay_goes_on_into_the_noise_with_both_its_slopes(
    band_draw: Draw, late_s: float, level_db: float
) -> None:
    shapes = [{"second": (late_s, level_db), "duration_s": 4.0, "seed": seed} for seed in range(60)]
    clean = bands_metrics([band_draw(0.3, **shape) for shape in shapes])
    noisy = bands_metrics([band_draw(0.3, inr_db=42.0, **shape) for shape in shapes])

    errors = np.array(
        [
            (found - expected, band.uncertainty[name])
            for name in ("t20_s", "t30_s")
            for band, truth in zip(noisy, clean, strict=True)
            if (found := getattr(band, name)) and (expected := getattr(truth, name))
        ]
    )

    assert len(errors) > 80
    assert np.mean(np.abs(errors[:, 0]) < 1.96 * errors[:, 1]) > 0.9


def test_a_decay_that_may_be_bent_gets_no_time_from_what_is_not_in_sight(band_draw: Draw) -> None:
    """At 28 dB a second slope 12 dB down is half hidden: most of these would be far too short."""
    second = (1.5, -12.0)
    draws = [
        band_draw(0.3, second=second, inr_db=28.0, duration_s=4.0, seed=seed) for seed in range(40)
    ]

    withheld = [band for band in bands_metrics(draws) if band.t20_s is None]

    assert any("bent" in band.reasons["t20_s"] for band in withheld)
    assert len(withheld) >= 20


def test_straightness_is_told_by_the_figures_of_annex_b(band_draw: Draw) -> None:
    """ISO 3382-2 Annex B: more than 10 per mille and 10 % are a bent decay."""
    straight, bent = bands_metrics(
        [band_draw(0.8), band_draw(0.4, second=(2.0, -18.0), duration_s=5.0)]
    )

    assert _shape(straight).nonlinearity_permille["t20_s"] < 5
    assert abs(_shape(straight).curvature_percent or 99.0) < 5
    assert -1 <= _shape(straight).correlation["t30_s"] < -0.99
    assert _shape(bent).nonlinearity_permille["t30_s"] > 10
    assert (_shape(bent).curvature_percent or 0.0) > 10
