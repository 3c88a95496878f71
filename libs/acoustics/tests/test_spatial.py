"""Means over positions: laws of the mean first, then what happens to what cannot be averaged."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import hypot, sqrt
from statistics import fmean, stdev
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonalyze_acoustics import (
    Evaluation,
    Finding,
    Place,
    PositionMean,
    evaluate_impulse_response,
    spatial_mean,
)
from sonalyze_acoustics.evaluation import BandDistortion
from sonalyze_acoustics.position_means import position_mean

RATE_HZ = 16_000
FIGURES = st.floats(min_value=-100, max_value=100)
UNCERTAINTIES = st.floats(min_value=0, max_value=10)


@lru_cache
def evaluation_of_a_room() -> Evaluation:
    """Evaluate a train of pulses that decays by 60 dB in half a second."""
    response = np.zeros(RATE_HZ)
    at = np.arange(0, response.size, RATE_HZ // 200)
    response[at] = 10 ** (-3 * at / RATE_HZ / 0.5)
    return evaluate_impulse_response(response, RATE_HZ)


def evaluation(**mid: Any) -> Evaluation:  # noqa: ANN401  any single number
    """Take that room with other single numbers."""
    room = evaluation_of_a_room()
    return replace(room, mid=replace(room.mid, **mid))


def graded(grade: Literal["good", "usable", "poor"], *codes: str, **levels: Any) -> Evaluation:  # noqa: ANN401
    """Take that room with another verdict."""
    room = evaluation_of_a_room()
    findings = tuple(Finding(code, "warning", None, f"There is {code}.") for code in codes)
    quality = replace(room.quality, grade=grade, findings=findings, **levels)
    return replace(room, quality=quality)


@given(st.lists(st.tuples(FIGURES, UNCERTAINTIES), min_size=2, max_size=12))
def test_a_mean_comes_with_its_spread_its_number_and_both_its_uncertainties(
    positions: list[tuple[float, float]],
) -> None:
    values = [value for value, _ in positions]
    own = [uncertainty for _, uncertainty in positions]

    mean = position_mean(values, own)

    assert mean.mean == pytest.approx(fmean(values))
    assert mean.spread == pytest.approx(stdev(values))
    assert (mean.positions, mean.lowest) == (len(values), min(values))
    assert mean.uncertainty == pytest.approx(hypot(fmean(own), stdev(values) / sqrt(len(values))))


def test_a_single_position_has_no_spread_and_the_uncertainty_that_it_has() -> None:
    assert position_mean([0.5], [0.02]) == PositionMean(0.5, None, 1, 0.02, 0.5)
    assert position_mean([0.5], [None]).uncertainty is None


def test_the_mean_of_a_room_with_itself_is_that_room() -> None:
    room = evaluation_of_a_room()

    mean = spatial_mean([room, room, room])

    for ours, theirs in zip(mean.bands, room.bands, strict=True):
        assert ours.t20_s == pytest.approx(theirs.t20_s)
        assert ours.c50_db == pytest.approx(theirs.c50_db)
        assert (ours.t20_s is None) == ("t20_s" in ours.reasons)
    assert mean.mid.t30_s == pytest.approx(room.mid.t30_s)
    assert mean.speech.sti == pytest.approx(room.speech.sti)
    known = [value for value in room.frequency_response.magnitude_db if value is not None]
    averaged = [value for value in mean.frequency_response.magnitude_db if value is not None]
    assert averaged == pytest.approx(known)


def test_figures_are_averaged_as_they_are_decibels_too() -> None:
    mean = spatial_mean([evaluation(t20_s=0.4, c80_db=2.0), evaluation(t20_s=0.6, c80_db=8.0)])

    assert (mean.mid.t20_s, mean.mid.c80_db) == (pytest.approx(0.5), pytest.approx(5.0))
    assert mean.mid_over_positions["t20_s"].spread == pytest.approx(0.02**0.5)


def test_what_a_position_does_not_have_is_averaged_over_the_others() -> None:
    mean = spatial_mean([evaluation(t30_s=0.4), evaluation(t30_s=0.6), evaluation(t30_s=None)])

    assert mean.mid_over_positions["t30_s"].positions == 2
    assert mean.mid.t30_s == pytest.approx(0.5)


def test_what_no_position_has_keeps_its_reason() -> None:
    room = evaluation_of_a_room()
    band = replace(room.bands[3], t30_s=None, reasons={"t30_s": "500 Hz: too noisy."})
    noisy = replace(room, bands=(*room.bands[:3], band, *room.bands[4:]))

    mean = spatial_mean([noisy, noisy])

    assert "t30_s" not in mean.over_positions[3].metrics
    assert (mean.bands[3].t30_s, mean.bands[3].reasons["t30_s"]) == (None, "500 Hz: too noisy.")


def test_the_lowest_index_is_told_beside_the_mean() -> None:
    room = evaluation_of_a_room()
    seats = [replace(room, speech=replace(room.speech, sti=sti)) for sti in (0.7, 0.5, 0.6)]

    over = spatial_mean(seats).speech_over_positions["sti"]

    assert (over.mean, over.lowest) == (pytest.approx(0.6), 0.5)


def test_a_mean_is_as_good_as_the_worst_recording_in_it() -> None:
    positions = [graded("good", snr_db=50.0), graded("poor", "clipped", snr_db=20.0)]

    quality = spatial_mean(positions).quality

    assert (quality.grade, quality.snr_db) == ("poor", 20.0)
    assert quality.findings[0].message == "1 of 2 positions: There is clipped."
    assert quality.summary.startswith("2 positions: 1 good, 1 poor.")


def test_repeated_findings_are_told_once() -> None:
    quality = spatial_mean([graded("usable", "quiet", "quiet"), graded("usable", "quiet")]).quality

    assert [each.message for each in quality.findings] == ["2 of 2 positions: There is quiet."]


def test_octaves_that_not_every_sweep_held_are_averaged_over_those_that_did() -> None:
    room = evaluation_of_a_room()
    wide = tuple(BandDistortion(hz, 2.0, (2.0, None, None)) for hz in (125.0, 250.0, 500.0))
    narrow = (BandDistortion(250.0, 4.0, (3.0, 1.0, None)),)

    mean = spatial_mean([replace(room, distortion=narrow), replace(room, distortion=wide)])

    assert [each.center_hz for each in mean.distortion] == [125.0, 250.0, 500.0]
    assert [each.thd_percent for each in mean.distortion] == [2.0, 3.0, 2.0]
    assert mean.distortion[1].harmonics_percent == (2.5, 1.0, None)


def test_a_mean_index_is_noted_as_that_of_a_position_that_has_one() -> None:
    room = evaluation_of_a_room()
    silent = replace(room.speech, sti=None, sti_male=None, sti_female=None, note="There is none.")

    mean = spatial_mean([replace(room, speech=silent), room])

    assert mean.speech.sti == room.speech.sti
    assert mean.speech.note == room.speech.note


def placed(*pairs: tuple[str, str]) -> Sequence[Place | None]:
    return [Place(*pair) for pair in pairs]


def test_distinct_positions_count_for_the_grade() -> None:
    places = placed(("s1", "r1"), ("s1", "r2"), ("s1", "r2"))

    mean = spatial_mean([evaluation_of_a_room()] * 3, places)

    assert (mean.coverage.combinations, mean.grade) == (2, "survey")


def test_recordings_without_a_place_or_a_time_count_for_nothing_and_it_is_said() -> None:
    positions = [evaluation_of_a_room(), evaluation(t20_s=None), evaluation_of_a_room()]

    mean = spatial_mean(positions, [*placed(("s1", "r1"), ("s1", "r2")), None])

    assert (mean.coverage.combinations, mean.grade) == (1, None)
    assert (mean.coverage.without_place, mean.coverage.without_time) == (1, 1)


def test_nothing_has_no_mean() -> None:
    with pytest.raises(ValueError, match="nothing to average"):
        spatial_mean([])
