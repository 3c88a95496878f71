"""``test``: the whole test suite, or what the arguments choose."""

import subprocess
import sys

import typer

from sonalyze.cli.workspace import workspace_root


def suite(context: typer.Context) -> None:
    """Run the tests; all arguments go to pytest, for example [b]./sonalyze test lobby -x[/b]."""
    command = [sys.executable, "-m", "pytest", *context.args]
    finished = subprocess.run(command, cwd=workspace_root(), check=False)  # noqa: S603  pytest
    raise typer.Exit(finished.returncode)
