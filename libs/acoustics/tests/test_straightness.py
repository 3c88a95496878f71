"""Lines through curves that are known on paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_acoustics.curves import T20, reverberation_time
from sonalyze_acoustics.straightness import Levels


@given(seconds=st.floats(0.1, 10.0), steps=st.integers(50, 500))
def test_a_straight_curve_has_its_own_time_and_correlation(seconds: float, steps: int) -> None:
    time_s = np.linspace(0, 1.2 * seconds, steps)[np.newaxis]

    lines = Levels(time_s, -60 * time_s / seconds).lines(
        np.array([0.0, -5.0]), np.array([-10, -35])
    )

    np.testing.assert_allclose(lines.time_s, seconds, rtol=1e-6)
    np.testing.assert_allclose(lines.correlation, -1.0, rtol=1e-6)


def test_bent_curves_are_fitted_as_all_their_instants_are() -> None:
    """The predecessor's least squares over every sample is the oracle."""
    time_s = np.arange(200_000) / 100_000
    level_db = 10 * np.log10(np.exp(-30 * time_s) + 0.05 * np.exp(-9 * time_s))
    level_db -= level_db[0]

    coarse = Levels(time_s[np.newaxis, ::400], level_db[np.newaxis, ::400])
    found = coarse.lines(np.array([T20.upper_db]), np.array([T20.lower_db]))

    expected = float(reverberation_time(level_db, 100_000, T20))
    assert float(found.time_s[0, 0]) == pytest.approx(expected, rel=1e-4)


def test_a_curve_that_ends_too_high_has_no_line() -> None:
    time_s = np.linspace(0, 1, 100)[np.newaxis]

    lines = Levels(time_s, -20 * time_s).lines(np.array([-5.0]), np.array([-25.0]))

    assert np.isnan(lines.slope_db_per_s).all()


def test_nonlinearity_is_what_correlation_lacks() -> None:
    time_s = np.linspace(0, 1, 1_000)[np.newaxis]
    level_db = np.minimum(-30 * time_s, -60 * time_s + 10)

    lines = Levels(time_s, level_db).lines(np.array([-5.0]), np.array([-35.0]))

    r = float(lines.correlation[0, 0])
    assert float(lines.nonlinearity_permille[0, 0]) == pytest.approx(1000 * (1 - r * r))
    assert 5 < float(lines.nonlinearity_permille[0, 0]) < 50
