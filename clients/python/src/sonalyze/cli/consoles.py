"""Where the command line writes: results to standard output, complaints to standard error."""

from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text


def output() -> Console:
    """Give the console for what was asked for."""
    return Console(highlight=False)


def complaints() -> Console:
    """Give the console for what went wrong."""
    return Console(stderr=True, highlight=False)


def give_up(sentence: str, exit_code: int = 1) -> NoReturn:
    """Say why it does not go on, and end."""
    complaints().print(Text(sentence, style="red"), soft_wrap=True)
    raise typer.Exit(exit_code)
