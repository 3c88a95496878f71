"""The examination of a bundle as a person reads it."""

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sonalyze.bundle_verdicts import AnalysisVerdict, BundleVerdict, DifferentFigure
from sonalyze.cli.band_table import plain_table
from sonalyze.notation import MISSING
from sonalyze.recomputation import Verdict

MOST_ROWS: Final = 24
"""Of a table of differences: a screen; ``--json`` has them all."""

LONGEST_CELL: Final = 40

_MARKS = {
    Verdict.SAME: ("✓", "green"),
    Verdict.DIFFERENT: ("✗", "bold red"),
    Verdict.OTHER_VERSION: ("≠", "yellow"),
    Verdict.NOT_COMPUTED: ("?", "yellow"),
}


def printable(text: str) -> str:
    """Take from somebody else's text what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def bundle_report(name: str, found: BundleVerdict) -> RenderableType:
    """Lay out what is damaged, what is absent, and how each analysis came out."""
    return Group(
        Text(),
        Text(f"{name}\n", style="bold"),
        Padding(Group(*_files(found)), (0, 0, 1, 2)),
        *(part for analysis in found.analyses for part in _analysis(analysis)),
        _sum(found),
    )


def _files(found: BundleVerdict) -> Iterator[Text]:
    yield Text(
        f"Job {printable(found.job_id)}, packed {found.created_at:%Y-%m-%d %H:%M %Z}", style="dim"
    )
    size_mb = found.bytes / 1e6
    if not found.damaged:
        yield Text(f"{found.files} files, {size_mb:.1f} MB, every SHA-256 as in the manifest")
    for file in found.damaged:
        yield Text(printable(f"✗ {file.path} {file.sentence}"), style="bold red")
    for absent in found.absent:
        yield Text(printable(f"? {absent.path} is absent: {absent.reason}"), style="yellow")


def _analysis(analysis: AnalysisVerdict) -> Iterator[RenderableType]:
    mark, style = _MARKS[analysis.verdict]
    yield Text.assemble((f"{mark} {analysis.upload}  ", style), printable(_outcome(analysis)))
    changed = ", ".join(
        f"{each.name} {each.then} then, {each.here} here" for each in analysis.versions
    )
    if changed:
        yield Padding(Text(printable(f"Computed with {changed}"), style="dim"), (0, 0, 0, 2))
    if analysis.differences:
        yield Padding(_table(analysis.differences), (0, 0, 0, 2))


def _outcome(analysis: AnalysisVerdict) -> str:
    match analysis.verdict:
        case Verdict.SAME:
            return "the same"
        case Verdict.NOT_COMPUTED:
            return f"not computed again: {analysis.obstacle}"
        case Verdict.DIFFERENT:
            return _count(analysis)
        case Verdict.OTHER_VERSION:
            return f"by another version of the analysis: {_count(analysis)}"


def _count(analysis: AnalysisVerdict) -> str:
    count = len(analysis.differences)
    return "1 figure differs" if count == 1 else f"{count or 'no'} figures differ"


def _table(differences: list[DifferentFigure]) -> Table:
    table = plain_table()
    table.add_column("Figure", overflow="fold")
    for heading in ("Stored", "Computed", "Difference"):
        table.add_column(heading, justify="right", overflow="fold")
    for each in differences[:MOST_ROWS]:
        amount = "" if each.amount is None else f"{each.amount:+.3g}"
        # Texts, not markup: what a bundle holds is somebody else's.
        row = (printable(each.figure), _shown(each.stored), _shown(each.computed), amount)
        table.add_row(*map(Text, row))
    if len(differences) > MOST_ROWS:
        table.add_row(Text(f"and {len(differences) - MOST_ROWS} more: --json", style="dim"))
    return table


def _shown(value: Any) -> str:  # noqa: ANN401  any JSON
    if value is None:
        return MISSING
    text = f"{value:.10g}" if isinstance(value, float) else printable(str(value))
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _sum(found: BundleVerdict) -> Text:
    if not found.analyses:
        return Text("It holds no analyses to compute again.", style="dim")
    same = sum(each.verdict is Verdict.SAME for each in found.analyses)
    sentence = f"\n{same} of {len(found.analyses)} analyses came out the same."
    return Text(sentence, style="bold green" if found.holds else "bold red")
