"""The analysis of one recording as a person reads it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sonalyze_contracts.results import AnalysisResults, BandResult, QualityFinding

MISSING = "—"
TOLD_AS_REASONS = {"band_without_decay"}
"""Findings that the list of what is missing says already."""

GRADE_STYLES = {"good": "bold green", "usable": "bold yellow", "poor": "bold red"}
_SEVERITY = {"info": ("·", "cyan"), "warning": ("!", "yellow"), "error": ("✗", "red")}


@dataclass(frozen=True, slots=True)
class Column:
    """One metric of the per-band table."""

    key: str
    heading: str
    shown: Callable[[float], str]

    def cell(self, band: BandResult) -> Text:
        """Show the metric of an octave, or that there is none."""
        value = getattr(band, self.key)
        return Text(MISSING, style="dim") if value is None else Text(self.shown(value))


COLUMNS = (
    Column("t20_s", "T20 s", "{:.2f}".format),
    Column("t30_s", "T30 s", "{:.2f}".format),
    Column("edt_s", "EDT s", "{:.2f}".format),
    Column("c50_db", "C50 dB", "{:.1f}".format),
    Column("c80_db", "C80 dB", "{:.1f}".format),
    Column("d50", "D50", "{:.2f}".format),
    Column("ts_s", "Ts ms", lambda time_s: f"{1000 * time_s:.0f}"),
    Column("drr_db", "DRR dB", "{:.1f}".format),
    Column("inr_db", "INR dB", "{:.0f}".format),
)


def report(name: str, results: AnalysisResults) -> RenderableType:
    """Lay out everything that an analysis says."""
    return Group(
        Text(),
        Text(f"{name}\n", style="bold"),
        Padding(_summary(results), (0, 0, 0, 2)),
        _bands(results),
        *_notes(results),
    )


def octave(center_hz: float) -> str:
    """Name an octave as people do."""
    return f"{center_hz / 1000:g} kHz" if center_hz >= 1000 else f"{center_hz:g} Hz"  # noqa: PLR2004  kilo


def _summary(results: AnalysisResults) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    quality = results.quality
    table.add_row("Quality", Text(quality.grade, style=GRADE_STYLES[quality.grade]))
    table.add_row("Reverberation", _number(results.rt.rt60_s, "{:.2f} s at 500 Hz and 1 kHz"))
    table.add_row("Clarity C50", _number(results.clarity.c50_db, "{:.1f} dB at 500 Hz and 1 kHz"))
    table.add_row("STI", _speech(results))
    table.add_row("Signal to noise", _number(quality.snr_db, "{:.0f} dB"))
    if results.alignment is not None:
        table.add_row("Clock skew", _number(results.alignment.skew_ppm, "{:+.1f} ppm"))
        table.add_row("Latency", _number(results.alignment.latency_s, "{:.3f} s"))
    return table


def _number(value: float | None, form: str) -> str:
    return MISSING if value is None else form.format(value)


def _speech(results: AnalysisResults) -> str:
    if results.sti.sti is None:
        return f"{MISSING}  {results.sti.note or ''}"
    return f"{results.sti.sti:.2f}"


def plain_table() -> Table:
    """Begin a table of figures, with a line below its headings only."""
    return Table(
        box=SIMPLE_HEAD,
        header_style="bold",
        border_style="dim",
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def _bands(results: AnalysisResults) -> Table:
    table = plain_table()
    table.add_column("Octave", justify="right", no_wrap=True)
    for column in COLUMNS:
        table.add_column(column.heading, justify="right", no_wrap=True)
    for band in results.bands:
        table.add_row(octave(band.center_hz), *(column.cell(band) for column in COLUMNS))
    return table


def _notes(results: AnalysisResults) -> Iterator[RenderableType]:
    findings = [
        _finding(finding)
        for finding in results.quality.findings
        if finding.code not in TOLD_AS_REASONS
    ]
    if findings:
        yield Text("\nFindings", style="bold")
        yield from findings
    reasons = list(_reasons(results))
    if reasons:
        yield Text("\nWhat is missing, and why", style="bold")
        yield from reasons


def _finding(finding: QualityFinding) -> RenderableType:
    mark, style = _SEVERITY[finding.severity]
    line = Table.grid(padding=(0, 1, 0, 0))
    line.add_row(Text(f"  {mark}", style=style), finding.message)
    return line


def _reasons(results: AnalysisResults) -> Iterator[RenderableType]:
    """Say each reason once, with everything that it is the reason for."""
    headings = {column.key: column.heading.split()[0] for column in COLUMNS}
    places: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for band in results.bands:
        for key, reason in band.reasons.items():
            if key in headings:
                places[_without_band(reason, band)][octave(band.center_hz)].append(headings[key])
    for reason, octaves in places.items():
        metrics = sorted({m for found in octaves.values() for m in found}, key=_position)
        what = "Everything" if len(metrics) == len(COLUMNS) else ", ".join(metrics)
        where = Text(f"{what} at {', '.join(octaves)}: ", style="dim")
        yield Padding(where + Text(reason), (0, 0, 0, 2))


def _without_band(reason: str, band: BandResult) -> str:
    """Take the octave from the front of a sentence: it stands there already."""
    plain = reason.removeprefix(f"{band.center_hz:g} Hz: ")
    return plain[:1].upper() + plain[1:]


def _position(heading: str) -> int:
    return [column.heading.split()[0] for column in COLUMNS].index(heading)
