"""The document that explains the figures knows all of them."""

import dataclasses
import re
from pathlib import Path

from sonalyze_acoustics import BandMetrics

DOCUMENT = Path(__file__).parents[3] / "docs" / "acoustics.md"
WITHOUT_A_ROW = {"center_hz", "reasons", "uncertainty", "shape"}
MEASURED = ("T20", "T30", "EDT", "C50", "C80", "D50", "D80", "Ts", "DRR", "STI")


def rows_below(text: str, head: str) -> list[list[str]]:
    """Give the cells of every row of the first table whose head begins like this."""
    lines = text[text.index(head) :].splitlines()
    table = lines[2 : next(at for at, line in enumerate(lines) if not line.startswith("|"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_every_figure_of_a_band_has_its_definition_norm_needs_and_tolerance() -> None:
    rows = rows_below(DOCUMENT.read_text(encoding="utf-8"), "| Figure | Definition |")

    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    named = {field.name for field in dataclasses.fields(BandMetrics)} - WITHOUT_A_ROW
    assert named <= explained
    assert all(len(row) == 5 and all(row) for row in rows)


def test_every_measured_table_has_a_row_for_every_figure() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    measured = text.partition("<!-- accuracy: begin -->")[2].partition("<!-- accuracy: end -->")[0]

    tables = [
        block for block in measured.split("\n\n") if block.startswith(("| JND ", "| figure "))
    ]

    assert len(tables) == 4
    for table in tables:
        _, _, *rows = table.splitlines()
        assert tuple(row.split("|")[1].strip() for row in rows) == MEASURED
