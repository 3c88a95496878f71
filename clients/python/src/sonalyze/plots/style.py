"""How the pictures look: sizes, and the colours of Okabe and Ito, which all can tell apart."""

from typing import Any, Final

from matplotlib.typing import RcKeyType

PICTURE_INCHES: Final = (16.0, 13.5)
DOTS_PER_INCH: Final = 100
"""1600 dots across: a screen's width."""

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
VERMILION: Final = "#D55E00"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
INK: Final = "#22262B"
FAINT: Final = "#6B737C"
PALE: Final = "#C9D3DC"
PAPER: Final = "#FFFFFF"
PANEL: Final = "#F6F8FA"

GRADE_COLOURS: Final = {"good": GREEN, "usable": ORANGE, "poor": VERMILION}
GRADE_MARKS: Final = {"good": "✓", "usable": "~", "poor": "✗"}
"""The grade is told without its colour, too."""

SETTINGS: Final[dict[RcKeyType, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": PALE,
    "axes.labelcolor": INK,
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#E7ECF0",
    "grid.linewidth": 0.8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
}
