"""The top of the page: file, grade, the figures that people ask for, and what to change."""

from collections.abc import Iterator
from textwrap import fill
from typing import Final

from matplotlib.figure import SubFigure

from sonalyze.notation import MISSING, spread
from sonalyze.plots.style import FAINT, GRADE_COLOURS, GRADE_MARKS, INK, PAPER
from sonalyze_acoustics import Evaluation

LEFT, RIGHT = 0.04, 0.985
LINE: Final = 150
"""Letters that fit across the page at the size of the summary."""

LINES: Final = 2

Tile = tuple[str, str, str]
"""What is measured, its value and unit, its standard uncertainty."""


def draw_header(area: SubFigure, name: str, evaluation: Evaluation) -> None:
    """Write name, grade, key figures and summary."""
    quality = evaluation.quality
    area.text(LEFT, 0.93, _shortened(name, 80), fontsize=18, fontweight="bold", va="top")
    area.text(
        RIGHT,
        0.92,
        f" {GRADE_MARKS[quality.grade]}  {quality.grade} ",
        fontsize=15,
        fontweight="bold",
        color=PAPER,
        ha="right",
        va="top",
        bbox={"boxstyle": "round,pad=0.35", "facecolor": GRADE_COLOURS[quality.grade], "lw": 0},
    )
    area.text(LEFT, 0.71, _summary(evaluation), fontsize=12, va="top", linespacing=1.35)
    tiles = list(_tiles(evaluation))
    width = (RIGHT - LEFT) / len(tiles)
    for number, tile in enumerate(tiles):
        _draw_tile(area, LEFT + number * width, tile)


def _draw_tile(area: SubFigure, left: float, tile: Tile) -> None:
    title, value, uncertainty = tile
    area.text(left, 0.40, title, fontsize=11, color=FAINT, va="top")
    area.text(left, 0.285, value, fontsize=17, fontweight="bold", color=INK, va="top")
    area.text(left, 0.115, uncertainty, fontsize=10.5, color=FAINT, va="top")


def _tiles(evaluation: Evaluation) -> Iterator[Tile]:
    mid, speech, quality = evaluation.mid, evaluation.speech, evaluation.quality
    figures = (
        ("T20", "t20_s", 2, "s", 1.0),
        ("T30", "t30_s", 2, "s", 1.0),
        ("EDT", "edt_s", 2, "s", 1.0),
        ("Clarity C50", "c50_db", 1, "dB", 1.0),
        ("Clarity C80", "c80_db", 1, "dB", 1.0),
        ("Definition D50", "d50", 0, "%", 100.0),
        ("Centre time Ts", "ts_s", 0, "ms", 1000.0),
    )
    for title, key, digits, unit, scale in figures:
        value, error = getattr(mid, key), mid.uncertainty.get(key)
        yield title, _number(value, f"z.{digits}f", unit, scale), _spread(error, digits, scale)
    yield "Speech STI", _number(speech.sti, ".2f"), _spread(speech.uncertainty.get("sti"), 2)
    yield "Signal to noise", _number(quality.snr_db, ".0f", "dB"), ""
    if evaluation.alignment is not None:
        yield "Clock skew", _number(evaluation.alignment.skew_ppm, "+z.1f", "ppm"), ""


def _number(value: float | None, form: str, unit: str = "", scale: float = 1.0) -> str:
    return MISSING if value is None else f"{value * scale:{form}} {unit}".rstrip()


def _spread(error: float | None, digits: int, scale: float = 1.0) -> str:
    return "" if error is None else spread(error * scale, digits)


def _summary(evaluation: Evaluation) -> str:
    lines = fill(evaluation.quality.summary or _places(evaluation), LINE).splitlines()
    kept = lines[:LINES]
    if len(lines) > LINES:
        kept[-1] = _shortened(f"{kept[-1]} …", LINE)
    return "\n".join(kept)


def _places(evaluation: Evaluation) -> str:
    return f"The figures are means of 500 Hz and 1 kHz; analysis {evaluation.version}."


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
