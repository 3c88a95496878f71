"""The PNG of an analysis on disk, or a sentence about why there is none."""

from importlib.util import find_spec
from pathlib import Path

import typer

from sonalyze.cli.consoles import complaints, give_up
from sonalyze.evaluations import EvaluatedFile

UNDRAWABLE = 2
NEEDED = "matplotlib"


def drawable(out: Path) -> None:
    """Give up before the analysis where no picture can come of it."""
    if out.suffix.lower() != ".png":
        raise typer.BadParameter(f"{out.name} is not called *.png", param_hint="--plot")
    if find_spec(NEEDED) is None:
        give_up(
            "Pictures need matplotlib, which the extra `plot` brings: "
            "uv sync --package sonalyze --extra plot, or pip install 'sonalyze[plot]'.",
            UNDRAWABLE,
        )


def write_picture(out: Path, name: str, evaluated: EvaluatedFile) -> None:
    """Draw what was evaluated; write the whole picture, or none."""
    # Imported here: only who asks for a picture has, and waits for, matplotlib.
    from sonalyze.plots.page import png  # noqa: PLC0415 - see above

    picture = png(name, evaluated)
    try:
        out.write_bytes(picture)
    except OSError as error:
        give_up(f"{out} cannot be written: {error.strerror}.", UNDRAWABLE)
    complaints().print(f"Drawn into {out}.", style="dim", soft_wrap=True)
