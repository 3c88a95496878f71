"""The analysis of one recording as a person reads it."""

from collections import defaultdict
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sonalyze.cli.band_table import COLUMNS, BandTable, bent_decays
from sonalyze.notation import MISSING, frequency, spread
from sonalyze_contracts.bands import BandResult
from sonalyze_contracts.results import (
    AnalysisResults,
    QualityFinding,
    SpeechTransmissionResult,
)

TOLD_AS_REASONS = {"band_without_decay"}
"""Findings that the list of what is missing says already."""

GRADE_STYLES = {"good": "bold green", "usable": "bold yellow", "poor": "bold red"}
_SEVERITY = {"info": ("·", "cyan"), "warning": ("!", "yellow"), "error": ("✗", "red")}


def report(name: str, results: AnalysisResults) -> RenderableType:
    """Lay out everything that an analysis says."""
    return Group(
        Text(),
        Text(f"{name}\n", style="bold"),
        Padding(_summary(results), (0, 0, 0, 2)),
        BandTable("Octave", results.bands),
        *([BandTable("Third", results.third_octaves)] if results.third_octaves else []),
        *_notes(results),
    )


def _summary(results: AnalysisResults) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    quality = results.quality
    table.add_row("Quality", Text(quality.grade, style=GRADE_STYLES[quality.grade]))
    if quality.summary:
        table.add_row("", Text(quality.summary))
    known = results.uncertainty
    for name, value, key, digits, unit in (
        ("Reverberation", results.rt.rt60_s, "rt60_s", 2, "s"),
        ("Clarity C50", results.clarity.c50_db, "c50_db", 1, "dB"),
    ):
        shown = _number(value, f"z.{digits}f", unit, _spread(known.get(key), digits))
        table.add_row(name, shown if value is None else f"{shown} at 500 Hz and 1 kHz")
    table.add_row("STI", _speech(results.sti))
    table.add_row("Signal to noise", _number(quality.snr_db, ".0f", "dB"))
    if results.alignment is not None:
        table.add_row("Clock skew", _number(results.alignment.skew_ppm, "+z.1f", "ppm"))
        table.add_row("Latency", _number(results.alignment.latency_s, ".3f", "s"))
    return table


def _number(value: float | None, form: str, unit: str, spread_shown: str = "") -> str:
    return MISSING if value is None else f"{value:{form}}{spread_shown} {unit}".rstrip()


def _spread(error: float | None, digits: int) -> str:
    return "" if error is None else f" {spread(error, digits)}"


def _speech(speech: SpeechTransmissionResult) -> str:
    if speech.sti is None:
        return f"{MISSING}  {speech.note or ''}"
    level = "level independent" if speech.is_level_independent else "at the levels given"
    return f"{_number(speech.sti, '.2f', '', _spread(speech.uncertainty.get('sti'), 2))}, {level}"


def _notes(results: AnalysisResults) -> Iterator[RenderableType]:
    findings = [
        _finding(finding)
        for finding in results.quality.findings
        if finding.code not in TOLD_AS_REASONS
    ]
    if findings:
        yield Text("\nFindings", style="bold")
        yield from findings
    bent = list(bent_decays([*results.bands, *results.third_octaves]))
    if bent:
        yield Text("\nBent decays", style="bold")
        yield from (Padding(Text(sentence), (0, 0, 0, 2)) for sentence in bent)
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
                places[_without_band(reason, band)][frequency(band.center_hz)].append(headings[key])
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
