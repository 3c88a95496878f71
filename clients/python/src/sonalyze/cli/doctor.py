"""``doctor``: what this machine has, what is missing, and what to do about it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from sonalyze.cli import examinations
from sonalyze.cli.consoles import output
from sonalyze.cli.examinations import Examination, Verdict

_MARKS = {
    Verdict.FINE: Text("✓", style="green"),
    Verdict.NOTE: Text("!", style="yellow"),
    Verdict.BROKEN: Text("✗", style="bold red"),
}


def doctor(
    data: Annotated[
        Path, typer.Option(help="Folder in which the services would keep their data.")
    ] = (Path("measurement_data")),
) -> None:
    """Examine this machine: versions, ports, data folder, database, audio formats."""
    table = Table.grid(padding=(0, 2))
    worst = Verdict.FINE
    for examination in _examinations(data):
        table.add_row(_MARKS[examination.verdict], examination.subject, _told(examination))
        worst = max(worst, examination.verdict)
    console = output()
    console.print(table)
    if worst is Verdict.BROKEN:
        console.print("\nSomething is broken: see ✗ above.", style="bold red")
        raise typer.Exit(1)
    console.print("\nEverything that is needed works.", style="green")


def _examinations(data: Path) -> Iterator[Examination]:
    yield examinations.of_python()
    yield examinations.of_uv()
    yield from examinations.of_packages()
    yield from examinations.of_ports()
    yield examinations.of_folder(data)
    yield from examinations.of_databases(os.environ)
    yield examinations.of_audio()
    yield examinations.of_rooms()


def _told(examination: Examination) -> Text:
    told = Text(examination.finding)
    if examination.remedy:
        told.append(f"\n→ {examination.remedy}", style="cyan")
    return told
