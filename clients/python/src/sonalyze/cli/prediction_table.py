"""Measured, simulated and true side by side, octave by octave."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from sonalyze.comparison import C50, D50, EDT, JUDGED_BANDS_HZ, T20, T30, Metric
from sonalyze.notation import MISSING, frequency
from sonalyze.prediction import FARTHEST_JND, PredictedPair, Prediction, SingleNumber

SHOWN = (T20, T30, EDT, C50, D50)
NAMES = {"T30": "Reverberation time", "C50": "Clarity C50", "STI": "Speech transmission index"}

WIDE_COLUMNS = 100
"""From this width on a cell stands in one line; else the truth stands below."""

VALUE_WIDTH = 4
_NEAR_JND = 1.0


class PredictionTable:
    """One pair, as wide as the terminal permits."""

    def __init__(self, prediction: Prediction, pair: PredictedPair) -> None:
        self._prediction = prediction
        self._pair = pair

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        separator = " " if options.max_width >= WIDE_COLUMNS else "\n"
        table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column("", justify="right", no_wrap=True)
        for metric in SHOWN:
            table.add_column(f"{metric.label:>{VALUE_WIDTH}} {metric.unit}", no_wrap=True)
        table.add_column("Eyring s", justify="right", no_wrap=True)
        for band_hz in self._pair.compared.bands_hz:
            judged = band_hz in JUDGED_BANDS_HZ
            table.add_row(
                Text(frequency(band_hz), style="bold" if judged else "dim"),
                *(self._cell(metric, band_hz, separator) for metric in SHOWN),
                Text(_shown(T30, self._prediction.eyring_s(band_hz)), style="dim"),
            )
        yield self._title()
        yield table

    def _cell(self, metric: Metric, band_hz: float, separator: str) -> Text:
        figure = self._pair.compared.figure(metric, band_hz)
        style = _style(self._pair.difference_jnd(metric, band_hz))
        return Text.assemble(
            _shown(metric, figure.measured),
            " ",
            (_shown(metric, self._pair.simulated_value(metric, band_hz)), style),
            (f"{separator}{_shown(metric, figure.true)}", "dim"),
        )

    def _title(self) -> Text:
        sti, simulated = self._pair.compared.sti, self._pair.simulated.metrics.sti
        difference = None
        if sti.measured is not None and simulated is not None:
            difference = sti.metric.difference_jnd(simulated, sti.measured)
        return Text.assemble(
            "\n",
            (f"{self._pair.compared.speaker} → {self._pair.compared.microphone}", "bold"),
            "  STI ",
            _shown(sti.metric, sti.measured),
            " ",
            (_shown(sti.metric, simulated), _style(difference)),
            (f" {_shown(sti.metric, sti.true)}", "dim"),
        )


def prediction_report(prediction: Prediction) -> RenderableType:
    """Lay out every pair, the legend, and what to think of it."""
    return Group(
        *(PredictionTable(prediction, pair) for pair in prediction.pairs),
        _legend(),
        *_remarks(prediction),
        *(_verdict(number) for number in prediction.single_numbers()),
        _conclusion(prediction),
    )


def _legend() -> Text:
    return Text.assemble(
        "\nMeasured, ",
        ("simulated", "green"),
        ", ",
        ("the room's truth", "dim"),
        ".  Simulated beside measured, in JND:  ",
        ("≤ 1", "green"),
        "  ",
        ("≤ 2", "yellow"),
        "  ",
        ("> 2", "magenta"),
        "\n",
    )


def _remarks(prediction: Prediction) -> Iterator[Text]:
    for warning in prediction.answer.warnings:
        yield Text(f"! {warning}", style="yellow")


def _verdict(number: SingleNumber) -> Text:
    name, unit = NAMES[number.metric.label], f" {number.metric.unit}".rstrip()
    shown = f"{_plain(number, number.measured)}{unit} measured"
    shown += f", {_plain(number, number.simulated)}{unit} simulated"
    if number.difference_jnd is None:
        return Text(f"✗ {name}: {shown}", style="bold red")
    apart = f"{abs(number.difference_jnd):.1f} JND apart"
    if number.agrees:
        return Text(f"✓ {name}: {shown}, {apart}", style="bold green")
    return Text(f"✗ {name}: {shown}, {apart}, more than {FARTHEST_JND:g}", style="bold red")


def _conclusion(prediction: Prediction) -> Text:
    if prediction.agrees:
        return Text("The simulated room sounds like the measured one.", style="bold green")
    return Text("The simulated room sounds different from the measured one.", style="bold red")


def _style(difference_jnd: float | None) -> str:
    if difference_jnd is None:
        return "dim"
    if abs(difference_jnd) <= _NEAR_JND:
        return "green"
    return "yellow" if abs(difference_jnd) <= FARTHEST_JND else "magenta"


def _shown(metric: Metric, value: float | None) -> str:
    return f"{MISSING if value is None else metric.shown(value):>{VALUE_WIDTH}}"


def _plain(number: SingleNumber, value: float | None) -> str:
    return _shown(number.metric, value).strip()
