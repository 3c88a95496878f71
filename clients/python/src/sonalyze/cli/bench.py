"""``bench``: how fast it is on this machine, and how long simulations will take here."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from sonalyze.backend.environment import pace_beside
from sonalyze.cli.consoles import give_up, output
from sonalyze.cli.workspace import workspace_root

CALIBRATION = "sonalyze_simulation.infra.calibration"
STARTED_AS_A_SCRIPT = 'if __name__ == "__main__":'


def bench(
    name: Annotated[
        str | None, typer.Argument(help="Which benchmark to run; without it they are listed.")
    ] = None,
    calibrate: Annotated[
        bool, typer.Option("--calibrate", help="Measure the pace of simulations on this machine.")
    ] = False,
    data: Annotated[
        Path, typer.Option(help="Folder of the services' data; the pace is kept beside it.")
    ] = Path("measurement_data"),
) -> None:
    """Run a benchmark, or measure what estimates of simulations are made from.

    With [b]--calibrate[/b], thirty random rooms are computed to find the pace of this machine, and
    thirty others to see whether it estimates them. It is written to simulation_data/pace.json,
    where [b]./sonalyze up[/b] finds it; elsewhere SIMULATION_PACE has to name the file.
    """
    if calibrate:
        command = [sys.executable, "-m", CALIBRATION, str(pace_beside(data.resolve()))]
        raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603  our module
    scripts = _scripts(workspace_root())
    if name is None:
        output().print(_listed(scripts))
        return
    if name not in scripts:
        give_up(f"{name!r} is none of {', '.join(scripts)}", 2)
    command = [sys.executable, str(scripts[name])]
    finished = subprocess.run(command, cwd=workspace_root(), check=False)  # noqa: S603  our script
    raise typer.Exit(finished.returncode)


def _scripts(root: Path) -> dict[str, Path]:
    return {
        script.stem: script
        for script in sorted((root / "benchmarks").glob("*.py"))
        if STARTED_AS_A_SCRIPT in script.read_text(encoding="utf-8")
    }


def _listed(scripts: dict[str, Path]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, script in scripts.items():
        module = ast.parse(script.read_text(encoding="utf-8"))
        told = (ast.get_docstring(module) or "").partition("\n")[0]
        table.add_row(f"[b]{name}[/b]", told.partition(": ``")[0])
    return table
