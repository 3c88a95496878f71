"""``reference``: the generated documents, written anew from the declarations in the code."""

import subprocess
import sys
from typing import Annotated

import typer

from sonalyze.cli.workspace import workspace_root


def reference(
    check: Annotated[bool, typer.Option("--check", help="Only say what is stale.")] = False,
) -> None:
    """Generate docs/reference: AsyncAPI, JSON Schema, OpenAPI and their tables."""
    command = [sys.executable, "-m", "sonalyze_chassis.reference", *(["--check"] if check else [])]
    finished = subprocess.run(command, cwd=workspace_root(), check=False)  # noqa: S603  our module
    raise typer.Exit(finished.returncode)
