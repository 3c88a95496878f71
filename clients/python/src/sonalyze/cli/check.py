"""``check``: formatting, lint, types and import rules, each with its verdict and time."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from sonalyze.cli.consoles import output
from sonalyze.cli.workspace import workspace_root


@dataclass(frozen=True, slots=True)
class Check:
    """One tool that looks at the source tree."""

    name: str
    arguments: tuple[str, ...]
    repair: tuple[str, ...] = ()

    def command(self, *, fix: bool) -> list[str]:
        """Give the command line, which repairs what it can if that is wanted."""
        tool, *arguments = self.repair if fix and self.repair else self.arguments
        return [str(Path(sys.executable).parent / tool), *arguments]


CHECKS = (
    Check(
        "format", ("ruff", "format", "--check", "--quiet", "."), ("ruff", "format", "--quiet", ".")
    ),
    Check("lint", ("ruff", "check", "--quiet", "."), ("ruff", "check", "--quiet", "--fix", ".")),
    Check("types", ("mypy", "--no-error-summary")),
    Check("imports", ("lint-imports",)),
)


def check(
    fix: Annotated[bool, typer.Option("--fix", help="Format, and repair what can be.")] = False,
) -> None:
    """Check formatting (ruff), lint (ruff), types (mypy) and import rules (import-linter)."""
    console, root = output(), workspace_root()
    verdicts = [_passes(each, root, console, fix=fix) for each in CHECKS]
    raise typer.Exit(0 if all(verdicts) else 1)


def _passes(each: Check, root: Path, console: Console, *, fix: bool) -> bool:
    started_s = time.perf_counter()
    finished = subprocess.run(  # noqa: S603  the tools of the table above
        each.command(fix=fix), cwd=root, check=False, capture_output=True, text=True
    )
    took_s = time.perf_counter() - started_s
    ok = finished.returncode == 0
    verdict = Text(" ok    " if ok else " failed", style="green" if ok else "bold red")
    console.print(Text(f"{each.name:<8}") + verdict + Text(f" {took_s:6.1f} s", style="dim"))
    if not ok:
        console.print(Text((finished.stdout + finished.stderr).rstrip()), soft_wrap=True)
    return ok
