"""Measured beside true, per pair and octave, coloured by just noticeable differences."""

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from sonalyze.cli.report import GRADE_STYLES
from sonalyze.comparison import (
    BAND_METRICS,
    JUDGED_BANDS_HZ,
    STI,
    Figure,
    PairComparison,
    out_of_tolerance,
    worst,
)
from sonalyze.notation import MISSING, frequency

WIDE_COLUMNS = 126
"""From this width on a cell stands in one line: measured, true, difference."""

VALUE_WIDTH = 4

_SMALL_JND, _LARGEST_JND = 0.5, 1.0


def style_of(figure: Figure) -> str:
    """Colour a figure by how far off it is; where nothing is demanded it stays pale."""
    difference = figure.difference_jnd
    if not figure.is_in_tolerance:
        return "bold red"
    if difference is None or figure.band_hz not in (*JUDGED_BANDS_HZ, None):
        return "dim"
    if abs(difference) <= _SMALL_JND:
        return "green"
    return "yellow" if abs(difference) <= _LARGEST_JND else "magenta"


class ComparisonTable:
    """One pair: octaves downwards, metrics across, as wide as the terminal permits."""

    def __init__(self, pair: PairComparison) -> None:
        self._pair = pair

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cell = _wide_cell if options.max_width >= WIDE_COLUMNS else _narrow_cell
        table = Table(
            header_style="bold",
            border_style="dim",
            box=None,
            pad_edge=False,
            padding=(0, 2 if cell is _wide_cell else 1, 0, 0),
        )
        table.add_column("", justify="right", no_wrap=True)
        for metric in BAND_METRICS:
            unit = f" {metric.unit}" if metric.unit else ""
            table.add_column(f"{metric.label:>{VALUE_WIDTH}}{unit}", no_wrap=True)
        for band_hz in self._pair.bands_hz:
            judged = band_hz in JUDGED_BANDS_HZ
            table.add_row(
                Text(frequency(band_hz), style="bold" if judged else "dim"),
                *(cell(self._pair.figure(metric, band_hz)) for metric in BAND_METRICS),
            )
        yield _title(self._pair)
        yield table


def _wide_cell(figure: Figure) -> Text:
    """Measured, true and difference side by side."""
    style = style_of(figure)
    return Text.assemble(
        (_shown(figure, figure.measured), style),
        (f" {_shown(figure, figure.true)}", "dim"),
        (f" {_jnd(figure):>4}", style),
    )


def _narrow_cell(figure: Figure) -> Text:
    """Measured and difference, the truth below."""
    style = style_of(figure)
    return Text.assemble(
        (f"{_shown(figure, figure.measured)} {_jnd(figure):>4}\n", style),
        (_shown(figure, figure.true), "dim"),
    )


def _shown(figure: Figure, value: float | None) -> str:
    return f"{MISSING if value is None else figure.metric.shown(value):>{VALUE_WIDTH}}"


def _jnd(figure: Figure) -> str:
    if figure.difference_jnd is None:
        return ""
    # Adding zero takes the sign from a difference that is rounded to nothing.
    return f"{round(figure.difference_jnd, 1) + 0.0:+.1f}"


def _title(pair: PairComparison) -> Text:
    sti, quality = pair.sti, pair.measured.quality
    title = Text.assemble("\n", (f"{pair.speaker} → {pair.microphone}", "bold"), "  STI ")
    title.append(_shown(sti, sti.measured), style_of(sti))
    title.append(f" {_jnd(sti)}", style_of(sti))
    title.append(f" {_shown(sti, sti.true)}", "dim")
    title.append("  quality ", "dim")
    title.append(quality.grade, GRADE_STYLES[quality.grade])
    if pair.measured.alignment and pair.measured.alignment.skew_ppm is not None:
        title.append(f"  clock {pair.measured.alignment.skew_ppm:+.0f} ppm", "dim")
    return title


def comparison(pairs: Sequence[PairComparison]) -> RenderableType:
    """Lay out every pair, the legend, the worst differences and the verdict."""
    return Group(
        *(ComparisonTable(pair) for pair in pairs), _legend(), _worst(pairs), *_verdict(pairs)
    )


def _legend() -> Text:
    return Text.assemble(
        "\nMeasured, off by JND, ",
        ("the room's truth", "dim"),
        ":  ",
        ("≤ ½", "green"),
        "  ",
        ("≤ 1", "yellow"),
        "  ",
        ("> 1", "magenta"),
        "  ",
        ("out of tolerance", "bold red"),
    )


def _worst(pairs: Sequence[PairComparison]) -> Text:
    low, high = frequency(JUDGED_BANDS_HZ[0]), frequency(JUDGED_BANDS_HZ[-1])
    line = Text(f"Worst from {low} to {high}\n", style="bold")
    for metric in (*BAND_METRICS, STI):
        figure = worst(pairs, metric)
        shown = MISSING if figure is None else _jnd(figure)
        line.append(f"{metric.label} ", style="not bold dim")
        line.append(f"{shown}  ", style="dim" if figure is None else f"not bold {style_of(figure)}")
    return line


def _verdict(pairs: Sequence[PairComparison]) -> Iterator[Text]:
    faults = out_of_tolerance(pairs)
    if not faults:
        yield Text(
            f"✓ {frequency(JUDGED_BANDS_HZ[0])} to {frequency(JUDGED_BANDS_HZ[-1])}: "
            "T20 and T30 within 1 JND, C50 within 1 dB of the room",
            style="bold green",
        )
    for pair, figure in faults:
        yield Text(f"✗ {pair.speaker} → {pair.microphone}, {_fault(figure)}", style="bold red")


def _fault(figure: Figure) -> str:
    place = f"{figure.metric.label} at {frequency(figure.band_hz or 0.0)}"
    if figure.measured is None or figure.true is None:
        return f"{place}: nothing was measured"
    shown = figure.metric.shown
    return f"{place}: {shown(figure.measured)}, in truth {shown(figure.true)} {figure.metric.unit}"
