"""Measured beside true, per pair and octave, coloured by just noticeable differences."""

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from sonalyze.cli.report import GRADE_STYLES, MISSING, octave
from sonalyze.comparison import (
    BAND_METRICS,
    JUDGED_BANDS_HZ,
    STI,
    Figure,
    PairComparison,
    out_of_tolerance,
    worst,
)

WIDE_COLUMNS = 126
"""From this width on a cell stands in one line: measured, true, difference."""

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
        joint = " " if options.max_width >= WIDE_COLUMNS else "\n"
        table = Table(
            title=_title(self._pair),
            title_justify="left",
            title_style="",
            header_style="bold",
            border_style="dim",
            box=None,
            pad_edge=False,
            padding=(0, 1),
        )
        table.add_column("", justify="right", no_wrap=True)
        for metric in BAND_METRICS:
            unit = f" {metric.unit}" if metric.unit else ""
            table.add_column(f"{metric.label}{unit}", justify="right", no_wrap=True)
        for band_hz in self._pair.bands_hz:
            judged = band_hz in JUDGED_BANDS_HZ
            table.add_row(
                Text(octave(band_hz), style="bold" if judged else "dim"),
                *(_cell(self._pair.figure(metric, band_hz), joint) for metric in BAND_METRICS),
            )
        yield table


def _cell(figure: Figure, joint: str) -> Text:
    style, shown = style_of(figure), figure.metric.shown
    measured = MISSING if figure.measured is None else shown(figure.measured)
    true = MISSING if figure.true is None else shown(figure.true)
    return Text.assemble(
        (measured, style), joint, (f"{true:>4} ", "dim"), (f"{_jnd(figure):>4}", style)
    )


def _jnd(figure: Figure) -> str:
    return "" if figure.difference_jnd is None else f"{figure.difference_jnd:+.1f}"


def _title(pair: PairComparison) -> Text:
    sti, quality = pair.sti, pair.measured.quality
    title = Text.assemble("\n", (f"{pair.speaker} → {pair.microphone}", "bold"), "   STI ")
    title.append(MISSING if sti.measured is None else f"{sti.measured:.2f}", style_of(sti))
    title.append("" if sti.true is None else f" (room {sti.true:.2f}, {_jnd(sti)} JND)", "dim")
    if pair.measured.alignment and pair.measured.alignment.skew_ppm is not None:
        title.append(f"   clock {pair.measured.alignment.skew_ppm:+.1f} ppm", "dim")
    title.append("   quality ", "dim")
    title.append(quality.grade, GRADE_STYLES[quality.grade])
    return title


def comparison(pairs: Sequence[PairComparison]) -> RenderableType:
    """Lay out every pair, the legend, the worst differences and the verdict."""
    return Group(
        *(ComparisonTable(pair) for pair in pairs), _legend(), _worst(pairs), *_verdict(pairs)
    )


def _legend() -> Text:
    return Text.assemble(
        "\nEach figure: measured, ",
        ("the room's truth", "dim"),
        ", difference in JND. ",
        ("≤ ½ ", "green"),
        ("≤ 1 ", "yellow"),
        ("> 1 ", "magenta"),
        ("out of tolerance ", "bold red"),
        ("not demanded", "dim"),
    )


def _worst(pairs: Sequence[PairComparison]) -> Text:
    low, high = octave(JUDGED_BANDS_HZ[0]), octave(JUDGED_BANDS_HZ[-1])
    line = Text(f"Worst in JND, {low} to {high}:", style="bold")
    for metric in (*BAND_METRICS, STI):
        figure = worst(pairs, metric)
        shown = MISSING if figure is None else _jnd(figure)
        line.append(f"  {metric.label} ", style="not bold dim")
        line.append(shown, style="dim" if figure is None else f"not bold {style_of(figure)}")
    return line


def _verdict(pairs: Sequence[PairComparison]) -> Iterator[Text]:
    faults = out_of_tolerance(pairs)
    if not faults:
        yield Text(
            "✓ T20 and T30 within 1 JND and C50 within 1 dB of the room, in every octave and pair",
            style="bold green",
        )
    for pair, figure in faults:
        yield Text(f"✗ {pair.speaker} → {pair.microphone}, {_fault(figure)}", style="bold red")


def _fault(figure: Figure) -> str:
    place = f"{figure.metric.label} at {octave(figure.band_hz or 0.0)}"
    if figure.measured is None or figure.true is None:
        return f"{place}: nothing was measured"
    shown = figure.metric.shown
    return f"{place}: {shown(figure.measured)}, in truth {shown(figure.true)} {figure.metric.unit}"
