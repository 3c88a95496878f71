"""Measured against true: what counts as right, and how it is told."""

import pytest
from analyses import band, results
from rich.console import Console

from sonalyze.cli.comparison_table import comparison
from sonalyze.comparison import C50, T20, T30, PairComparison, out_of_tolerance, worst
from sonalyze_contracts.bands import BandResult


def compared(*measured: BandResult, true: tuple[BandResult, ...] = ()) -> PairComparison:
    return PairComparison("Speaker 1", "Microphone 1", results(*measured), results(*true))


def printed(*pairs: PairComparison, width: int) -> str:
    console = Console(width=width, record=True, force_terminal=False, highlight=False)
    with console.capture() as capture:
        console.print(comparison(pairs))
    return capture.get()


def test_equal_results_are_in_tolerance() -> None:
    assert out_of_tolerance([compared()]) == ()


@pytest.mark.parametrize(
    ("figures", "label"),
    [({"t20_s": 0.526}, "T20"), ({"t30_s": 0.474}, "T30"), ({"c50_db": 5.8}, "C50")],
)
def test_a_judged_figure_that_is_too_far_off_is_a_fault(
    figures: dict[str, float], label: str
) -> None:
    faults = out_of_tolerance([compared(band(250.0, **figures))])

    assert [figure.metric.label for _, figure in faults] == [label]


@pytest.mark.parametrize(
    "figures", [{"t20_s": 0.524}, {"t30_s": 0.476}, {"c50_db": 5.6}, {"edt_s": 0.9}, {"ts_s": 0.2}]
)
def test_what_is_near_enough_or_not_judged_is_no_fault(figures: dict[str, float]) -> None:
    assert out_of_tolerance([compared(band(4000.0, **figures))]) == ()


@pytest.mark.parametrize("center_hz", [63.0, 125.0, 8000.0])
def test_octaves_that_a_phone_cannot_play_well_are_not_judged(center_hz: float) -> None:
    assert out_of_tolerance([compared(band(center_hz, t20_s=2.0))]) == ()


def test_a_figure_that_is_missing_though_the_room_has_it_is_a_fault() -> None:
    assert len(out_of_tolerance([compared(band(1000.0, t30_s=None))])) == 1


def test_a_figure_that_the_room_has_not_either_is_no_fault() -> None:
    missing = band(1000.0, t30_s=None)

    assert out_of_tolerance([compared(missing, true=(missing,))]) == ()


def test_differences_are_counted_in_just_noticeable_ones() -> None:
    pair = compared(band(500.0, t20_s=0.55, c50_db=3.6))

    assert pair.figure(T20, 500.0).difference_jnd == pytest.approx(2.0)
    assert pair.figure(C50, 500.0).difference_jnd == pytest.approx(-1.0)


def test_the_worst_difference_is_found_over_all_pairs() -> None:
    pairs = [compared(band(500.0, t30_s=0.51)), compared(band(2000.0, t30_s=0.48))]

    found = worst(pairs, T30)

    assert found is not None
    assert found.band_hz == 2000.0


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_fits_its_terminal(width: int) -> None:
    pair = compared(band(250.0, c50_db=-10.4), band(63.0, t20_s=None))

    lines = printed(pair, width=width).splitlines()

    assert max(len(line.rstrip()) for line in lines) <= width
    assert not any("…" in line for line in lines)


@pytest.mark.parametrize("width", [80, 140])
def test_the_table_shows_measured_true_and_difference(width: int) -> None:
    shown = printed(compared(band(1000.0, t20_s=0.61)), width=width)

    assert "Speaker 1 → Microphone 1" in shown
    assert "0.61" in shown
    assert "+4.4" in shown
    assert "T20 at 1 kHz: 0.61, in truth 0.50 s" in shown


def test_a_difference_that_rounds_to_nothing_has_no_minus() -> None:
    shown = printed(compared(band(1000.0, t20_s=0.49999)), width=140)

    assert "-0.0" not in shown
