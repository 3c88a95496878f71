"""The figures of each band as a table, with how sure they are, and the decays that are bent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from sonalyze.notation import MISSING, frequency, spread
from sonalyze_contracts.bands import BandResult

WIDE_COLUMNS = 120
"""From this width on values and their uncertainties fit side by side."""

BENT = 2
"""A decay with this many slopes is bent."""


@dataclass(frozen=True, slots=True)
class Column:
    """One metric of the table; `scale` brings it to the heading's unit."""

    key: str
    heading: str
    digits: int
    scale: float = 1.0

    def cell(self, band: BandResult, beside: str) -> Text:
        """Show the metric of a band and its uncertainty, or that there is none."""
        value = getattr(band, self.key)
        if value is None:
            return Text(MISSING, style="dim")
        shown = Text(f"{self.scale * value:z.{self.digits}f}")
        error = band.uncertainty.get(self.key)
        if error is None:
            return shown
        return shown.append(f"{beside}{spread(self.scale * error, self.digits)}", style="dim")


COLUMNS = (
    Column("t20_s", "T20 s", 2),
    Column("t30_s", "T30 s", 2),
    Column("edt_s", "EDT s", 2),
    Column("c50_db", "C50 dB", 1),
    Column("c80_db", "C80 dB", 1),
    Column("d50", "D50", 2),
    Column("ts_s", "Ts ms", 0, 1000.0),
    Column("drr_db", "DRR dB", 1),
    Column("inr_db", "INR dB", 0),
)


def plain_table() -> Table:
    """Begin a table of figures, with a line below its headings only."""
    return Table(
        box=SIMPLE_HEAD,
        header_style="bold",
        border_style="dim",
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


@dataclass(frozen=True, slots=True)
class BandTable:
    """Every metric of every band; uncertainties stand beside or, on narrow terminals, below."""

    heading: str
    bands: Sequence[BandResult]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Fit the table to the terminal that it is printed on."""
        beside = " " if options.max_width >= WIDE_COLUMNS else "\n"
        table = plain_table()
        table.add_column(self.heading, justify="right", no_wrap=True)
        for column in COLUMNS:
            table.add_column(column.heading, justify="right", no_wrap=True)
        for band in self.bands:
            cells = (column.cell(band, beside) for column in COLUMNS)
            table.add_row(frequency(band.center_hz), *cells)
        yield table


def bent_decays(bands: Sequence[BandResult]) -> Iterator[str]:
    """Say of each decay that is bent beyond doubt what it is made of."""
    for band in bands:
        if band.shape is None or len(band.shape.slopes) < BENT:
            continue
        early, late = band.shape.slopes[:2]
        yield (
            f"{frequency(band.center_hz)}: {early.time_s:.2f} s, and {late.time_s:.2f} s "
            f"from {late.level_db:.0f} dB on."
        )
